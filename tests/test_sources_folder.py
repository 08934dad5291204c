"""The walk stays inside its folder, and opening a file never blocks."""

import os
import socket

import pytest

from assistant.errors import UnreadableFile
from assistant.sources_folder import read_bytes, walk


def test_files_are_listed_by_their_path_below_the_folder(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.txt").write_text("22")
    (tmp_path / "a.txt").write_text("1")
    files, refused = walk(tmp_path)
    assert [(file.source, file.size) for file in files] == [("a.txt", 1), ("b/two.txt", 2)]
    assert files[0].path == tmp_path / "a.txt" and files[0].modified_ns == (tmp_path / "a.txt").stat().st_mtime_ns
    assert refused == []


def test_hidden_names_are_left_out_and_odd_ones_kept(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    for name in (".hidden", "..two..dots...txt", "  spaces .txt", "~$lock.docx"):
        (tmp_path / name).write_text("x")
    files, refused = walk(tmp_path)
    assert [file.source for file in files] == ["  spaces .txt", "..two..dots...txt"]
    assert refused == [("~$lock.docx", "A lock file of an office program is not a document.")]


def test_links_pipes_and_sockets_are_named_and_not_followed(tmp_path, tmp_path_factory, monkeypatch):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("secret")
    (tmp_path / "link-out").symlink_to(outside)
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe.txt")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        files, refused = walk(tmp_path)
    assert files == []
    assert [(source, reason.split(";")[0]) for source, reason in refused] == [
        ("link-out", "A link is not followed"),
        ("loop", "A link is not followed"),
        ("pipe.txt", "Only regular files are read, and this is a named pipe."),
        ("socket", "Only regular files are read, and this is a socket."),
    ]


def test_names_that_are_no_text_keep_their_bytes(tmp_path):
    name = os.fsdecode(b"r\xe9sum\xe9.txt")
    with open(os.fsencode(tmp_path) + b"/r\xe9sum\xe9.txt", "wb") as file:
        file.write(b"x")
    (found,), _ = walk(tmp_path)
    assert found.source == name
    assert read_bytes(found.path, 10) == b"x"


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        walk(tmp_path / "none")


def test_the_limit_itself_is_still_read(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a", 5) == b"12345"
    with pytest.raises(UnreadableFile, match="files above .* MB are not read; raise max_file_mb"):
        read_bytes(tmp_path / "a", 4)


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(60_500_000_000)
    with pytest.raises(
        UnreadableFile, match=r"^The file is 60500 MB; files above 50 MB are not read; raise max_file_mb\.$"
    ):
        read_bytes(tmp_path / "sparse", 50_000_000)


def test_links_pipes_and_folders_cannot_be_read(tmp_path):
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        read_bytes(tmp_path / "link", 10)
    with pytest.raises(UnreadableFile, match="Only regular files are read"):
        read_bytes(tmp_path / "pipe", 10)
    with pytest.raises(UnreadableFile, match="Only regular files are read"):
        read_bytes(tmp_path, 10)


def test_a_file_that_is_gone_gives_a_reason_without_its_path(tmp_path):
    with pytest.raises(UnreadableFile, match=r"^The file cannot be opened: no such file or directory\.$"):
        read_bytes(tmp_path / "gone", 10)

"""Uploaded files: safe names, nothing overwritten, nothing left behind."""

import pytest

from assistant.errors import UsageError
from assistant.interfaces.web.uploads import REMOVED, Upload, remove, safe_name, safe_path, take_in


@pytest.mark.parametrize(("given", "name"), [
    ("report.pdf", "report.pdf"),
    ("Annual report (final).pdf", "Annual report (final).pdf"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\me\\notes.txt", "notes.txt"),
    ("/abs/olute.md", "olute.md"),
    (".hidden.md", "hidden.md"),
    ("...", "upload"),
    ("", "upload"),
    ("a\x00b\nc.txt", "abc.txt"),
    ("invoice\u202efdp.txt", "invoicefdp.txt"),
    ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
    ("Bericht u\u0308ber O\u0308l.txt", "Bericht über Öl.txt"),
])  # fmt: skip
def test_names_from_outside_become_plain_file_names(given, name):
    assert safe_name(given) == name


def test_a_long_name_keeps_its_suffix():
    name = safe_name("ü" * 400 + ".pdf")
    assert name.endswith(".pdf") and len(name.encode()) <= 180


def arrive(folder, content=b"new", name="a.txt"):
    folder.mkdir(exist_ok=True)
    path = folder / "arrived"
    path.write_bytes(content)
    return Upload(path, name)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_added_and_gone_from_where_it_arrived(tmp_path):
    upload = arrive(tmp_path / "inbox")
    assert take_in(upload, tmp_path / "sources", 1) == "Added a.txt."
    assert (tmp_path / "sources" / "a.txt").read_bytes() == b"new"
    assert not upload.path.exists() and names(tmp_path / "sources") == ["a.txt"]


def test_another_file_of_that_name_is_kept(tmp_path):
    folder = tmp_path / "sources"
    take_in(arrive(tmp_path / "inbox", b"old"), folder, 1)
    said = take_in(arrive(tmp_path / "inbox", b"new"), folder, 1)
    assert said == "Another a.txt is there already, so this one was added as a (2).txt."
    assert (folder / "a.txt").read_bytes() == b"old" and (folder / "a (2).txt").read_bytes() == b"new"
    assert take_in(arrive(tmp_path / "inbox", b"new"), folder, 1) == "a (2).txt is already among the sources."
    assert names(folder) == ["a (2).txt", "a.txt"]


def test_a_link_in_the_way_is_not_followed(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    (tmp_path / "outside.txt").write_bytes(b"new")
    (folder / "a.txt").symlink_to(tmp_path / "outside.txt")
    take_in(arrive(tmp_path / "inbox"), folder, 1)
    assert names(folder) == ["a (2).txt", "a.txt"]


def test_a_file_that_is_too_large_is_refused_and_removed(tmp_path):
    upload = arrive(tmp_path / "inbox", b"x" * 1_000_001)
    with pytest.raises(UsageError, match="larger than 1 MB"):
        take_in(upload, tmp_path / "sources", 1)
    assert not upload.path.exists() and not (tmp_path / "sources").exists()


@pytest.mark.parametrize(("given", "path"), [
    ("animals/small/ants.txt", "animals/small/ants.txt"),
    ("../../etc/passwd", "etc/passwd"),
    ("/abs/olute.md", "abs/olute.md"),
    ("a/.hidden/b.txt", "a/hidden/b.txt"),
    ("C:\\Users\\me.txt", "C:/Users/me.txt"),
    ("./a//b.txt", "a/b.txt"),
    ("/".join("abcdefghijkl"), "e/f/g/h/i/j/k/l"),
    ("", "upload"), ("../..", "upload"),
])  # fmt: skip
def test_folders_from_outside_become_plain_folders(given, path):
    assert safe_path(given) == path


def test_a_folder_keeps_its_names(tmp_path):
    assert (
        take_in(arrive(tmp_path / "inbox", name="big/small/a.txt"), tmp_path / "sources", 1) == "Added big/small/a.txt."
    )
    assert (tmp_path / "sources" / "big" / "small" / "a.txt").read_bytes() == b"new"
    assert names(tmp_path / "sources") == ["big"]


def test_a_folder_that_is_a_link_leads_nowhere_else(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "sources" / "big").symlink_to(tmp_path / "outside")
    with pytest.raises(UsageError, match="a link that leads elsewhere"):
        take_in(arrive(tmp_path / "inbox", name="big/a.txt"), tmp_path / "sources", 1)
    assert names(tmp_path / "outside") == []


def test_what_is_removed_is_kept_aside_and_never_replaced(tmp_path):
    folder = tmp_path / "sources"
    for content in (b"one", b"two"):
        take_in(arrive(tmp_path / "inbox", content, "big/a.txt"), folder, 1)
        assert remove("big/a.txt", folder) == "Removed big/a.txt; it is kept in the folder .removed of your sources."
    assert {path.read_bytes() for path in (folder / REMOVED).iterdir()} == {b"one", b"two"}
    assert names(folder / "big") == []


@pytest.mark.parametrize("source", ["../outside.txt", "nothing.txt", "", ".removed", "link.txt", "link/outside.txt"])
def test_only_sources_can_be_removed(tmp_path, source):
    folder = tmp_path / "sources"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("mine")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="There is no file"):
        remove(source, folder)
    assert (tmp_path / "outside.txt").read_text() == "mine"

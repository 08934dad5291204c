"""A generation is whole or refused, and whatever happens to a build, an index that answered goes on answering."""

import hashlib
import json
import os
import shutil
from contextlib import closing

import pytest

from assistant.errors import BuildFailed, IndexBusy, IndexDamaged, IndexForeign, IndexMissing
from assistant.indexes import Generation, build_lock, current_id, remove_leftovers
from assistant.indexes import generations as module

SOURCES = {"bees.txt": "The queen lays eggs. Workers live for six weeks.", "tea.txt": "Tea was first drunk in China."}


@pytest.fixture
def index(settings, make_sources, build):
    """An index folder with one generation."""
    make_sources(SOURCES)
    build()
    return settings.index


def generations(index):
    return sorted(path.name for path in index.glob("gen-*"))


def rewrite_manifest(index, change):
    """Change the manifest and make CURRENT agree with it, as only another program could."""
    path = index / current_id(index) / "manifest.json"
    held = json.loads(path.read_bytes())
    path.write_text(change(held) or json.dumps(held))
    (index / "CURRENT").write_text(f"{path.parent.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n")


def test_nothing_built_is_said_so(tmp_path):
    with pytest.raises(IndexMissing, match="no index yet; run `assistant build` first"):
        Generation(tmp_path / "index")
    assert current_id(tmp_path / "index") is None


def test_a_generation_holds_what_was_built(index):
    with closing(Generation(index)) as generation:
        assert generation.id == current_id(index)
        assert generation.manifest.model == "hashing-256"
        assert (len(generation.vectors), len(generation.lexical), len(generation.sentences)) == (2, 2, 3)
        assert generation.store.sources == ["bees.txt", "tea.txt"]
        assert [row.state for row in generation.status] == ["indexed", "indexed"]
    assert oct((index / generation.id).stat().st_mode)[-3:] == "700"


def test_one_flipped_bit_in_any_file_is_refused_by_its_name(index):
    folder = index / current_id(index)
    kept = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    assert {
        "manifest.json",
        "vectors.faiss",
        "sentences.codes",
        "sentences.scales",
        "files.json",
        "passages.sqlite",
        "meta.json",
    } <= {path.name for path in kept}
    for path in kept:
        whole = path.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
            with pytest.raises(
                IndexDamaged,
                match=f"file {path.relative_to(folder)} is not what the build wrote; run `assistant build`",
            ):
                Generation(index)
        path.write_bytes(whole)
    Generation(index).close()


@pytest.mark.parametrize(
    "spoil", [lambda path: path.unlink(), lambda path: os.truncate(path, 5)], ids=["gone", "cut short"]
)
@pytest.mark.parametrize(
    "name", ["manifest.json", "vectors.faiss", "passages.sqlite", "lexical/meta.json", "files.json"]
)
def test_a_file_that_is_gone_or_cut_short_is_refused_by_its_name(index, name, spoil):
    spoil(index / current_id(index) / name)
    with pytest.raises(IndexDamaged, match=f"file {name} is (missing|not what the build wrote); run `assistant build`"):
        Generation(index)


@pytest.mark.parametrize(
    "line, message",
    [
        (b"", "CURRENT cannot be read"),
        (b"garbage", "CURRENT cannot be read"),
        (b"\xff\xfe\x00", "CURRENT cannot be read"),
        (b"one two three", "CURRENT cannot be read"),
        (b"../elsewhere 00", "CURRENT names no generation"),
        (b"gen-../../elsewhere 00", "CURRENT names no generation"),
        (b"gen-20200101000000-00000000 00", "manifest.json is missing"),
    ],
)
def test_a_current_that_names_nothing_is_damage_that_a_build_mends(index, build, line, message):
    (index / "CURRENT").write_bytes(line)
    with pytest.raises(IndexDamaged, match=f"{message}; run `assistant build`"):
        Generation(index)
    assert build().index == current_id(index)


def test_a_foreign_format_is_refused(index, build):
    rewrite_manifest(index, lambda held: held.update(format=99))
    with pytest.raises(IndexForeign, match="has format 99 and this version reads 1; run `assistant build`"):
        Generation(index)
    build()
    Generation(index).close()


@pytest.mark.parametrize(
    "change",
    [
        lambda held: "[]",
        lambda held: "no JSON",
        lambda held: held.pop("files") and None,
        lambda held: held.update(surplus=1),
        lambda held: held["files"].pop("vectors.faiss") and None,
        lambda held: held["files"].pop("files.json") and None,
        lambda held: held.update(passages=3),
        lambda held: held.update(dimension=128),
        lambda held: held.update(dimension="256"),
        lambda held: held.update(dimension=10**30),
        lambda held: held.update(dimension=-1),
        lambda held: held.update(sentences=2),
        lambda held: held.update(files=[]),
    ],
    ids=[
        "list",
        "text",
        "no-files",
        "surplus",
        "no-vectors",
        "no-rows",
        "passages",
        "dimension",
        "word",
        "huge",
        "negative",
        "sentences",
        "files",
    ],
)
def test_a_manifest_of_another_form_is_refused(index, build, change):
    rewrite_manifest(index, change)
    with pytest.raises((IndexDamaged, IndexForeign), match="index.*; run `assistant build` to make it anew"):
        Generation(index)
    build()
    Generation(index).close()


def test_a_second_build_is_told_who_holds_the_lock(index, build):
    with build_lock(index):
        with pytest.raises(
            IndexBusy, match=rf"Another build is running on this index \(process {os.getpid()}, since 20"
        ):
            build()
    build()


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildFailed, match="index folder cannot be written to .*; choose another with --index"):
        with build_lock(tmp_path / "file" / "index"):
            pass


def test_a_build_keeps_one_spare_and_removes_what_was_never_finished(index, make_sources, build):
    first = current_id(index)
    make_sources({"bees.txt": "Drones do not work."})
    second = build().index
    assert generations(index) == sorted([first, second])
    (index / "gen-20990101000000-unfinished").mkdir()
    (index / "CURRENT.tmp").write_text("half")
    make_sources({"bees.txt": "Drones leave in autumn."})
    third = build().index
    assert generations(index) == sorted([second, third])
    assert not (index / "CURRENT.tmp").exists()


def test_a_generation_that_is_being_read_is_not_removed(index, make_sources, build):
    with closing(Generation(index)) as reading:
        for words in ("One.", "Two.", "Three."):
            make_sources({"bees.txt": words})
            build()
        assert reading.id in generations(index)
        assert reading.store.document("bees.txt").text == SOURCES["bees.txt"]
    remove_leftovers(index)
    assert reading.id not in generations(index) and len(generations(index)) == 2


def test_a_generation_removed_while_it_was_being_opened_gives_way_to_the_next(index, make_sources, build, monkeypatch):
    read, gone = module._read_current, []

    def late(folder):
        found = read(folder)
        if not gone:  # two builds between reading CURRENT and holding the generation it names
            gone.append(found[0])
            for words in ("One.", "Two."):
                make_sources({"bees.txt": words})
                build()
        return found

    with monkeypatch.context() as slow:
        slow.setattr(module, "_read_current", late)
        opened = Generation(index)
    with closing(opened):
        assert gone[0] not in generations(index)
        assert opened.store.document("bees.txt").text == "Two."


def test_closing_twice_lets_go_of_nothing_else(index):
    generation = Generation(index)
    generation.close()
    with (index / "CURRENT").open() as other:
        generation.close()
        assert other.read()


@pytest.mark.parametrize("step", ["_write", "_synced_hash", "_sync_folder", "_check"])
def test_a_build_that_fails_at_any_step_leaves_the_old_index(index, make_sources, build, monkeypatch, step):
    before = current_id(index)
    make_sources({"bees.txt": "Drones do not work."})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(module, step, full)
        with pytest.raises(
            BuildFailed, match=r"could not be written \(No space left on device\).*the old one is as it was"
        ):
            build()
    assert current_id(index) == before and generations(index) == [before]
    with closing(Generation(index)) as generation:
        assert generation.store.document("bees.txt").text == SOURCES["bees.txt"]
    assert build().index != before


def test_everything_is_on_the_disk_before_the_change_and_the_change_itself_after(
    settings, make_sources, build, monkeypatch
):
    done = []

    def sync(descriptor):
        done.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    def rename(path, target):
        done.append(f"{path} -> {target}")
        os.rename(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(module.Path, "rename", rename)
    make_sources(SOURCES)
    folder = settings.index / build().index
    change = done.index(f"{settings.index / 'CURRENT.tmp'} -> {settings.index / 'CURRENT'}")
    kept = {str(path) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert len(kept) > 6
    assert kept | {str(folder), str(settings.index), str(settings.index / "CURRENT.tmp")} <= set(done[:change])
    assert done[change + 1 :] == [str(settings.index)]


def test_what_the_disk_did_not_keep_is_noticed_before_the_change(index, make_sources, build, monkeypatch):
    before = current_id(index)
    make_sources({"bees.txt": "Drones do not work."})
    write = module._write

    def lossy(path, data, replace=False):
        write(path, data[:-100] if path.name == "vectors.faiss" else data, replace)

    check = module._check

    def later(folder, manifest_hash):
        os.truncate(folder / "vectors.faiss", 100)
        check(folder, manifest_hash)

    with monkeypatch.context() as broken:
        broken.setattr(module, "_write", lossy)
        broken.setattr(module, "_check", later)
        with pytest.raises(BuildFailed, match="did not keep what was written to it; free some space"):
            build()
    assert current_id(index) == before and not (index / "CURRENT.tmp").exists()
    Generation(index).close()


def test_an_index_may_be_moved_as_a_whole(index, tmp_path):
    shutil.copytree(index, tmp_path / "copy")
    with closing(Generation(index)) as one, closing(Generation(tmp_path / "copy")) as other:
        assert one.id == other.id and one.status == other.status

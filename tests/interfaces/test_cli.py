"""Every command: exit status, one sentence on standard error, and the result alone on standard output."""

import json
import os
import re

import pytest

from assistant.indexes import current_id
from assistant.interfaces import cli

BEES = "Bees live in a hive. The queen lays eggs in wax cells. Workers live for six weeks."
TEA = "Tea was first drunk in China.\nIt reached Lisbon in 1610. Ça va\u2028ici — 条約."
ANSWER = ["question", "resolved_question", "answered", "confidence", "quotes", "closest", "index", "timings_ms"]
QUOTE = [
    "text",
    "source",
    "sha256",
    "start",
    "end",
    "key",
    "page",
    "page_label",
    "part",
    "section",
    "score",
    "before",
    "after",
]
STATUS = ["index", "built", "model", "passages", "sources"]
SOURCE = [
    "source",
    "state",
    "reason",
    "sha256",
    "bytes",
    "pages",
    "unsearchable_pages",
    "characters",
    "passages",
    "warnings",
    "seconds",
]


@pytest.fixture(autouse=True)
def scratch(settings, monkeypatch):
    """Scratch folders and no model, all of it set as people set it."""
    for name, value in (
        ("SOURCES", settings.sources),
        ("INDEX", settings.index),
        ("MODEL", "hashing"),
        ("STRICTNESS", "0"),
    ):
        monkeypatch.setenv(f"ASSISTANT_{name}", str(value))


@pytest.fixture
def run(capfdbinary):
    """Runs a command; gives its exit status, standard output and standard error, as bytes that reached the terminal."""

    def run_one(*arguments):
        capfdbinary.readouterr()
        status = cli.run(list(arguments))
        output, errors = capfdbinary.readouterr()
        return status, output, errors.decode()

    return run_one


@pytest.fixture
def built(make_sources, build):
    make_sources({"bees.txt": BEES, "plants/tea.md": TEA})
    return build()


def one_json(output):
    """The one ASCII document that standard output must be."""
    assert output.isascii() and output.endswith(b"\n")
    return json.loads(output)


def test_build_ask_and_status_from_nothing(run, make_sources, settings):
    make_sources({"bees.txt": BEES})
    assert run("build")[:2] == (0, b"Indexed 1 source as 1 passage.\n")
    status, output, _ = run("ask", "Where does the queen lay eggs?")
    assert status == 0 and "“The queen lays eggs in wax cells.”\n    bees.txt\n" in output.decode()
    status, output, _ = run("status")
    assert (
        status == 0 and re.search(r"bees\.txt +indexed", output.decode()) and "1 passage, built 20" in output.decode()
    )


def test_a_rejected_file_is_told_and_counts(run, make_sources):
    make_sources({"bees.txt": BEES, "empty.txt": ""})
    status, output, _ = run("build")
    assert status == 1
    assert output.decode().splitlines() == [
        "Indexed 1 source as 1 passage.",
        "Not indexed: empty.txt: The file is empty (0 bytes), so it holds no text.",
    ]
    assert run("build")[0] == 1, "also when nothing changed"


def test_build_and_status_print_the_same_document(run, make_sources):
    make_sources({"bees.txt": BEES, "empty.txt": ""})
    status, output, errors = run("build", "--json")
    held = one_json(output)
    assert status == 1 and list(held) == STATUS and [list(row) for row in held["sources"]] == [SOURCE] * 2
    assert [(row["source"], row["state"]) for row in held["sources"]] == [
        ("bees.txt", "indexed"),
        ("empty.txt", "rejected"),
    ]
    assert one_json(run("status", "--json")[1]) == held
    assert run("status")[0] == 0


def test_ask_prints_one_json_document(run, built):
    status, output, errors = run("ask", "Where does the queen lay eggs?", "--json")
    held = one_json(output)
    assert status == 0 and errors == ""
    assert list(held) == ANSWER and list(held["quotes"][0]) == QUOTE
    assert held["answered"] and held["closest"] == [] and held["index"] == built.index
    best = held["quotes"][0]
    assert (best["text"], best["source"]) == (BEES[best["start"] : best["end"]], "bees.txt")


def test_an_abstention_is_done(run, built):
    status, output, _ = run("ask", "Who?", "--json", "--strictness", "1")
    held = one_json(output)
    assert (
        status == 0
        and not held["answered"]
        and held["quotes"] == []
        and [list(row) for row in held["closest"]] == [QUOTE] * 2
    )
    assert run("ask", "Who?", "--strictness", "1")[1].startswith(b"Your sources don't say")


def test_a_question_may_follow_two_dashes(run, built):
    assert run("ask", "--json", "--", "--where is tea drunk?")[0] == 0
    assert one_json(run("ask", "--json", "--", "-h")[1])["question"] == "-h"


def test_a_history_is_used_and_shown(run, built, tmp_path):
    (tmp_path / "history.json").write_text('[{"role": "user", "content": "Where was tea first drunk?"}]')
    status, output, _ = run("ask", "And when did it reach Lisbon?", "--history", str(tmp_path / "history.json"))
    assert status == 0 and output.startswith(b"Understood as: And when did it reach Lisbon? (")


def test_sources_can_be_chosen(run, built):
    held = one_json(
        run("ask", "Where do bees live?", "--source", "plants/*", "--source", "*.pdf*", "--json")[1] or b"{}\n"
    )
    assert held == {}, "every glob must match something"
    held = one_json(run("ask", "Where do bees live?", "--source", "plants/*", "--json")[1])
    assert {quote["source"] for quote in held["quotes"]} == {"plants/tea.md"}


@pytest.mark.parametrize("name, text", [("bees.txt", BEES), ("plants/tea.md", TEA)])
def test_text_is_printed_to_the_byte(run, built, open_index, name, text):
    stored = open_index().document(name).text
    assert run("text", name) == (0, stored.encode(), "")
    assert run("text", "--", name)[1] == stored.encode()
    held = one_json(run("text", name, "--json")[1])
    assert list(held) == ["source", "sha256", "text", "parts"] and held["text"] == stored


def test_names_need_not_be_text_and_are_shown_escaped(run, make_sources):
    name = os.fsdecode(b"caf\xe9\x1b[31m.txt")
    make_sources({name: BEES, "\u202egnp.txt": ""})
    status, output, _ = run("build")
    assert status == 1 and b"\x1b" not in output and b"Not indexed: \\u202egnp.txt: " in output
    for arguments in (("status",), ("ask", "Where does the queen lay eggs?")):
        output = run(*arguments)[1].decode()
        assert "\x1b" not in output and "caf\\udce9\\x1b[31m.txt" in output
    assert run("text", name)[1] == BEES.encode()
    assert one_json(run("text", name, "--json")[1])["source"] == name
    assert "'gone\\x1b" in run("text", "gone\x1b")[2]


def test_quotes_cannot_act_on_the_terminal(run, make_sources):
    make_sources({"bees.md": "The queen \u202elays\u200b eggs."})
    run("build")
    output = run("ask", "What does the queen lay?")[1].decode()
    assert "\u202e" not in output and "queen" in output


def batch(run, tmp_path, content, *options):
    (tmp_path / "in.jsonl").write_bytes(content)
    result = run("ask", "--batch", str(tmp_path / "in.jsonl"), "--output", str(tmp_path / "out.jsonl"), *options)
    written = (tmp_path / "out.jsonl").read_bytes()
    assert written.isascii()
    return result, [json.loads(line) for line in written.splitlines()]


def test_a_batch_is_answered_in_order(run, built, tmp_path):
    lines = [
        {"id": number, "question": question}
        for number, question in enumerate(["Where was tea drunk?", "Where do bees live?"])
    ]
    (status, output, _), answers = batch(run, tmp_path, "\n".join(map(json.dumps, lines)).encode())
    assert (status, output) == (0, b"")
    assert [(row["id"], row["question"]) for row in answers] == [
        (0, "Where was tea drunk?"),
        (1, "Where do bees live?"),
    ]
    assert [list(row) for row in answers] == [["id", *ANSWER]] * 2


def test_bad_lines_of_a_batch_cost_only_themselves(run, built, tmp_path):
    content = '{"id": 1, "question": "Where\u2028is tea?"}\r\n\n5\n{"id": 2, "question": " "}\n{"id": 3, "question": "\\ud800?"}\n'
    content += '{"id": 4, "question": "x", "history": 5}\n{"id": 5, "question": "Where do bees live?"}'
    (status, output, errors), answers = batch(run, tmp_path, content.encode())
    assert (status, output) == (1, b"")
    assert '4 lines of in.jsonl could not be asked; see "error" in out.jsonl.\n' in errors
    assert [row["id"] for row in answers] == [1, None, 2, 3, 4, 5]
    assert ["error" in row for row in answers] == [False, True, True, True, True, False]
    assert answers[0]["question"] == "Where\u2028is tea?"


def test_an_empty_batch_gives_an_empty_file(run, built, tmp_path):
    (status, _, _), answers = batch(run, tmp_path, b"\n\n")
    assert (status, answers) == (0, [])


def test_verify_tells_by_its_exit_status(run, built, make_sources, tmp_path):
    saved = tmp_path / "answer.json"
    saved.write_bytes(run("ask", "Where does the queen lay eggs?", "--source", "bees.txt", "--json")[1])
    count = len(json.loads(saved.read_bytes())["quotes"])
    status, output, _ = run("verify", str(saved), "--json")
    results = one_json(output)["results"]
    assert (
        status == 0
        and [row["state"] for row in results] == ["verified"] * count
        and list(results[0]) == ["source", "start", "end", "state"]
    )
    make_sources({"bees.txt": BEES.upper()})
    assert [run("verify", str(saved))[0], one_json(run("verify", str(saved), "--json")[1])["results"][0]["state"]] == [
        1,
        "changed",
    ]
    make_sources({"bees.txt": None})
    status, output, _ = run("verify", str(saved))
    assert status == 1 and output.startswith(b"missing   bees.txt, characters ")


WRONG = [
    ((), "Usage: assistant"),
    (("frobnicate",), "No such command 'frobnicate'"),
    (("ask",), "Give one question, or a file of questions with --batch and --output."),
    (("ask", "a", "b"), r"unexpected extra argument \(b\)"),
    (("ask", "a", "--batch", "f", "--output", "g"), "Give one question, or a file of questions"),
    (("ask", "--batch", "f"), "--batch and --output go together; give both"),
    (("ask", "a", "--output", "f"), "--batch and --output go together; give both"),
    (
        ("ask", "--batch", "gone", "--output", "f"),
        r"The file 'gone' cannot be read \(FileNotFoundError\); --batch takes JSON lines",
    ),
    (("ask", "a", "--history", "gone"), r"The history file 'gone' cannot be read as JSON \(FileNotFoundError\)"),
    (("ask", ""), "The question is empty; type what you want to find in your sources"),
    (("ask", "  "), "The question is empty"),
    (("ask", "x" * 100_000), "may have 2000 characters and this one has 100000; shorten it"),
    (("ask", "caf\udce9?"), "bytes that are no text in UTF-8; type it again"),
    (("ask", "a", "--source", "*.pdf"), r"No indexed source matches '\*.pdf'; `assistant status` lists them"),
    (("ask", "a", "--strictness", "2"), "strictness must lie between 0 and 1, not 2"),
    (("ask", "a", "--threads", "many"), "threads must be a number, not 'many'"),
    (("ask", "a", "--model", "gone"), "setting `model` must name all-MiniLM-L6-v2 or .* 'gone' is neither"),
    (("ask", "a", "--index", "gone"), "There is no index yet; run `assistant build` first"),
    (("status", "--index", "gone"), "There is no index yet; run `assistant build` first"),
    (("text", "bees.txt", "--index", "gone"), "There is no index yet; run `assistant build` first"),
    (("text",), "Missing argument 'PATH'"),
    (("text", "gone.txt"), "No indexed source is named 'gone.txt'; `assistant status` lists them"),
    (("text", "../sources/bees.txt"), "No indexed source is named '../sources/bees.txt'"),
    (
        ("build", "--sources", "gone"),
        "The sources folder 'gone' does not exist; make it or name another with --sources",
    ),
    (("build", "--colour", "red"), "No such option.*--colour"),
    (("verify", "gone.json"), r"The file 'gone.json' cannot be read \(FileNotFoundError\)"),
    (("--sources", "x", "build"), "No such option.*--sources"),
]


@pytest.mark.parametrize(
    "arguments, message", WRONG, ids=[" ".join(arguments)[:40] or "nothing" for arguments, _ in WRONG]
)
def test_wrong_use_is_one_sentence_and_exit_status_two(run, built, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, output, errors = run(*arguments)
    assert (status, output) == (2, b"")
    assert re.search(message, errors) and "Traceback" not in errors
    assert not errors.startswith("Error: ") or errors.count("\n") == 1


@pytest.mark.parametrize("content", [b"{}", b"5", b'[{"role": "boss", "content": "x"}]', b'["x"]'])
def test_a_history_of_another_form_is_one_sentence(run, built, tmp_path, content):
    (tmp_path / "history.json").write_bytes(content)
    status, output, errors = run("ask", "And it?", "--history", str(tmp_path / "history.json"))
    assert (status, output) == (2, b"") and re.fullmatch(r"Error: A (history|turn) [^\n]+\n", errors)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000])
def test_a_history_that_is_no_json_is_one_sentence(run, built, tmp_path, content):
    (tmp_path / "history.json").write_bytes(content)
    status, output, errors = run("ask", "And it?", "--history", str(tmp_path / "history.json"))
    assert (status, output) == (2, b"") and re.fullmatch(
        r"Error: The history file 'history.json' cannot be read as JSON \(\w+\).\n", errors
    )


@pytest.mark.parametrize("command", [("ask", "Where do bees live?"), ("status",), ("text", "bees.txt")])
def test_a_damaged_index_is_one_sentence_with_the_file(run, built, settings, command):
    path = settings.index / built.index / "passages.sqlite"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    status, output, errors = run(*command)
    assert (status, output) == (2, b"")
    assert (
        errors
        == "Error: The index's file passages.sqlite is not what the build wrote; run `assistant build` to make it anew.\n"
    )
    assert run("build")[0] == 0 and run(*command)[0] == 0


def test_an_empty_folder_is_wrong_use_and_loses_nothing(run, built, make_sources, settings):
    make_sources({"bees.txt": None, "plants/tea.md": None})
    status, output, errors = run("build")
    assert (status, output) == (2, b"") and "holds no files; put documents into it and build again" in errors
    assert current_id(settings.index) == built.index


def test_only_bad_files_lose_nothing(run, built, make_sources, settings):
    make_sources({"bees.txt": "", "plants/tea.md": b"\x7fELF\0\0"})
    status, output, errors = run("build")
    assert (status, output) == (2, b"") and "None of the 2 files could be read; the first is 'bees.txt'" in errors
    assert current_id(settings.index) == built.index


def test_an_option_wins_over_the_environment(run, built, monkeypatch):
    monkeypatch.setenv("ASSISTANT_STRICTNESS", "1")
    assert not one_json(run("ask", "Where do bees live?", "--json")[1])["answered"]
    assert one_json(run("ask", "Where do bees live?", "--json", "--strictness", "0")[1])["answered"]
    monkeypatch.setenv("ASSISTANT_STRICTNESS", "high")
    assert run("ask", "Where do bees live?")[::2] == (
        2,
        "Error: The setting strictness must be a number, not 'high'.\n",
    )


@pytest.mark.parametrize("command", ["build", "ask", "chat", "status", "text", "verify", "evaluate"])
def test_every_command_explains_itself_and_takes_every_setting(run, command):
    status, output, errors = run(command, "--help")
    words = output.decode()
    assert (status, errors) == (0, "") and words.startswith(f"Usage: assistant {command}")
    for name in ("sources", "index", "model", "strictness", "threads", "max-file-mb", "max-question-chars"):
        assert f"--{name} " in words and f"ASSISTANT_{name.upper().replace('-', '_')}" in words.replace("\n", " ")


def test_help_lists_the_commands(run):
    status, output, _ = run("--help")
    assert status == 0 and {"build", "ask", "chat", "status", "text", "verify", "evaluate"} <= set(
        re.findall(r"^  (\w+)", output.decode(), re.M)
    )


def test_windows_is_refused_in_one_sentence(run, monkeypatch):
    monkeypatch.setattr(cli.platform, "system", lambda: "Windows")
    assert run("status") == (
        2,
        b"",
        "Error: Windows is not supported; run the assistant in WSL, the Windows Subsystem for Linux.\n",
    )


def test_a_stopped_command_says_what_happens_next(run, built, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "build_with_progress", stopped)
    assert run("build")[::2] == (2, "\nStopped; what was done is kept, and the same command goes on from there.\n")

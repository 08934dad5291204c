"""Reads every import and shows a newcomer the order of the stages: each knows the ones before it, and none after it."""

import ast
from pathlib import Path

import pytest

import assistant

PACKAGE = Path(assistant.__file__).parent

# From the first stage to the last; a module may import from its own level and those above it in this list.
LEVELS = [
    {"errors", "wording"},
    {
        "datamodel",
        "content_json",
        "settings",
        "language",
        "sources_folder",
        "talk",
        "watching",
        "ahead",
        "onnx_session",
    },
    {"loaders", "splitting", "question_types", "telling_words", "leaning"},
    {"embedders"},
    {"indexes"},
    {"retrievers"},
    {"readers"},
    {"conversation", "choices", "examples", "matching", "replying", "spelling", "verifying"},
    {"answering", "building"},
    {"assembly", "kept_conversations"},
    {"evaluation"},
    {"training"},
    {"interfaces"},
    {"__init__", "__main__"},
]
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}

# Concrete classes, and the modules besides their own folder that may name them.
CONCRETE = {
    "loaders": set(),
    "embedders": set(),
    "retrievers": {"answering"},
    "readers": {"answering"},
    "indexes": set(),
}
INTERFACES = {"base", "__init__"}
# Records and functions that later stages share; they are no implementations of an interface.
SHARED = {
    "indexes.generations", "indexes.store", "indexes.sentence_vectors", "indexes.workbench",
    "loaders.isolation",  # the way to every loader
    "loaders.pdf_glyphs",  # where characters are on a page, for whoever marks them
    "retrievers.fused",  # its weights are fitted by training
    "embedders.model_folder", "embedders.onnx_graph",  # the reader's network stands on the same model and operators
    "readers.candidates", "readers.confidence", "readers.network", "readers.sentence_reader",  # fitted by training
}  # fmt: skip

FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imports_of(path):
    """The modules of ours that a file imports, by their name below the package, at the top or within a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; write the whole name"
            for alias in node.names:
                below = PACKAGE.parent.joinpath(*f"{node.module}.{alias.name}".split("."))
                is_module = below.with_suffix(".py").exists() or (below / "__init__.py").exists()
                yield f"{node.module}.{alias.name}" if is_module else node.module or ""


def own_imports(path):
    return [
        name.removeprefix("assistant").lstrip(".") or "__init__"
        for name in imports_of(path)
        if name.split(".")[0] == "assistant"
    ]


def test_every_module_has_its_place_in_the_order():
    assert {name_of(path).split(".")[0] for path in FILES} == set(LEVEL_OF)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_imports_only_its_own_stage_and_earlier_ones(path):
    own = LEVEL_OF[name_of(path).split(".")[0]]
    later = [name for name in own_imports(path) if LEVEL_OF[name.split(".")[0]] > own]
    assert later == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_concrete_classes_are_named_only_in_their_own_folder(path):
    name = name_of(path)
    for imported in own_imports(path):
        folder, _, module = imported.partition(".")
        if folder in CONCRETE and module and module not in INTERFACES and imported not in SHARED:
            helpers = {"loaders.sniffing", "loaders.decoding", "loaders.boilerplate", "loaders.composing"}
            allowed = name.split(".")[0] == folder or name in CONCRETE[folder] or imported in helpers
            assert allowed, f"{name} names {imported}; ask {folder}/__init__.py or assembly.py for it"


def test_only_the_interfaces_evaluation_and_training_talk_to_a_terminal():
    talking = {
        name_of(path).split(".")[0]
        for path in FILES
        if {"click", "rich", "gradio"} & {n.split(".")[0] for n in imports_of(path)}
    }
    assert talking <= {"interfaces", "evaluation", "training"}


def test_no_module_unpickles_or_runs_text():
    for path in FILES:
        tree = ast.parse(path.read_text("utf-8"))
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not {"eval", "exec", "compile", "__import__"} & called, path
        assert not {"pickle", "marshal", "shelve", "dill", "joblib"} & set(imports_of(path)), path


def test_the_heavy_libraries_are_imported_only_when_a_model_is_loaded():
    """Commands that embed nothing start without the seconds that PyTorch takes; training is PyTorch's work."""
    for path in (path for path in FILES if path.parent.name != "training"):
        top = [
            node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
        names = {alias.name for node in top for alias in node.names} | {
            node.module for node in top if isinstance(node, ast.ImportFrom)
        }
        assert not {name.split(".")[0] for name in names if name} & {
            "torch",
            "sentence_transformers",
            "transformers",
        }, path


def test_every_public_name_is_there():
    assert [name for name in assistant.__all__ if not hasattr(assistant, name)] == []
    assert {"open_assistant", "build_index", "Answer", "AssistantError"} <= set(assistant.__all__)
    assert list(assistant.__all__) == sorted(assistant.__all__)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_it_does(path):
    opening = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert opening and len(opening.split()) >= 4

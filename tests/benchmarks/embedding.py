"""Compare our embedding stage with plain sentence-transformers on the same texts, side by side in one run.

    python tests/benchmarks/embedding.py
    python tests/benchmarks/embedding.py --toolkits [--toolkit-python OTHER/bin/python]

Every round times sentence-transformers on the texts, ours on the texts, and ours on the texts and their sentences, one right
after the other and the first in turns, so that what else the machine does meets all; a ratio is of texts per second to
sentence-transformers', the median over rounds, and every round's is listed. The clock covers texts to unit vectors,
tokenising included, with models opened and warm. Recall@5 is by exact cosine over all passages of the file, no words used.
`--toolkits` times whole builds instead: a folder of text files to an index on disk, imports and model loading left out. Each
runs in a process of its own; txtai and llama-index from another interpreter, since they are no dependencies of ours. Results go
to `tests/benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

os.environ.update(
    HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", ORT_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false"
)

import numpy as np

from assistant.datamodel import Content, Span
from assistant.embedders import open_embedder
from assistant.settings import EMBEDDED_MODEL, Settings
from assistant.splitting import split

RESULTS = Path(__file__).parent / "results"
SQUAD = Path(__file__).parents[3] / "shared" / "data" / "squad" / "1.1"
LIBRARIES = ("torch", "sentence-transformers", "transformers", "onnxruntime", "tokenizers", "faiss-cpu", "numpy")
BUILDERS = ("assistant", "sentence-transformers + FAISS", "txtai", "llama-index")


def conditions(args: argparse.Namespace) -> dict[str, Any]:
    """Say under what circumstances this was measured."""
    return {
        "machine": f"{_processor()}, {os.cpu_count()} CPUs, {platform.system()}",
        "load_average_before": os.getloadavg(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "model": EMBEDDED_MODEL,
        "corpus": f"{args.passages.parent.name}/{args.passages.name}: {len(rows(args.passages))} passages",
        "seed": args.seed,
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def sentences_of(text: str) -> list[Span]:
    """Find a text's sentences as a build does."""
    return [span for passage in split(Content(text, "text/plain", "")) for span in passage.sentences]


def compare_speed(texts: list[str], threads: int, rounds: int) -> dict[str, Any]:
    """Time both on the same texts, ours also with their sentences."""
    import torch

    fast, reference = open_embedder(EMBEDDED_MODEL, threads), open_embedder(EMBEDDED_MODEL, threads, "reference")
    torch.set_num_threads(threads)
    spans = [sentences_of(text) for text in texts]
    ways = {
        "sentence-transformers": lambda some: reference.embed_passages(texts[some]),
        "ours": lambda some: fast.embed_passages(texts[some]),
        "ours with sentences": lambda some: fast.embed_with_sentences(texts[some], spans[some]),
    }
    seconds = _interleaved(ways, rounds)
    return {
        "threads": threads,
        "texts": len(texts),
        "sentences": sum(map(len, spans)),
        "mean_characters": round(sum(map(len, texts)) / len(texts), 1),
        "seconds": {name: [round(one, 3) for one in each] for name, each in seconds.items()},
        "texts_per_s": {name: round(len(texts) / median(each), 1) for name, each in seconds.items()},
        **_ratios(seconds, "sentence-transformers"),
        "load_average_after": os.getloadavg(),
    }


def _interleaved(ways: dict[str, Callable[[slice], Any]], rounds: int) -> dict[str, list[float]]:
    """Time each way on everything once a round, after a few texts to warm up."""
    for way in ways.values():
        way(slice(16))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways) if number % 2 else list(ways)[::-1]:
            seconds[name].append(timed(lambda chosen=ways[name]: chosen(slice(None)))[0])
    return seconds


def _ratios(seconds: dict[str, list[float]], base: str) -> dict[str, Any]:
    """Say how many times as long as each way the base took, round by round."""
    ratios = {
        name: [round(slow / quick, 2) for slow, quick in zip(seconds[base], each, strict=True)]
        for name, each in seconds.items()
        if name != base
    }
    return {"ratio": {name: round(median(each), 2) for name, each in ratios.items()}, "ratios": ratios}


def compare_vectors(texts: list[str], threads: int) -> dict[str, Any]:
    """See how near our vectors are to the reference's, of texts and of sentences."""
    spans = [sentences_of(text) for text in texts]
    both = [open_embedder(EMBEDDED_MODEL, threads, precision) for precision in ("fast", "reference")]
    fast, reference = (embedder.embed_with_sentences(texts, spans) for embedder in both)
    cosines = [(one * other).sum(axis=1) for one, other in zip(fast, reference, strict=True)]
    return {
        name: {"vectors": len(each), "mean": round(float(each.mean()), 5), "least": round(float(each.min()), 5)}
        for name, each in zip(("passages", "sentences"), cosines, strict=True)
    }


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Run something and say how long it took."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def compare_recall(passages: list[dict[str, Any]], questions: list[dict[str, Any]], threads: int) -> dict[str, Any]:
    """Find each question's passage by both embedders' vectors alone."""
    place = {passage["id"]: number for number, passage in enumerate(passages)}
    wanted = np.array([place[question["passage"]] for question in questions])
    found: dict[str, np.ndarray] = {}
    for precision in ("fast", "reference"):
        embedder = open_embedder(EMBEDDED_MODEL, threads, precision)
        stored = embedder.embed_passages([passage["text"] for passage in passages])
        asked = embedder.embed_queries([question["question"] for question in questions])
        similar = asked @ stored.T
        ranks = (similar > similar[np.arange(len(wanted)), wanted][:, None]).sum(axis=1)
        found[precision] = ranks < 5
    difference = found["fast"].astype(float) - found["reference"]
    return {
        "questions": len(questions),
        "recall_at_5": {name: round(float(hits.mean()), 4) for name, hits in found.items()},
        "difference_points": round(100 * float(difference.mean()), 2),
        "standard_error_points": round(100 * float(difference.std() / len(difference) ** 0.5), 2),
    }


def compare_builds(passages: list[dict[str, Any]], args: argparse.Namespace) -> dict[str, Any]:
    """Time whole builds of the same folder, each tool in a process of its own, in turns."""
    titles = sorted({passage["title"] for passage in passages})
    chosen = random.Random(args.seed).sample(titles, min(args.documents, len(titles)))
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch, "sources")
        sources.mkdir()
        for number, title in enumerate(chosen):
            texts = [" ".join(passage["text"].split()) for passage in passages if passage["title"] == title]
            (sources / f"{number}.txt").write_text("\n\n".join(texts), "utf-8")
        for turn in range(args.rounds):
            for name in BUILDERS:
                spent = _in_a_process(name, sources, Path(scratch, f"{turn} {name}"), args)
                if spent is not None:
                    seconds.setdefault(name, []).append(spent)
    ours = seconds["assistant"]
    ratios = {name: [round(a / b, 2) for a, b in zip(each, ours, strict=True)] for name, each in seconds.items()}
    return {
        "documents": len(chosen),
        "paragraphs": sum(passage["title"] in chosen for passage in passages),
        "threads": 1,
        "seconds": {name: [round(one, 2) for one in each] for name, each in seconds.items()},
        "ratio": {name: round(median(each), 2) for name, each in ratios.items()},
        "ratios": ratios,
        "load_average_after": os.getloadavg(),
    }


def _in_a_process(name: str, sources: Path, target: Path, args: argparse.Namespace) -> float | None:
    foreign = name in BUILDERS[2:]
    python = args.toolkit_python if foreign else sys.executable
    if python is None:
        return None
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    command = [python, __file__, "--child", name, str(sources), str(target)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name} was left out: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}", file=sys.stderr)
        return None
    return float(done.stdout.strip().splitlines()[-1])


def build(name: str, sources: Path, target: Path) -> float:
    """Build an index of a folder with one tool, and say how long it took from the first read to the last write."""
    import torch

    torch.set_num_threads(1)
    prepare = {"assistant": _ours, "txtai": _txtai, "llama-index": _llama_index}.get(name, _plain)
    return timed(prepare(sources, target))[0]


def _ours(sources: Path, target: Path) -> Callable[[], Any]:
    from assistant.building import Builder

    embedder = open_embedder(EMBEDDED_MODEL)
    return Builder(Settings(sources=sources, index=target), lambda: embedder).run


def _paragraphs(sources: Path) -> list[str]:
    return [text for path in sorted(sources.iterdir()) for text in path.read_text("utf-8").split("\n\n")]


def _model_path() -> str:
    from assistant.embedders.model_folder import model_folder

    return str(model_folder(EMBEDDED_MODEL))


def _plain(sources: Path, target: Path) -> Callable[[], Any]:
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(_model_path(), device="cpu")

    def work() -> None:
        texts = _paragraphs(sources)
        vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        target.mkdir()
        faiss.write_index(index, str(target / "vectors"))
        (target / "texts.json").write_text(json.dumps(texts))

    return work


def _txtai(sources: Path, target: Path) -> Callable[[], Any]:
    from txtai import Embeddings

    tool = Embeddings(path=_model_path(), content=True, gpu=False, method="sentence-transformers")
    tool.batchtransform(["warm"])

    def work() -> None:
        tool.index(_paragraphs(sources))
        tool.save(str(target))

    return work


def _llama_index(sources: Path, target: Path) -> Callable[[], Any]:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    model = HuggingFaceEmbedding(model_name=_model_path(), device="cpu")

    def work() -> None:
        nodes = [TextNode(text=text) for text in _paragraphs(sources)]
        VectorStoreIndex(nodes, embed_model=model).storage_context.persist(str(target))

    return work


def show(result: dict[str, Any]) -> None:
    """Print what was measured, the circumstances first."""
    for name, value in result["conditions"].items():
        print(f"{name:>20}: {value}")
    for run in result.get("speed", []):
        print(
            f"\n{run['texts']} passages of {run['mean_characters']} characters with {run['sentences']} sentences, "
            f"threads: {run['threads']}, load {run['load_average_after'][0]:.1f}"
        )
        for name, speed in run["texts_per_s"].items():
            ratio = f"ratio {run['ratio'][name]} (rounds {run['ratios'][name]})" if name in run["ratio"] else ""
            print(f"  {name:<30} {speed:8.1f} passages/s   {ratio}")
    for name, near in result.get("agreement", {}).items():
        print(f"\ncosine with the reference, {near['vectors']} {name}: mean {near['mean']}, least {near['least']}")
    if recall := result.get("recall"):
        at5 = recall["recall_at_5"]
        print(
            f"\nrecall@5, vectors alone, {recall['questions']} questions: reference {at5['reference']}, ours {at5['fast']}, "
            f"difference {recall['difference_points']:+} points (standard error {recall['standard_error_points']})"
        )
    if builds := result.get("builds"):
        print(f"\nwhole builds of {builds['documents']} documents, {builds['paragraphs']} paragraphs, one thread")
        for name, each in builds["seconds"].items():
            print(
                f"  {name:<30} {median(each):8.1f} s   {builds['ratio'][name]} of ours (rounds {builds['ratios'][name]})"
            )
        print(
            "  ours also embeds every sentence, indexes words and checks what it wrote; the others embed paragraphs only"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=Path, default=SQUAD / "passages.jsonl")
    parser.add_argument("--questions", type=Path, default=SQUAD / "questions.jsonl")
    parser.add_argument("--sample", type=int, default=150, help="passages that are timed")
    parser.add_argument("--sample-questions", type=int, default=0, help="questions for recall, 0 for all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--toolkits", action="store_true", help="time whole builds instead")
    parser.add_argument("--toolkit-python", help="interpreter that has txtai and llama-index")
    parser.add_argument("--documents", type=int, default=5, help="articles in the folder that is built")
    parser.add_argument("--child", nargs=3, metavar=("TOOL", "SOURCES", "TARGET"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(build(args.child[0], Path(args.child[1]), Path(args.child[2])))
        return
    passages = rows(args.passages)
    result: dict[str, Any] = {"conditions": conditions(args)}
    if args.toolkits:
        result["conditions"]["toolkits"] = toolkit_versions(args.toolkit_python)
        result["builds"] = compare_builds(passages, args)
    else:
        sample = random.Random(args.seed).sample(passages, min(args.sample, len(passages)))
        texts = [passage["text"] for passage in sample]
        result["speed"] = [compare_speed(texts, threads, args.rounds) for threads in args.threads]
        result["agreement"] = compare_vectors(texts, max(args.threads))
        known = {passage["id"] for passage in passages}
        questions = [row for row in rows(args.questions) if row.get("passage") in known]
        if 0 < args.sample_questions < len(questions):
            questions = random.Random(args.seed).sample(questions, args.sample_questions)
        result["recall"] = compare_recall(passages, questions, max(args.threads))
    show(result)
    RESULTS.mkdir(exist_ok=True)
    name = "embedding_builds.json" if args.toolkits else "embedding.json"
    (RESULTS / name).write_text(json.dumps(result, indent=1) + "\n")


def toolkit_versions(python: str | None) -> str:
    """Ask the other interpreter what it has."""
    names = ("txtai", "llama-index-core", "llama-index-embeddings-huggingface", "sentence-transformers", "torch")
    code = f"import importlib.metadata as m; print(*(n + ' ' + m.version(n) for n in {names!r}), sep=', ')"
    done = subprocess.run([python or sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "none installed"


if __name__ == "__main__":
    main()

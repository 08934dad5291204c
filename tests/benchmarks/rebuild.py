"""How long a rebuild takes after one change among many files, and what a large index costs: ``python tests/benchmarks/rebuild.py``.

The files are made up: sentences of words drawn by Zipf's law, seeded. With ``--model hashing`` the embedding costs next to
nothing, so that what is measured is reading, comparing, writing and opening. Memory is this process's peak (VmHWM).
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from assistant import Settings, build_index, open_assistant
from assistant.indexes import Generation


def words(chance: random.Random, count: int) -> str:
    """Draw words by Zipf's law, a sentence of about fifteen at a time, five sentences a paragraph."""
    drawn = [f"w{min(int(chance.paretovariate(0.9)), 30000)}" for _ in range(count)]
    sentences = [" ".join(drawn[at : at + 15]).capitalize() + "." for at in range(0, count, 15)]
    return "\n\n".join(" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5))


def write_files(folder: Path, files: int, words_each: int) -> None:
    """Write the made-up sources."""
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:05}.txt").write_text(words(random.Random(number), words_each))


def clocked(what: Callable[[], object]) -> float:
    """Run something and give the seconds it took."""
    started = time.perf_counter()
    what()
    return round(time.perf_counter() - started, 2)


def peak_mb() -> int:
    """Give this process's highest memory so far, in megabytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1000


def measure(folder: Path, files: int, words_each: int, model: str) -> dict[str, object]:
    """Build, rebuild without a change, after one change, and open."""
    settings = Settings(sources=folder / "sources", index=folder / "index", model=model)
    write_files(settings.sources, files, words_each)
    sizes = sum(path.stat().st_size for path in settings.sources.iterdir())
    found: dict[str, object] = {"files": files, "kB a file": round(sizes / files / 1000, 1), "model": model}
    found["load average before"] = os.getloadavg()[0]
    found["first build, s"] = clocked(lambda: build_index(settings=settings))
    found["nothing changed, s"] = clocked(lambda: build_index(settings=settings))
    (settings.sources / "00007.txt").write_text(words(random.Random(-1), words_each))
    found["one file changed, s"] = clocked(lambda: build_index(settings=settings))
    found["opening, s"] = clocked(lambda: Generation(settings.index).close())
    assistant = open_assistant(settings=settings)
    found["passages"] = assistant.status().passages
    found["ask, median ms"] = sorted(1000 * clocked(lambda: assistant.ask("w17 w230 w4 w991?")) for _ in range(21))[10]
    found["peak memory of the whole run, MB"] = peak_mb()
    found["index on disk, MB"] = sum(p.stat().st_size for p in settings.index.rglob("*") if p.is_file()) // 10**6
    return found


@click.command()
@click.option("--files", default=1000, show_default=True)
@click.option("--words-each", default=2000, show_default=True, help="About 10 kB of text.")
@click.option("--model", default="hashing", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="Where the raw result goes.")
def main(files: int, words_each: int, model: str, output: Path | None) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), files, words_each, model)
    for name, value in found.items():
        click.echo(f"{name:34} {value}")
    if output:
        output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

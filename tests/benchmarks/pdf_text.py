"""Compare readers of PDF text: likeness to a checked truth, and seconds for a folder of real files.

    python tests/benchmarks/pdf_text.py --folder ../shared/pdfs

Likeness is 2·LCS / (length of both) of texts with blanks evened out, LCS the longest common subsequence of characters
(rapidfuzz's and Levenshtein's `ratio`; https://github.com/py-pdf/benchmarks measures so), exact, by bits in long integers
(Hyyrö 2004). Every file is read in a process of its own with a time limit, so that a crash is counted and harms nothing;
seconds are measured inside, after the imports. Results go to `tests/benchmarks/results/pdf_text.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

READERS = ("pypdf", "pypdfium2", "assistant")
TRUTHS = {"sample-files/GeoTopo-komprimiert.pdf": "sample-files/GeoTopo-komprimiert.truth.txt"}
LIMIT_S = 120
RESULTS = Path(__file__).parent / "results" / "pdf_text.json"


def read_pypdf(data: bytes) -> str:
    import io

    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        reader.decrypt("")
    return "\n\n".join(page.extract_text() for page in reader.pages)


def read_pypdfium2(data: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    texts = []
    for page in document:
        text = page.get_textpage()
        texts.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return "\n\n".join(texts)


def read_assistant(data: bytes) -> str:
    from assistant.loaders.pdf import PdfLoader

    return PdfLoader().load(data, "file.pdf").text


def likeness(one: str, other: str) -> float:
    """Give 2·LCS / (length of both), 0 to 1, of two texts with blanks evened out."""
    one, other = evened(one), evened(other)
    if not one or not other:
        return float(one == other)
    places: dict[str, int] = defaultdict(int)
    for at, sign in enumerate(one):
        places[sign] |= 1 << at
    everything = (1 << len(one)) - 1
    row = everything
    for sign in other:
        matches = row & places[sign] if sign in places else 0
        row = ((row + matches) | (row - matches)) & everything
    common = len(one) - row.bit_count()
    return 2 * common / (len(one) + len(other))


def evened(text: str) -> str:
    return " ".join(text.split())


def without_running_lines(truth: str) -> str:
    """Take page numbers, and the heads that hold one, off a text of GeoTopo: they stand on lines of their own."""
    head = re.compile(
        r"(?:\d{1,3} )?\d{1,2}(?:\.\d{1,2})*\.? [A-ZÄÖÜß ,.-]{4,}|\d{1,3} \D{0,3}[A-ZÄÖÜß -]{6,}|[ivx]{1,5}|\d{1,3}"
    )
    return "\n".join(line for line in truth.splitlines() if not head.fullmatch(line.strip()))


def read_in_child(reader: str, path: Path) -> dict[str, object]:
    """Read one file in a fresh process; what became of it, with its text."""
    begun = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--child", reader, str(path)], capture_output=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"state": "time-out", "seconds": time.perf_counter() - begun, "text": ""}
    if done.returncode:
        return {"state": f"crashed ({done.returncode})", "seconds": time.perf_counter() - begun, "text": ""}
    return dict(json.loads(done.stdout))


def child(reader: str, path: str) -> None:
    """Read one file and write what became of it; the part that runs in its own process."""
    import logging

    logging.disable(logging.CRITICAL)
    data = Path(path).read_bytes()
    import pypdf  # noqa: F401
    import pypdfium2  # noqa: F401

    import assistant.loaders.pdf  # noqa: F401

    begun = time.perf_counter()
    try:
        text, state = globals()[f"read_{reader}"](data), "read"
    except Exception as error:
        text, state = "", f"refused: {str(error)[:120]}"
    json.dump({"state": state, "seconds": time.perf_counter() - begun, "text": text}, sys.stdout)


def measure(folder: Path, readers: tuple[str, ...]) -> dict[str, object]:
    """Read all files with all readers."""
    files = sorted(folder.rglob("*.pdf"))
    per_reader = {}
    for reader in readers:
        rows = {str(path.relative_to(folder)): read_in_child(reader, path) for path in files}
        likenesses = {}
        for name, truth_name in TRUTHS.items():
            if name in rows and (folder / truth_name).exists():
                truth = (folder / truth_name).read_text("utf-8")
                text = str(rows[name]["text"])
                likenesses[name] = {
                    "whole": round(likeness(text, truth), 4),
                    "both without running heads": round(
                        likeness(without_running_lines(text), without_running_lines(truth)), 4
                    ),
                }
        for row in rows.values():
            row["characters"] = len(str(row.pop("text")))
            row["seconds"] = round(float(str(row["seconds"])), 4)
        per_reader[reader] = {"likeness": likenesses, "files": rows}
    return {"machine": machine(), "files": len(files), "readers": per_reader}


def machine() -> dict[str, object]:
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "python": platform.python_version(),
        "pypdf": version("pypdf"),
        "pypdfium2": version("pypdfium2"),
    }


def show(found: dict) -> None:
    print(f"{found['files']} files; {found['machine']}\n")
    heads = ("reader", "read", "with text", "refused", "failed", "seconds", "slowest")
    print(f"{heads[0]:12}" + "".join(f"{head:>10}" for head in heads[1:]) + "  likeness (whole / both without heads)")
    for reader, result in found["readers"].items():
        rows = list(result["files"].values())
        states = [str(row["state"]) for row in rows]
        seconds = [row["seconds"] for row in rows]
        alike = "; ".join(" / ".join(f"{value:.4f}" for value in one.values()) for one in result["likeness"].values())
        failed = sum(not state.startswith(("read", "refused")) for state in states)
        print(
            f"{reader:12}{states.count('read'):10}{sum(row['characters'] > 0 for row in rows):10}"
            f"{sum(state.startswith('refused') for state in states):10}"
            f"{failed:10}{sum(seconds):10.2f}{max(seconds):10.2f}  {alike}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("../shared/pdfs"))
    parser.add_argument("--readers", nargs="+", default=READERS)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(*given.child)
        return
    found = measure(given.folder, tuple(given.readers))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    show(found)


if __name__ == "__main__":
    main()

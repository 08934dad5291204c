"""The command line: parses, calls the same functions as every other interface, and prints. It decides nothing.

Standard output carries the result alone; progress and messages go to standard error. Exit status: 0 done, 1 done but with
something the user must know, 2 wrong use or cannot run.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click

from assistant.datamodel import IndexStatus, Progress
from assistant.errors import AssistantError, UsageError
from assistant.interfaces import render
from assistant.settings import Settings
from assistant.wording import count_of

Command = TypeVar("Command", bound=Callable[..., Any])

_METAVARS = {str: "MODEL", type(Path()): "DIR"}
_WARNINGS_SHOWN = 10
_STAGES = {"read": "Reading", "embed": "Embedding", "write": "Writing"}


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command.

    :param arguments: the words after the program's name.
    :returns: the exit status.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("assistant").setLevel(logging.INFO)
    try:
        if platform.system() == "Windows":
            raise UsageError("Windows is not supported; run the assistant in WSL, the Windows Subsystem for Linux.")
        return cli.main(arguments, prog_name="assistant", standalone_mode=False) or 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        return 2
    except AssistantError as error:
        click.echo(f"Error: {render.visible(str(error))}", err=True)
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped; what was done is kept, and the same command goes on from there.", err=True)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; say nothing more at exit
        return 0


def with_settings(command: Command) -> Command:
    """Give a command an option for every setting, and one `Settings` in their place."""

    def settled(**given: Any) -> Any:
        chosen = {item.name: given.pop(item.name) for item in fields(Settings)}
        return command(settings=Settings.from_environment(**chosen), **given)

    settled.__name__, settled.__doc__ = command.__name__, command.__doc__
    settled.__click_params__ = list(getattr(command, "__click_params__", []))  # type: ignore[attr-defined]
    for item in reversed(fields(Settings)):
        name = item.name.replace("_", "-")
        help_text = f"{item.metadata['help']}  [env: ASSISTANT_{item.name.upper()}; default: {item.default}]"
        settled = click.option(
            f"--{name}", item.name, metavar=_METAVARS.get(type(item.default), "NUMBER"), help=help_text
        )(settled)
    return settled  # type: ignore[return-value]


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="quoting-assistant", message="%(version)s")
def cli() -> None:
    """Ask a folder of documents; the answers are exact quotes with their citations, and nothing leaves this machine."""


@cli.command()
@click.option("--watch", is_flag=True, help="Stay, and build again whenever a source changes; Ctrl+C ends it.")
@as_json_option
@with_settings
def build(settings: Settings, watch: bool, as_json: bool) -> int:
    """Bring the index up to date with the sources folder."""
    outcome = _build_and_tell(settings, as_json)
    if watch:
        from assistant.watching import changes

        for _ in changes(settings.sources):
            try:
                outcome = _build_and_tell(settings, as_json)
            except AssistantError as error:  # an emptied folder, another build: the next change may mend it
                click.echo(f"Error: {render.visible(str(error))}", err=True)
    return outcome


def _build_and_tell(settings: Settings, as_json: bool) -> int:
    status = build_with_progress(settings)
    if as_json:
        click.echo(render.to_json(render.status_json(status)))
    else:
        indexed = len(status.sources) - len(status.rejected)
        click.echo(f"Indexed {count_of(indexed, 'source')} as {count_of(status.passages, 'passage')}.")
        _tell_warnings(status)
        for row in status.rejected:
            click.echo(f"Not indexed: {render.visible_name(row.source)}: {render.visible(row.reason or '')}")
    return 1 if status.rejected else 0


@cli.command()
@click.argument("question", required=False)
@click.option(
    "--history", type=click.Path(path_type=Path), help='JSON file of the turns before: [{"role", "content"}].'
)
@click.option(
    "--source",
    "sources_wanted",
    multiple=True,
    metavar="GLOB",
    help="Quote only from sources that match; may be repeated.",
)
@click.option(
    "--bare", is_flag=True, help="Take the words as they stand: no history, no small talk, no mended spelling."
)
@click.option("--batch", type=click.Path(path_type=Path), help="JSON lines of questions: id, question, history.")
@click.option("--output", type=click.Path(path_type=Path), help="Where --batch writes its JSON lines.")
@as_json_option
@with_settings
def ask(
    settings: Settings,
    question: str | None,
    history: Path | None,
    sources_wanted: tuple[str, ...],
    bare: bool,
    batch: Path | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Answer QUESTION with quotes, or every question of a file."""
    if (question is None) == (batch is None):
        raise UsageError("Give one question, or a file of questions with --batch and --output.")
    if (batch is None) != (output is None):
        raise UsageError("The options --batch and --output go together; give both.")
    if batch and output:
        return _ask_batch(settings, batch, output, sources_wanted)
    turns = _read_json(history, "history") if history else ()
    from assistant.assembly import open_assistant  # imports the model's libraries, which other commands do not need

    assistant = open_assistant(settings=settings)
    answer = assistant.ask(question or "", turns, sources_wanted, bare)
    click.echo(
        render.to_json(render.answer_json(answer)) if as_json else render.answer_text(answer, assistant.status())
    )
    return 0


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; only this machine's own.")
@click.option(
    "--port",
    default=7860,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
@with_settings
def chat(settings: Settings, host: str, port: int, open_browser: bool) -> int:
    """Open the browser app; builds the index first where there is none."""
    from assistant.interfaces.web import serve_chat

    serve_chat(settings, host, port, open_browser, build=build_with_progress)
    return 0


@cli.command()
@as_json_option
@with_settings
def status(settings: Settings, as_json: bool) -> int:
    """Show every source with its state, and what could not be searched and why."""
    from assistant.indexes import Generation

    generation = Generation(settings.index)
    found = generation.status
    generation.close()
    if as_json:
        click.echo(render.to_json(render.status_json(found)))
    else:
        _print_status(found)
    return 0


@cli.command()
@click.argument("path")
@as_json_option
@with_settings
def text(settings: Settings, path: str, as_json: bool) -> int:
    """Print the stored text of the source PATH, exactly: what quotes are taken from."""
    from assistant.indexes import Generation

    generation = Generation(settings.index)
    if path not in generation.store.sources:
        raise UsageError(f"No indexed source is named {path!r}; `assistant status` lists them.")
    document = generation.store.document(path)
    generation.close()
    if as_json:
        click.echo(render.to_json(render.document_json(document)))
    else:
        click.echo(document.text.encode("utf-8"), nl=False)
    return 0


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
@with_settings
def verify(settings: Settings, file: Path, as_json: bool) -> int:
    """Check the answers saved in FILE (by `ask --json`) against today's sources."""
    from assistant.verifying import saved_quotes, verify

    results = verify(settings, saved_quotes(file))
    if as_json:
        rows = [{"source": v.source, "start": v.start, "end": v.end, "state": v.state} for v in results]
        click.echo(render.to_json({"results": rows}))
    else:
        for verdict in results:
            click.echo(
                f"{verdict.state:8}  {render.visible_name(verdict.source)}, characters {verdict.start} to {verdict.end}"
            )
    return 0 if all(verdict.state == "verified" for verdict in results) else 1


@cli.command()
@click.option(
    "--passages",
    multiple=True,
    type=click.Path(path_type=Path),
    help="JSON lines: id, title, text, or questions that bring their passages along; may be repeated.",
)
@click.option(
    "--questions",
    multiple=True,
    type=click.Path(path_type=Path),
    help="JSON lines: id, question, passage, answers; may be repeated.",
)
@click.option(
    "--conversations",
    type=click.Path(path_type=Path),
    help="JSON lines of conversations (MTRAG); --passages and --questions are then its stand-alone check.",
)
@click.option("--report", type=click.Path(path_type=Path), help="Folder for the raw results and an HTML page.")
@click.option("--sample", type=click.IntRange(1), help="Ask only so many questions of each file.")
@click.option("--seed", default=0, show_default=True, help="Seed of the sample.")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Folder that keeps the sources and the index for the next run."
)
@click.option("--fold", type=int, help="Ask only about this fifth (0-4) of the articles; 1 is what no reader saw.")
@click.option("--styles", is_flag=True, help="Ask every question in other styles too: lower case, keywords, mistyped …")
@click.option("--before", type=click.Path(path_type=Path), help="results.json of an earlier report, to compare with.")
@as_json_option
@with_settings
def evaluate(
    settings: Settings,
    passages: tuple[Path, ...],
    questions: tuple[Path, ...],
    conversations: Path | None,
    report: Path | None,
    sample: int | None,
    seed: int,
    keep: Path | None,
    fold: int | None,
    styles: bool,
    before: Path | None,
    as_json: bool,
) -> int:
    """Measure retrieval, quotes and abstention on questions whose answers are known."""
    if conversations:
        from assistant.evaluation.conversation_command import conversations_command

        return conversations_command(
            conversations, passages, questions, report, as_json, sample, seed, settings, keep
        )  # fmt: skip
    if not passages or not questions:
        raise UsageError("Give --passages and --questions, or --conversations.")
    from assistant.evaluation.command import evaluate_command

    return evaluate_command(passages, questions, report, as_json, sample, seed, settings, keep, fold, styles, before)


def build_with_progress(settings: Settings) -> IndexStatus:
    """Build an index with a progress bar on standard error.

    :param settings: where the sources and the index are.
    :returns: the state of the index.
    """
    from assistant.assembly import build_index

    with _progress_bar() as show:
        return build_index(settings=settings, progress=show)


@contextmanager
def _progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Show stage, count, speed, time left and what is being worked on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:9}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
    )  # fmt: skip
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {stage: bars.add_task(name, total=None, visible=False, detail="") for stage, name in _STAGES.items()}

        def show(state: Progress) -> None:
            speed = f"{state.per_second:.0f} passages/s " if state.per_second else ""
            detail = speed + render.visible_name(state.detail)[-60:]
            bars.update(tasks[state.stage], completed=state.done, total=state.total, visible=True, detail=detail)

        yield show


def _ask_batch(settings: Settings, batch: Path, output: Path, sources: tuple[str, ...]) -> int:
    """Answer a file of questions in order; a bad line costs only its own answer."""
    from assistant.assembly import open_assistant
    from assistant.interfaces.batch import answer_lines

    try:
        lines = batch.read_text("utf-8").split("\n")  # splitlines would also cut at signs that JSON strings may hold
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The file {batch.name!r} cannot be read ({type(error).__name__}); --batch takes JSON lines."
        ) from error
    assistant = open_assistant(settings=settings)
    failed = 0
    try:
        with (
            output.open("w", encoding="ascii") as file,
            click.progressbar(lines, label="Asking", file=sys.stderr) as bar,
        ):
            for answer in answer_lines(assistant, bar, sources):
                failed += "error" in answer
                file.write(render.to_json(answer, indent=None) + "\n")
                file.flush()
    except OSError as error:
        raise UsageError(
            f"The file {output.name!r} cannot be written ({error.strerror}); choose another --output."
        ) from error
    if failed:
        click.echo(
            f'{count_of(failed, "line")} of {batch.name} could not be asked; see "error" in {output.name}.', err=True
        )
    return 1 if failed else 0


def _read_json(path: Path, what: str) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"The {what} file {path.name!r} cannot be read as JSON ({type(error).__name__}).") from error


def _print_status(found: IndexStatus) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Source", "State", "Pages", "Characters", "Passages", "Remarks"):
        table.add_column(
            name, justify="right" if name in ("Pages", "Characters", "Passages") else "left", overflow="fold"
        )
    for row in found.sources:
        remarks = "; ".join([row.reason or "", *row.warnings]).strip("; ")
        cells = (row.state, str(row.pages or ""), str(row.characters), str(row.passages), remarks)
        table.add_row(Text(render.visible_name(row.source)), *(Text(render.visible(cell)) for cell in cells))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    console.print(Text(f"{count_of(found.passages, 'passage')}, built {found.built} with {found.model}."))
    if line := render.coverage_line(found):
        console.print(Text(f"{line}."))


def _tell_warnings(found: IndexStatus) -> None:
    """Show the first warnings; a large folder has hundreds of harmless ones."""
    warnings = [(row.source, warning) for row in found.sources for warning in row.warnings]
    for source, warning in warnings[:_WARNINGS_SHOWN]:
        click.echo(f"Note: {render.visible_name(source)}: {render.visible(warning)}")
    if (more := len(warnings) - _WARNINGS_SHOWN) > 0:
        click.echo(f"And {count_of(more, 'more note')}; `assistant status` shows all.")

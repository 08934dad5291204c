"""Wires settings to concrete classes: the two functions that commands, the browser app and Python programs start from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant.answering import Assistant
from assistant.building import Builder
from assistant.datamodel import IndexStatus, Progress
from assistant.embedders import open_embedder
from assistant.indexes.generations import require_index
from assistant.loaders.isolation import IsolatedReader, Limits
from assistant.settings import Settings


def open_assistant(
    sources: str | Path | None = None, index: str | Path | None = None, settings: Settings | None = None
) -> Assistant:
    """Open an index to ask it questions.

    >>> open_assistant("sources", "index").ask("What is an ally?").quotes[0].text  # doctest: +SKIP

    :param sources: the sources folder, as in the settings when None.
    :param index: the index folder, as in the settings when None.
    :param settings: everything that can be set; from the environment when None.
    :returns: the assistant.
    :raises IndexUnusable: when there is no index, or it is damaged or of another model.
    :raises ModelUnusable: when the embedding model cannot be loaded.
    """
    settings = _settings(sources, index, settings)
    require_index(settings.index)  # its absence should not take the seconds that loading a model takes
    return Assistant(settings, open_embedder(settings.model, settings.threads, settings.precision))


def build_index(
    sources: str | Path | None = None,
    index: str | Path | None = None,
    settings: Settings | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> IndexStatus:
    """Bring an index up to date with its sources folder.

    :param sources: the sources folder, as in the settings when None.
    :param index: the index folder, made when missing; as in the settings when None.
    :param settings: everything that can be set; from the environment when None.
    :param progress: told how far the build is, in the calling thread.
    :param cancel: set by another thread to stop the build.
    :returns: the state of the index that is now in use.
    :raises UsageError: when the sources folder is missing or empty.
    :raises IndexBusy: when another build is running on this index.
    :raises BuildFailed: when it could not be completed or was stopped; the old index is as it was.
    :raises ModelUnusable: when the embedding model cannot be loaded.
    """
    settings = _settings(sources, index, settings)
    with IsolatedReader(Limits.from_settings(settings)) as reader:
        embedder = partial(open_embedder, settings.model, settings.threads, settings.precision)
        return Builder(settings, embedder, progress, cancel, reader.load_document).run()


def _settings(sources: str | Path | None, index: str | Path | None, settings: Settings | None) -> Settings:
    settings = settings or Settings.from_environment()
    return replace(
        settings,
        sources=settings.sources if sources is None else Path(sources),
        index=settings.index if index is None else Path(index),
    )

"""An index over the passages of question sets, built and searched as any user's would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.assembly import build_index
from assistant.datamodel import ScoredPassage
from assistant.embedders import open_embedder
from assistant.evaluation.corpus import Placement, lay_out, place, write_sources
from assistant.evaluation.questions import GivenPassage
from assistant.indexes import Generation
from assistant.retrievers import FusedRetriever
from assistant.settings import Settings


@dataclass(frozen=True)
class Corpus:
    """An index, with what retrieves from it and what knows where the given passages are."""

    generation: Generation
    retriever: FusedRetriever
    placement: Placement

    def place_of(self, scored: ScoredPassage) -> str | None:
        """Say which given passage it is."""
        return self.placement.passage_at(scored.document.source, scored.passage.span)


def open_corpus(passages: Sequence[GivenPassage], folder: Path, threads: int) -> Corpus:
    """Build an index over passages.

    :param passages: of one set or several.
    :param folder: where sources and index are kept.
    :param threads: for embedding.
    :returns: what can be searched.
    """
    layout = lay_out(passages)
    settings = Settings(sources=folder / "sources", index=folder / "index", threads=threads)
    write_sources(layout, settings.sources)
    build_index(settings=settings)
    generation = Generation(settings.index)
    retriever = FusedRetriever(generation, open_embedder(settings.model, threads, settings.precision))
    stored = {source: generation.store.document(source).text for source in layout}
    return Corpus(generation, retriever, Placement(place(layout, stored)))

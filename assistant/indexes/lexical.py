"""The lexical index: BM25 by tantivy, embedded, in a folder of the generation.

Every question word is a term of its own joined by OR, built without a query language, so that nothing a person types is
an operator. Words are lower-cased, stripped of accents and stemmed for English (Snowball) by tantivy itself, the same
way when indexing and when asking. BM25 as in Robertson and Zaragoza 2009, with tantivy's k1 = 1.2 and b = 0.75.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tantivy

from assistant.errors import IndexDamaged
from assistant.indexes.base import ScoredId

_ANALYZER = "english"
_LONGEST_WORD = 60
_WRITER_BYTES = 64_000_000


class TantivyIndex:
    """Implements `LexicalIndex`.

    :param folder: a folder that `write` filled; it is only read.
    :raises IndexDamaged: when tantivy cannot read it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            index = tantivy.Index.open(str(folder))
            index.config_reader(reload_policy="Manual")
        except ValueError as error:
            raise IndexDamaged(
                "The index's word lists cannot be read; run `assistant build` to make them anew."
            ) from error
        self._schema = index.schema
        self._searcher = index.searcher()
        self._analyzer = _analyzer()

    @classmethod
    def write(cls, folder: Path, texts: Iterable[str]) -> None:
        """Index texts, numbered from 0 in the order they come.

        :param folder: an existing empty folder.
        :param texts: the passages' words, with whatever else they shall be found by.
        """
        index = tantivy.Index(_schema(), path=str(folder))
        index.register_tokenizer(_ANALYZER, _analyzer())
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for number, text in enumerate(texts):
            document = tantivy.Document()
            document.add_unsigned("id", number)
            document.add_text("words", text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def terms(self, text: str) -> list[str]:
        """List the terms that a text is searched by.

        :param text: any text.
        :returns: lower-cased stems in the order of the text, repeated ones too.
        """
        return list(self._analyzer.analyze(text))

    def rarity(self, term: str) -> float:
        """Say how telling a term is: BM25's inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5)).

        :param term: one of `terms`.
        :returns: about 0 for a term of every passage; highest for one of none.
        """
        count = self.passages_with(term)
        return float(np.log1p((len(self) - count + 0.5) / (count + 0.5)))

    def passages_with(self, term: str) -> int:
        """Count the passages that hold a term.

        :param term: one of `terms`.
        :returns: 0 or more.
        """
        return int(self._searcher.doc_freq("words", term))

    def search(self, text: str, k: int, allowed: np.ndarray | None = None) -> list[ScoredId]:
        """Find the passages that share words with a text; see `LexicalIndex.search`.

        :param text: the question, as typed.
        :param k: hits wanted.
        :param allowed: numbers that may be found, None for all.
        :returns: highest BM25 first; ties by stored order.
        """
        terms = [tantivy.Query.term_query(self._schema, "words", term) for term in dict.fromkeys(self.terms(text))]
        if not terms or not len(self):
            return []
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        permitted = None if allowed is None else set(allowed.tolist())
        limit = k
        while True:
            found = self._searcher.search(query, limit=limit, count=False).hits
            hits = [ScoredId(self._searcher.doc(address)["id"][0], float(score)) for score, address in found]
            kept = [hit for hit in hits if permitted is None or hit.id in permitted]
            if len(kept) >= k or len(found) < limit:
                return sorted(kept, key=lambda hit: (-hit.score, hit.id))[:k]
            limit *= 8


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True)
    builder.add_text_field("words", stored=False, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


def _analyzer() -> tantivy.TextAnalyzer:
    steps = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.remove_long(_LONGEST_WORD))
    steps = steps.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold())
    return steps.filter(tantivy.Filter.stemmer("english")).build()

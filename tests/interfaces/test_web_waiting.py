"""Before there is an index: the page knows that there is nothing to ask, and asks once something is there."""

import pytest

from assistant.errors import QuestionError
from assistant.interfaces.web.waiting import NO_INDEX, WaitingAssistant


def test_there_is_nothing_to_ask_until_something_is_indexed(settings, make_sources, build):
    waiting = WaitingAssistant(settings)
    assert (waiting.status().index, waiting.status().sources) == (NO_INDEX, ())
    assert waiting.example_questions(4) == []
    with pytest.raises(QuestionError, match="nothing to ask yet; add documents first"):
        waiting.ask("Where do bees live?")
    make_sources({"bees.txt": "Bees live in hives."})
    status = build()
    assert waiting.status() == status
    assert waiting.document("bees.txt").text == "Bees live in hives."
    waiting.close()

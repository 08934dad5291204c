"""Which questions point back to what was said before, by their words alone."""

import pytest

from assistant.leaning import leans


@pytest.mark.parametrize(
    "question",
    [
        "Is it?",
        "And the army?",
        "Why not?",
        "What about them?",
        "Tell me more",
        "Who else?",
        "What did he say about this?",
        "Were the roads in Monaco made safer after her death?",
        "And where do they train and what do they get?",
        "When did the army leave it and when did it come back?",
        # "it" and "that" are what was spoken of, not what follows.
        "Does it apply to contractors?",
        "Is it related to age?",
        "Is it safe to eat?",
        "How long does it take?",
        "Is that allowed?",
        "Has that changed?",
        # The owner was not named: a deed is no owner, and who died may be another than what was named.
        "Who killed her husband?",
        "Is it impossible to determine its age?",
        # Others than those spoken of.
        "Anything else?",
        "Is there someone else?",
        "Can you give more examples?",
        # Parts of a question.
        "How often?",
        "Since when?",
        "What year?",
        "Any exceptions?",
        "In Germany?",
        "Both?",
        "Do both have to sign?",
        "What happened then?",
        # What comes before the question is no part of it.
        "OK, what about managers?",
        "Right but why?",
        "Great, in Germany?",
        "Another question: where is it?",
    ],
)
def test_what_points_back(question):
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is a treaty alliance?", "Where was Eager Lion held?", "Is there a queen in the hive?", "Are there allies in Asia?",
        "Which alliances have more than two members?", "Which countries that have treaties trade?", "What is NATO?",
        "Where do the soldiers train and what do they get?", "What is a health care proxy, and what are its duties?",
        "Is it legal to record calls?", "Is it possible for contractors to work remotely?", "Is it true that bats are blind?",
        "How long does it take for a claim to be processed?", "Did the study show that the drug works?",
        "Can employees carry over their unused leave?", "When did Einstein publish his theory of relativity?",
        "Can I share my password with someone else?", "Can someone else sign?", "How do bees communicate with each other?",
        "Is too much paracetamol dangerous?", "Is ibuprofen more effective than paracetamol?", "Are drugs such as aspirin safe?",
        "Which countries other than France use the euro?", "Who are the parties to this agreement?", "What does IT do?",
        "Another question: how long is parental leave?", "the Eiffel Tower", "Right to privacy", "Do all birds fly?", ":)", "?",
    ],
)  # fmt: skip
def test_what_does_not_point_back(question):
    assert not leans(question)

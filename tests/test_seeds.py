"""Twenty questions written from reading the two seed pages, asked over the pages as they are, boilerplate included."""

import pytest

from assistant import Settings, build_index, open_assistant

ANSWERED = {
    "What is the difference between allies and partners?": (
        "formal, long-term relationships",
        "Partnerships usually focus",
    ),
    "Where was Eager Lion held?": ("Al Quwayrah, Jordan",),
    "Which regions get new coalitions?": (
        "In the Middle East, the DOD also plans to form enduring coalitions",
        "reinforce regional coalitions",
    ),
    "When was NATO established?": ("North Atlantic Treaty in 1949",),
    "How many members does NATO have?": ("29 members",),
    "For how many years have allies and partners come to America's aid?": ("for 75 years",),
    "What does the relationship with Caribbean partners help with?": ("illegal drug activity",),
    "Whose name did the Jordanian marine write on the round?": ("Micah N. Pauly",),
    "How often does Talisman Sabre take place?": ("biennial exercise",),
    "Where did the soldiers set up an antenna?": ("Shoalwater Bay Training Area", "antenna in a tree"),
    "What is Operation Federal Eagle?": ("annual event led by",),
    "From whom did the paratrooper receive German jump wings?": ("Marc Breitenfeld",),
    "What should prioritizing equipment sales achieve?": ("speed up those foreign partners",),
    "What are allies expected to contribute?": ("contribute their fair share",),
    "Why is the DOD boosting partnerships in Africa?": ("help address terrorism",),
    "With which neighbouring countries will relationships be deepened?": ("Canada, Mexico and Latin American",),
    "How many times does the 2022 strategy say allies and partners?": ("117 times",),
    "Who wrote The Difference between an Ally and a Partner?": ("Rachel Tecott, Jason W. Davidson and Zuri Linetsky",),
    "Why is it problematic that the value of allies is treated as self-evident?": ("intellectual fuzziness",),
    "Why does the word Allies have a capital letter?": ("pride of place",),
}
REFUSED = (
    "Who won the football world cup in 1998?",
    "How do I cook risotto without wine?",
    "What is the offside rule in football?",
    "How long should I boil an egg?",
    "What is the population of Brazil?",
    "Which vitamins are in carrots?",
)


@pytest.fixture(scope="module")
def assistant(shared, tmp_path_factory):
    settings = Settings(sources=shared / "seeds", index=tmp_path_factory.mktemp("seeds") / "index")
    build_index(settings=settings)
    return open_assistant(settings=settings)


@pytest.mark.model
def test_at_least_18_of_20_questions_are_answered_by_the_right_sentence(assistant):
    answers = {question: assistant.ask(question) for question in ANSWERED}
    right = [
        question
        for question, answer in answers.items()
        if answer.answered and any(words in answer.quotes[0].text for words in ANSWERED[question])
    ]
    wrong = {q: [quote.text for quote in answers[q].quotes] for q in ANSWERED if q not in right}
    assert len(right) >= 18, wrong


@pytest.mark.model
@pytest.mark.parametrize("question", REFUSED)
def test_questions_on_other_subjects_are_refused(assistant, question):
    answer = assistant.ask(question)
    assert not answer.answered
    assert answer.quotes == ()
    assert 1 <= len(answer.closest) <= 3

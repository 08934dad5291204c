"""Page furniture: what is marked, and above all what is not."""

from pathlib import Path

import pytest

from assistant.loaders.boilerplate import find_asides

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"

PAGE = """Skip to main content
An official website of the State of Example
Here's how you know

Home > News > Water

Council Votes on the Aqueduct

By Ada Miller

March 3, 2024

The council voted on Tuesday to rebuild the aqueduct. It will cost nine million.

Image credit: Bo Lund

We use cookies to improve your experience. Accept or change your settings.

The works begin in May. See the plan…

Share on Facebook
Subscribe to our newsletter

You might also like

• News
  March 1, 2024
  Bridge Reopens

  The bridge over the Ild was closed for a year and now ...

  By Cy Young

Park Gets New Benches

View all news

© 2024 Example Times. All rights reserved.
Terms of use | Privacy | Contact
"""


def marked(text):
    return [span.of(text) for span in find_asides(text)]


def test_a_saved_page_keeps_only_its_article_unmarked():
    article = PAGE
    for aside in marked(PAGE):
        article = article.replace(aside, "")
    assert article.split("\n\n") and [line for line in article.split("\n") if line.strip()] == [
        "Council Votes on the Aqueduct",
        "By Ada Miller",
        "March 3, 2024",
        "The council voted on Tuesday to rebuild the aqueduct. It will cost nine million.",
        "The works begin in May. See the plan…",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Secure .gov websites use HTTPS",
        "This website uses cookies to analyze traffic.",
        "Accept all cookies",
        "Jump to navigation",
        "Share this article",
        "Sign up for our weekly newsletter",
        "Get the latest news delivered to your inbox",
        "Photo By: Sgt. Jane Doe",
        "VIRIN: 180423-M-IZ659-0068A",
        "Copyright 2019 Example Inc. All rights reserved.",
        "View All Reports View All Articles & Multimedia",
        "Back to top",
    ],
)
def test_lines_that_are_furniture(line):
    text = f"A first sentence of the article.\n\n{line}\n\nA last sentence of it."
    assert marked(text) == [line]


@pytest.mark.parametrize(
    "text",
    [
        "We use cookies made of oats in our bakery. Customers like them.",
        "The official website of the museum opened in 1999.",
        "Cookies are small files. A site stores them on your machine.",
        "Copyright 2010 marked a change. (c) Prove that the set is compact.",
        "More from the same well was drawn in 1850. Related stories were told by the sailors.",
        "Menu\n\nSoup and bread are served at noon.",
        "Related work\n\nEarlier systems paraphrase. We quote.",
        "Recommended\n\nTake two tablets a day. Do not drive after taking them, since they make you sleepy for hours.",
        "Chapter 1\n\nHe walked away and never came back...\n\nChapter 2\n\nShe stayed and waited for him...",
        "Share capital\n\nThe share capital is divided into shares.",
        "By 1950 the town had grown.\n\nThe photo by Lange shows it.",
        "More on this below\n\nMethods\n\nWe measured the rain for thirty years. The gauges stood in the shade.",
    ],
)
def test_prose_is_left_alone(text):
    assert marked(text) == []


def test_the_heading_below_a_list_of_stories_stays():
    text = "Related stories\n\nOne Story\nMarch 3, 2020\n\nOther Story\n\nThe Next Section\n\n" + "This is prose. " * 20
    assert marked(text) == ["Related stories\n\nOne Story\nMarch 3, 2020\n\nOther Story"]


def test_work_grows_linearly_with_headings():
    assert len(marked("Related Stories\n\nA Thing\n\n" * 5000)) == 1


def _seed(start):
    found = sorted(SEEDS.glob(start + "*.txt"))
    if not found:
        pytest.skip("the two saved web pages of ../shared/seeds are not here")
    return found[0].read_text("utf-8")


def test_the_page_of_an_authority():
    text = _seed("000")
    asides = marked(text)
    assert asides[0].startswith("An official website of") and asides[0].endswith("official, secure websites.")
    assert asides[-1] == "Related Stories"
    assert sum(aside.startswith("Photo By:") and "VIRIN" in aside for aside in asides) == 3
    rest = "".join(text.split(aside, 1)[0] for aside in asides[:1]) + text.split(asides[0], 1)[1]
    for kept in (
        "National Defense Strategy: Alliances",
        "April 23, 2018. Pauly",
        "Signing Howitzer Round",
        "Upholding a",
    ):
        assert kept in rest and not any(kept in aside for aside in asides)


def test_the_page_of_an_institute():
    text = _seed("003")
    asides = marked(text)
    assert len(asides) == 2
    assert asides[0].startswith("Image credit:")
    assert asides[1].startswith("• Commentary") and asides[1].endswith("View All Articles & Multimedia")
    for kept in ("February 15, 2023\n\nThe Difference", "By Rachel Tecott, Jason", "Read the full article"):
        assert kept in text and not any(kept in aside for aside in asides)

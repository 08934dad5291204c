"""Items come in their order, what is raised comes in its place, and a consumer that leaves ends the thread."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ahead import ahead


@given(st.lists(st.integers()), st.integers(1, 5))
def test_the_items_are_those_of_the_iterator(items, most):
    assert list(ahead(iter(items), most)) == items


def test_what_is_raised_comes_after_the_items_before_it():
    def failing():
        yield 1
        raise ValueError("the second one is bad")

    taken = ahead(failing(), 1)
    assert next(taken) == 1
    with pytest.raises(ValueError, match="the second one is bad"):
        next(taken)


def test_no_more_than_so_many_wait_and_leaving_ends_the_thread():
    made = []

    def endless():
        number = 0
        while True:
            made.append(number)
            yield number
            number += 1

    threads = threading.active_count()
    taken = ahead(endless(), 2)
    assert [next(taken), next(taken)] == [0, 1]
    taken.close()
    assert threading.active_count() == threads
    assert len(made) <= 2 + 2 + 1  # taken, waiting, and one in the thread's hand

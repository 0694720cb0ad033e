"""Edges as the coordination-network-toolkit defines them, written plainly, beside what the kernel's meetings give."""

from itertools import product

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bench._toolkit import message_key, toolkit_edges


def plain(rows, window, weight_min, *, loops):
    """Return {(account, account): weight}; rows are (object, account, message, time)."""
    answering = {}
    for (one_object, one, message, at), (object_, other, _, time) in product(rows, rows):
        if one_object == object_ and abs(at - time) <= window and (loops or one != other):
            answering.setdefault((one, other), set()).add(message)
    return {pair: len(those) for pair, those in sorted(answering.items()) if len(those) >= weight_min}


def made(rows, window, weight_min, *, loops):
    objects, accounts, messages = (np.array([r[k] for r in rows], np.int32) for k in range(3))
    times = np.array([r[3] for r in rows], np.int64)
    edges = toolkit_edges(objects, accounts, messages, times, window=window, weight_min=weight_min, loops=loops)
    return {(int(a), int(b)): int(w) for a, b, w in zip(*edges, strict=True)}


# Messages of one account each, with one to three objects: few of everything, so that all meet.
MESSAGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)),
    max_size=20,
)


@settings(max_examples=250)
@given(MESSAGES, st.integers(0, 7), st.integers(1, 4), st.booleans())
def test_the_kernel_gives_the_toolkits_edges(messages, window, weight_min, loops):
    rows = [(o, account, n, time) for n, (account, time, objects) in enumerate(messages) for o in objects]
    expected = plain(rows, window, weight_min, loops=loops)
    one_sided = sum((b, a) not in expected for a, b in expected)
    event(f"edges: {min(len(expected), 4)}, one-sided: {min(one_sided, 2)}")
    assert made(rows, window, weight_min, loops=loops) == expected


@settings(max_examples=60)
@given(MESSAGES, st.integers(0, 4))
def test_co_post_is_one_object_for_all(messages, window):
    rows = [(0, account, n, time) for n, (account, time, _) in enumerate(messages)]
    assert made(rows, window, 1, loops=False) == plain(rows, window, 1, loops=False)


def test_a_burst_answered_once_weighs_on_one_side_only():
    rows = [(0, 0, n, n) for n in range(5)] + [(0, 1, 5, 2)]
    assert made(rows, 10, 1, loops=False) == {(0, 1): 5, (1, 0): 1}
    assert made(rows, 10, 2, loops=False) == {(0, 1): 5}
    assert made(rows, 1, 1, loops=True) == {(0, 0): 5, (0, 1): 3, (1, 0): 1, (1, 1): 1}


@pytest.mark.parametrize(("time", "met"), [(60, True), (61, False)])
def test_the_window_is_inclusive(time, met):
    assert bool(made([(0, 0, 0, 0), (0, 1, 1, time)], 60, 1, loops=False)) is met


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Two\twords\n", "two words"),
        ("by @Ana's friends", "by friends"),
        ("mail a@example.org now", "mail a now"),
        ("https://a.example/@x/1", "https://a.example/"),
        ("@all", ""),
    ],
)
def test_what_the_toolkit_takes_for_one_text(text, key):
    assert message_key(text) == key

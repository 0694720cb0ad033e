"""Lists of which texts have a run, beside those one makes by hand; texts looked up after others beside all at once."""

from __future__ import annotations

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from tests.kernels.test_near_compare import CARDS as ANY_CARDS
from tests.kernels.test_near_pairs import CARDS, logs, rows
from tests.kernels.test_near_texts import parts_of_strings
from vigie.kernels.near_lists import FEW, LISTED, Lists, lists_of, merged, pages_of
from vigie.kernels.near_pairs import near_pairs, near_pairs_after

RUNS = st.sampled_from([0, 1, 2, 7, 1 << 31, (1 << 32) - 1])


def room(runs, texts):
    return Lists(np.empty(runs, np.uint32), np.empty(runs + 1, np.uint32), np.empty(texts, np.int32))


def lists_from(named):
    """Return lists as arrays of a dictionary from runs to texts."""
    runs = sorted(named)
    ends = np.cumsum([0, *(len(named[run]) for run in runs)])
    texts = [text for run in runs for text in named[run]]
    return Lists(np.array(runs, np.uint32), ends.astype(np.uint32), np.array(texts, np.int32))


def shown(lists):
    """Return lists as a dictionary."""
    ends = lists.begins.tolist()
    return {run: lists.texts[ends[n] : ends[n + 1]].tolist() for n, run in enumerate(lists.runs.tolist())}


@given(st.lists(RUNS, max_size=12), st.lists(st.dictionaries(RUNS, st.integers(1, LISTED // 3)), max_size=3))
def test_pages_begin_with_what_stands_and_have_room_for_what_comes(sample, counts):
    standing, text = [], 0
    for level in counts:
        named = {run: list(range(text, text + count)) for run, count in level.items()}
        text += max(level.values(), default=0)
        standing.append(named)
    places, pages = pages_of(np.array(sample, np.uint32), [lists_from(named) for named in standing])
    assert pages.runs.tolist() == sorted(set(sample))
    runs = list(dict.fromkeys(sample))  # a page for each, in the order in which they are sampled
    assert [runs[page] for page in pages.order] == pages.runs.tolist()
    assert [runs[place] for place in places] == sample
    for place, run in enumerate(runs):
        due = [text for named in standing for text in named.get(run, ())][:LISTED]
        begin = pages.begins[place]
        assert pages.texts[begin : begin + pages.filled[place]].tolist() == due[: pages.filled[place]]
        assert pages.filled[place] == len(due)
        assert pages.begins[place + 1] - begin == max(len(due), min(LISTED, len(due) + sample.count(run)))


@given(*[st.dictionaries(RUNS, st.integers(1, 4))] * 2)
def test_two_lists_are_merged_as_one_would_by_hand(one, other):
    first = {run: list(range(count)) for run, count in one.items()}
    second = {run: list(range(10, 10 + count)) for run, count in other.items()}
    made = merged(lists_from(first), lists_from(second), room)
    assert shown(made) == {run: first.get(run, []) + second.get(run, []) for run in {*first, *second}}
    assert [column.dtype for column in made] == [np.uint32, np.uint32, np.int32]


@given(logs(), CARDS | ANY_CARDS, st.sampled_from([0.0, 1.0, 2.0]), st.data())
def test_texts_looked_up_after_others_have_the_pairs_they_have_among_all(log, card, threshold, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(log)), max_size=4)))
    whole = parts_of_strings(log)
    standing, pairs, compared = [], [], 0
    for first, end in zip([0, *cuts], [*cuts, len(log)], strict=True):
        here = parts_of_strings(log[first:end])
        parts = whole._replace(sample_begins=here.sample_begins, sample=here.sample)
        found, lists = near_pairs_after(parts, card, threshold=threshold, first=first, standing=standing)
        pairs += rows(found)
        compared += found.compared
        standing.append(lists)
        if len(standing) > 1 and data.draw(st.booleans()):
            standing[-2:] = [merged(*standing[-2:], room)]
    due = near_pairs(whole, card, threshold=threshold)
    event(f"pairs: {min(len(pairs), 1)}")
    assert (pairs, compared) == (rows(due), due.compared)


def test_a_page_gives_its_new_texts_only():
    _, pages = pages_of(np.array([5, 9], np.uint32), [lists_from({5: [0, 1]})])
    assert shown(lists_of(pages)) == {}
    for place in (0, 1):
        pages.texts[pages.begins[place] + pages.filled[place]] = 2
        pages.filled[place] += 1
    assert shown(lists_of(pages)) == {5: [2], 9: [2]}


@given(st.integers(LISTED - 2, LISTED), st.integers(0, LISTED))
def test_of_a_common_run_the_first_few_are_at_hand_and_none_is_added(count, first):
    first = min(first, count)
    standing = [lists_from({5: list(range(first))}), lists_from({5: list(range(first, count))})]
    places, pages = pages_of(np.array([5, 5, 5, 5], np.uint32), standing)
    page, full = places[0], count == LISTED
    assert pages.filled[page] == pages.stood[page] == count
    held = pages.texts[pages.begins[page] :][: FEW if full else count]
    assert held.tolist() == list(range(held.size))
    assert pages.begins[page + 1] - pages.begins[page] == (FEW if full else LISTED)

"""What the members of a family did to its first text."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.rules.changes import kind_of_change
from vigie.run import family_changes as module
from vigie.run.family_changes import TEXTS_COMPARED, compared
from vigie.text.normalise import normalise

WORDS = st.lists(st.sampled_from(["we", "told", "Ann", "Bo", "the", "press", "😀", "May"]), min_size=1, max_size=6)
TEXTS = st.dictionaries(WORDS.map(" ".join), st.integers(1, 4), min_size=1, max_size=6)


@given(TEXTS)
def test_every_other_post_is_counted_once_by_its_kind(texts):
    first = next(iter(texts))
    changes, different, _ = compared(first, list(texts.items()))
    slow = Counter(kind_of_change(first, text).kind for text, posts in texts.items() for _ in range(posts))
    slow["exact"] -= 1
    assert changes.kinds == +slow
    assert (changes.posts, changes.left_out) == (sum(texts.values()) - 1, 0)
    assert different == len({normalise(text) for text in texts})


def test_of_very_many_texts_a_part_is_compared_and_the_rest_counted():
    texts = [(f"They hid the report on harbour {n} from all of us", 2) for n in range(TEXTS_COMPARED + 50)]
    for first in (texts[0][0], texts[-1][0]):
        changes, different, template = compared(first, texts)
        assert changes.texts == TEXTS_COMPARED
        assert changes.posts + changes.left_out == 2 * len(texts) - 1
        assert sum(changes.kinds.values()) == changes.posts
        assert different == len(texts)
        (slot,) = template.slots
        assert sum(slot.values.values()) == TEXTS_COMPARED
    assert compared(texts[0][0], texts)[0].kinds == {"template": 398, "exact": 1}


@pytest.mark.parametrize(("most", "texts"), [(50, 2), (90, 2), (120, 3), (1_000, 9)])
def test_of_long_texts_fewer_are_compared(monkeypatch, most, texts):
    monkeypatch.setattr(module, "CHARACTERS_COMPARED", most)
    made = [(f"they hid the report on the harbour {n:05}", 2) for n in range(9)]
    changes, different, _ = compared(made[0][0], made)
    assert (changes.texts, changes.posts, changes.left_out, different) == (texts, 2 * texts - 1, 18 - 2 * texts, 9)


def test_a_template_is_filled_by_texts_however_often_they_are_said():
    names = ["Ana Reed", "Bo Lind", "Cyril Moss", "Dorothy"]
    texts = [(f"{vote} for {name} on the harbour of Brest", 3) for vote in ("Vote", "VOTE") for name in names]
    template = compared(texts[0][0], texts)[2]
    assert [slot.values for slot in template.slots] == [dict.fromkeys(names, 1)]

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.test_differences import TEXTS
from vigie.rules.templates import TemplateSlot, template_slots

NAMES = ["Ana Reed", "Bo Lind", "Karim Haddad", "Sara", "Tom Baker"]
TOWNS = ["Brest", "Genoa", "Port Said", "Oslo"]
FORM = "My name is {} and I will vote against this law because my family in {} lost its harbour"


def filled(draw: random.Random, count: int) -> list[tuple[str, str]]:
    return [(draw.choice(NAMES), draw.choice(TOWNS)) for _ in range(count)]


@given(st.randoms(use_true_random=False), st.integers(6, 30))
def test_a_form_is_found_with_what_fills_it(draw, count):
    values = filled(draw, count)
    texts = [FORM.format(*pair) for pair in values]
    names, towns = (Counter(pair[side] for pair in values) for side in (0, 1))
    made = template_slots(texts)
    expected = [c for c in (names, towns) if count - max(c.values()) >= max(2, 0.2 * count)]
    if not expected:
        assert made is None
        return
    assert made is not None
    assert [Counter(dict(slot.values)) for slot in made.slots] == expected
    assert [slot.values[0][1] for slot in made.slots] == [max(c.values()) for c in expected]
    constant = [word for word in FORM.split() if word != "{}"]
    assert [word for word in made.words if word in constant] == constant


@pytest.mark.parametrize("cut", ["…", "...", " [...]"])
def test_members_that_break_off_do_not_hide_it(cut):
    draw = random.Random(8)
    texts = [FORM.format(*pair) for pair in filled(draw, 20)]
    texts = [text[: 45 + n] + cut if n % 3 == 0 else text for n, text in enumerate(texts)]
    made = template_slots(texts)
    assert made is not None
    assert [slot.at for slot in made.slots] == [3, 14]
    assert {value for value, _ in made.slots[1].values} <= set(TOWNS)


def test_misspellings_and_additions_are_no_slots():
    text = FORM.format("Ana Reed", "Brest")
    texts = [text, text.replace("harbour", "harbuor"), text.replace("against", "agianst"), "Read this: " + text, text]
    assert template_slots(texts) is None


def test_a_word_misspelt_in_several_texts_is_no_slot():
    words = ["harbour", "harbour", "harbuor", "harbouur", "harbour"]
    assert template_slots([f"they hid the report on the {word} from all of us" for word in words]) is None


def test_whole_sentences_fill_no_slot():
    ends = [" ".join(f"{letter}{n}" * 2 for n in range(9)) for letter in "abcdef"]
    assert template_slots([f"they hid the report on the harbour from all of us because {end}" for end in ends]) is None


def test_hashtags_behind_a_break_are_no_value():
    texts = ["they hid the report on the harbour"] * 4 + [
        "they hid the report… #Brest",
        "they hid the report… #news",
    ] * 2
    assert template_slots(texts) is None


def test_what_one_text_has_otherwise_is_no_slot():
    assert template_slots([FORM.format("Ana Reed", "Brest")] * 2 + [FORM.format("Bo Lind", "Brest")]) is None


def test_what_some_put_before_a_text_is_no_slot():
    assert (
        template_slots([front + "they hid the report on the harbour" for front in ("", "", "Look: ", "Shame! ")])
        is None
    )


def test_figures_fill_a_slot():
    made = template_slots([f"Turnout at noon in all of the country is {n} percent" for n in (26, 27, 27, 28)])
    assert made is not None
    assert made.slots == (TemplateSlot(9, (("27", 2), ("26", 1), ("28", 1))),)


def test_rewordings_are_no_template():
    draw = random.Random(9)
    words = FORM.format("Ana Reed", "Brest").split()
    texts = [" ".join(draw.choice("abcdefghij") * 5 if draw.random() < 0.4 else w for w in words) for _ in range(20)]
    assert template_slots(texts) is None


@pytest.mark.parametrize("texts", [[], [""], ["", "🔥"], ["they knew"], ["they knew", "they knew"]])
def test_there_is_none_where_nothing_varies(texts):
    assert template_slots(texts) is None


@given(st.lists(TEXTS, max_size=6))
def test_any_texts(texts):
    made = template_slots(texts)
    if made is not None:
        assert made.slots
        for slot in made.slots:
            counts = [n for _, n in slot.values]
            assert len(counts) > 1
            assert counts == sorted(counts, reverse=True)
            assert sum(counts) <= len(texts)
            assert 0 <= slot.at <= len(made.words)


def test_many_values_are_quick():
    began = time.process_time()
    made = template_slots([FORM.format(f"Name{n:x}", TOWNS[n % 4]) for n in range(3_000)])
    assert time.process_time() - began < 6
    assert made is not None
    assert len(made.slots) == 2

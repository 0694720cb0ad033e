from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.copies_kinds import FILES, RIGHT, pairs
from tests import shared_data
from tests.text.test_differences import TEXTS
from vigie.rules.changes import Change, Slot, filling_of, kind_of_change, said_tokens
from vigie.text.normalise import normalise

POST = "The ministry hid its report on the harbour of Brest from all of the fishermen until the vote was over"
RUSSIAN = "Министерство скрыло от рыбаков доклад про этот порт до самого конца голосования в городе"
ARABIC = "أخفت الوزارة تقريرها عن الميناء عن جميع الصيادين حتى انتهى التصويت في المدينة"
ARTICLE = " ".join(f"Sentence {n} of the paper says that something else took place on the coast." for n in range(30))

EXAMPLES = {
    "exact": [
        (POST, POST),
        (POST, POST.upper() + "!!! 🔥 https://a.example/1"),
        (POST, "RT @ana: " + POST),
        (POST, POST.replace("o", "\u043e")),
        (POST, POST.replace("h", "h\u200b")),
    ],
    "surface": [
        (POST, POST.replace("ministry", "minsitry").replace("harbour", "harbor")),
        (POST, POST + " #Brest2024 #harbour"),
        (POST, POST.replace("was over", "over was")),
        (POST, POST.replace(" of the fishermen", "") + " of the fishermen"),
        (POST, POST.removeprefix("The ministry ")),
        (POST, "🔥 @bob RT @ana: " + POST.replace("all of the", "all the") + " https//a…b/c"),
        (RUSSIAN + " " + RUSSIAN, (RUSSIAN + " " + RUSSIAN).replace("рыбаков", "всех", 1)),
    ],
    "template": [
        (POST, POST.replace("Brest", "Port Said")),
        (POST, POST.replace("Brest", "Genoa").replace("the vote", "Sunday 12")),
        ("Turnout at noon is 26 percent in Paris", "Turnout at noon is 31 percent in Lyon"),
        (RUSSIAN, RUSSIAN.replace("рыбаков", "Анны Петровой")),
        (ARABIC, ARABIC.replace("تقريرها", "1931")),
    ],
    "truncated": [
        (POST, POST[:60] + "…"),
        (POST, POST[:40] + " [...]"),
        (POST, POST[:61] + "... https://a.example/1 #news"),
        (POST, "RT @ana: " + POST[:72] + "…"),
        (POST, POST.removesuffix(" was over")),
        (POST, POST.partition(" from ")[0].replace("Brest", "Bresst")),
        (POST, "…" + POST.partition(" on ")[2]),
        (POST, POST.partition("hid ")[2].partition(" until ")[0]),
        (POST, POST[:-1] + "…"),
        (POST + " https://news.example/harbour #Brest", POST + " https://news.exa…"),
        (RUSSIAN, RUSSIAN[:50] + "…"),
        (ARABIC, ARABIC[:40] + " [...]"),
    ],
    "extended": [
        (POST, "Must read: " + POST),
        (POST, POST + " Share before they delete it"),
        (POST, "So: " + POST.replace("ministry", "minsitry") + " Wake up people"),
        (POST, "Shame! " + POST.replace("The ministry", "Teh ministry")),
        (POST, POST.removesuffix("over") + "ovver Wake up people"),
        (POST, POST.removesuffix("over") + "ovver Shame again"),
        (RUSSIAN, "Срочно! " + RUSSIAN),
    ],
    "quoted": [
        (POST, ARTICLE[:800] + " " + POST + " " + ARTICLE[800:]),
        (POST, ARTICLE + " “" + POST[:70] + "”"),
        (POST, POST.replace(" of ", " sea ") + " " + ARTICLE + " of Brest over all of the vote was"),
        (RUSSIAN, ARTICLE + " " + RUSSIAN),
    ],
    "reworded": [
        (POST, "Until everyone had voted, the ministry kept from fishermen what its report on the harbour said"),
        (POST, "until the vote was over the fishermen the ministry hid its report on the harbour of Brest from"),
        (POST, ARTICLE[:100]),
        (POST, ""),
        ("🔥", "https://a.example/1"),
    ],
}


@pytest.mark.parametrize(("kind", "first", "other"), [(k, *texts) for k, both in EXAMPLES.items() for texts in both])
def test_kinds(kind, first, other):
    assert kind_of_change(first, other).kind == kind


@pytest.mark.parametrize("written", ["f-i-s-h-e-r-m-e-n", "f i s h e r m e n", "f1shermen", "fishrmen", "FISHER-men"])
def test_a_word_written_otherwise_is_no_rewording(written):
    assert kind_of_change(POST, POST.replace("fishermen", written)).kind in {"exact", "surface"}


@given(TEXTS, TEXTS)
def test_laws(first, other):
    change = kind_of_change(first, other)
    assert 0 <= change.similarity <= 1
    assert bool(change.slots) == (change.kind == "template")
    if normalise(first):
        assert (change.kind == "exact") == (normalise(first) == normalise(other))
    assert kind_of_change(first, first) == Change("exact", 1.0)


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_has_a_kind(first, other):
    assert kind_of_change(POST + first, other + POST).kind


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_repost_changes_nothing(kind):
    for first, other in EXAMPLES[kind]:
        assert kind_of_change("RT @ana: " + first, other).kind == kind


def test_the_slots_of_a_template_are_told():
    change = kind_of_change(POST, POST.replace("Brest", "Port Said").replace("the vote", "Sunday 12"))
    assert change.slots == (Slot("Brest", "Port Said"), Slot("the vote", "Sunday 12"))
    assert 0.8 < change.similarity < 1


def test_words_that_change_places_fill_no_slots():
    assert kind_of_change("Reed sold the harbour to Lind", "Lind sold the harbour to Reed").kind == "reworded"


def test_another_figure_is_no_misspelling():
    assert kind_of_change("The poll gives him 2,019 votes", "The poll gives him 2,018 votes").kind == "template"


def test_capitals_everywhere_name_nobody():
    changed = POST.replace("harbour", "station").replace("fishermen", "voters").replace("report", "plan").upper()
    assert kind_of_change(POST, changed).kind == "reworded"


@pytest.mark.parametrize("seed", range(10))
def test_a_quote_is_found_among_its_own_words(seed):
    draw = random.Random(seed)
    words = (POST + " and so it is that they would not have been there with us").split()
    article = [draw.choice(words) for _ in range(150)]
    quote = POST.split()
    for at in draw.sample(range(len(quote)), 2):
        quote[at] = "sea"
    assert kind_of_change(POST, " ".join(article[:75] + quote + article[75:])).kind == "quoted"


def test_what_a_text_says_is_without_the_marks_of_reposts():
    assert [t.text for t in said_tokens('RT @a: "@b: hm RT @c they knew')] == ["hm", "@c", "they", "knew"]


def test_long_texts_end():
    draw = random.Random(2)
    long = " ".join(f"w{int(draw.paretovariate(0.8))}" for _ in range(60_000))
    began = time.process_time()
    assert kind_of_change(POST, long + POST + long).kind == "quoted"
    assert kind_of_change(long, long[: len(long) // 2] + "…").kind == "truncated"
    assert kind_of_change("a" * 400_000, "b" * 400_000).kind == "reworded"
    assert time.process_time() - began < 6


@pytest.mark.shared
def test_edits_of_real_sentences_are_told():
    data = shared_data()
    if data is None:
        pytest.skip("no evaluation data beside the checkout")
    made = pairs(data / "near-duplicates" / FILES[0], "open")
    right = [kind_of_change(pair.first, pair.other).kind in RIGHT[pair.edit] for pair in made]
    assert len(made) > 900
    assert sum(right) / len(right) > 0.95


def test_fillings_are_equal_where_what_fills_the_slots_is():
    first = "I am Ana of Brest and shall not vote while the harbour is closed"
    others = [first.replace("Ana", "Eve"), first.replace("Ana", "Bob"), first.replace("Brest", "Lyon")]
    others += [others[0].replace("Eve", "ÉVE!").replace("harbour", "habrour")]
    made = [filling_of(kind_of_change(first, other).slots) for other in others]
    assert {sort for sort, _ in made} == {"words"}
    assert made[0] == made[3]
    assert len({filling for _, filling in made}) == 3

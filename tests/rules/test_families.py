"""What is put into one family and what is not, over texts written for it, and laws over dense ones."""

# ruff: noqa: RUF001 - texts of several languages

from __future__ import annotations

import tomllib
from importlib import resources
from itertools import pairwise
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bench.copies_fit import SIGNS
from tests.kernels.test_near_pairs import PHRASES, logs
from tests.text.test_normalise import HOSTILE
from vigie.kernels.near_compare import FIGURES, compare
from vigie.rules import families as rules
from vigie.rules.families import WORDS_MIN, families
from vigie.rules.text_card import parts_of_texts, scorecard
from vigie.text.normalise import fingerprint, normalise, word_count

SAID = (
    "The minister of ports has decided that no vessel may leave the northern harbour before all the votes are counted,"
    " and nobody asked the fishermen"
)
OTHER = "Two bakers of the old town quarrelled for an hour over who had first put caraway seeds into the dough"


@st.composite
def posted(draw):
    """Draw posts of texts that share passages; some are posted several times, in capitals or with a link."""
    log = draw(logs())[:30]
    random = Random(draw(st.integers(0, 1 << 30)))
    again = random.choices(log, k=random.randint(0, len(log))) if log else []
    changes = (str, str.upper, "{} https://t.co/x".format, "RT @ana: {}".format)
    posts = [*log, *(random.choice(changes)(text) for text in again)]
    random.shuffle(posts)
    return posts


def labels(*texts):
    return families(texts).labels.tolist()


def same(one, other):
    return all(a.dtype == b.dtype and a.tolist() == b.tolist() for a, b in zip(one, other, strict=True))


def likeness(one, other):
    """Return the Jaccard likeness of the shingles of two texts."""
    parts = parts_of_texts([normalise(one), normalise(other)], [one, other])
    return float(compare(parts, np.array([0], np.int32), np.array([1], np.int32))[0, 0])


def check(texts, words_min):
    """Check all that is promised of every log; return the families."""
    found = families(texts, words_min=words_min)
    keys = [normalise(text) for text in texts]
    counts = [word_count(key) for key in keys]
    kept = list(dict.fromkeys(key for key, count in zip(keys, counts, strict=True) if count >= 3))
    assert found.keys.tobytes().hex() == "".join(fingerprint(key) for key in kept)
    assert found.words.tolist() == [word_count(key) for key in kept]
    assert found.own.tolist() == [kept.index(key) if key in kept else -1 for key in keys]
    assert [column.dtype for column in (found.labels, found.similarity)] == [np.int64, np.float32]
    label_of = dict(zip(keys, found.labels.tolist(), strict=True))
    sizes = np.bincount(found.labels[found.labels >= 0], minlength=len(texts))
    for n, (key, label) in enumerate(zip(keys, found.labels.tolist(), strict=True)):
        assert label_of[key] == label
        if label < 0:
            assert found.similarity[n] == 0
            assert keys.count(key) == 1 or counts[n] < words_min or min(counts) < words_min
            continue
        assert found.labels[label] == label == keys.index(keys[label])
        assert counts[label] >= words_min
        assert sizes[label] > 1
        assert found.similarity[n] == np.float32(likeness(texts[label], texts[n]))
    return found


@given(posted(), st.integers(3, 20))
def test_what_holds_of_every_log(posts, words_min):
    found = check(posts, words_min)
    event(f"families: {min(3, len(set(found.labels.tolist()) - {-1}))}")


@given(
    st.lists(HOSTILE, max_size=6).flatmap(lambda some: st.lists(st.sampled_from([*some, "a b c d e f"]), max_size=9))
)
def test_what_holds_of_any_texts(texts):
    check(texts, WORDS_MIN)


@settings(max_examples=30)
@given(posted(), st.integers(1, 9))
def test_where_the_texts_are_cut_into_batches_makes_no_difference(posts, size):
    whole = families(posts)
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "_BATCH", size)
        assert same(families(posts, progress=told.append), whole)
    assert told == [min(end + size, len(posts)) for end in range(0, len(posts), size)]


@settings(max_examples=30)
@given(posted(), st.integers(0, 9))
def test_a_column_of_texts_is_a_list_of_them(posts, cut):
    column = pa.chunked_array([posts[:cut], posts[cut:]], pa.string())
    assert same(families(column), families(posts))


# Georgian letters: no key has any of them and Latin ones.
ELSEWHERE = str.maketrans({chr(97 + n): chr(0x10D0 + n) for n in range(26)})


@settings(max_examples=40)
@given(logs(), logs())
def test_logs_that_have_nothing_in_common_know_nothing_of_each_other(one, other):
    other = [text.translate(ELSEWHERE) for text in other[:30]]
    one = one[:30]
    found = families([*one, *other])
    first, second = families(one), families(other)
    moved = np.where(second.labels >= 0, second.labels + len(one), -1)
    assert found.labels.tolist() == [*first.labels.tolist(), *moved.tolist()]
    assert found.similarity.tolist() == [*first.similarity.tolist(), *second.similarity.tolist()]


@settings(max_examples=40)
@given(posted(), st.randoms(use_true_random=False))
def test_the_order_of_posts_with_one_key_makes_no_difference_to_who_is_with_whom(posts, random):
    """Firsts stay in their order; what repeats them may stand anywhere after."""
    firsts, repeats, seen = [], [], set()
    for text in posts:
        key = normalise(text)
        (repeats if key in seen else firsts).append(text)
        seen.add(key)
    found = families([*firsts, *repeats]).labels.tolist()
    random.shuffle(repeats)
    turned = families([*firsts, *repeats]).labels.tolist()
    assert turned[: len(firsts)] == found[: len(firsts)]


NONE_TOGETHER = {
    "weather": (
        "Weather in Leeds on Monday: wind from the west at 14 km/h, 17 degrees at noon, 9 at night, rain from 18:00",
        "Weather in Leeds on Tuesday: wind from the north at 32 km/h, 21 degrees at noon, 12 at night, rain from 06:00",
        "Weather in York on Friday: wind from the east at 7 km/h, 25 degrees at noon, 15 at night, rain from 21:00",
    ),
    "polls": (
        "Sondage du 3 avril : Durand 24,5 %, Lefort 23 %, Martin 19,5 %, Petit 12 %, abstention 31 %",
        "Sondage du 9 avril : Durand 22 %, Lefort 25,5 %, Martin 18 %, Petit 14 %, abstention 28 %",
        "Sondage du 14 avril : Durand 26 %, Lefort 21 %, Martin 20,5 %, Petit 11 %, abstention 33 %",
    ),
    "sport": (
        "Ergebnis vom Samstag: Bremen gegen Mainz 3:1, 21450 Zuschauer, Tore in der 12., 35., 61. und 80. Minute",
        "Ergebnis vom Samstag: Köln gegen Augsburg 0:2, 48700 Zuschauer, Tore in der 44. und 71. Minute",
        "Ergebnis vom Sonntag: Berlin gegen Freiburg 2:2, 36120 Zuschauer, Tore in der 5., 29., 55. und 88. Minute",
    ),
    "rates": (
        "Курс валют на 12 марта: доллар 59,22 рубля, евро 62,85 рубля, нефть 51,4 доллара за баррель",
        "Курс валют на 17 марта: доллар 57,94 рубля, евро 61,30 рубля, нефть 53,7 доллара за баррель",
        "Курс валют на 25 апреля: доллар 56,08 рубля, евро 60,91 рубля, нефть 49,9 доллара за баррель",
    ),
    "temperatures": (
        "درجات الحرارة في تونس يوم 12 مارس: العظمى 24 والصغرى 13 وسرعة الرياح 30",
        "درجات الحرارة في تونس يوم 19 مارس: العظمى 21 والصغرى 11 وسرعة الرياح 45",
        "درجات الحرارة في تونس يوم 27 مارس: العظمى 27 والصغرى 15 وسرعة الرياح 20",
    ),
    "appointments": (
        "Ines Kowalska is appointed ambassador to Portugal, succeeding Martin Lindqvist",
        "Tomas Hrubec is appointed ambassador to Denmark, succeeding Petra Vandenberg",
        "Olga Marchetti is appointed ambassador to Uruguay, succeeding Nils Abrahamsen",
        "Yusuf Demirel is appointed ambassador to Mongolia, succeeding Clara Fontaine",
    ),
    "nominations": (
        "Par décret, Mme Hélène Carpentier est nommée préfète de la Sarthe, en remplacement de M. Gilles Rousselot",
        "Par décret, M. Olivier Bastide est nommé préfet de la Lozère, en remplacement de M. Yann Kerguelen",
        "Par décret, Mme Sabine Thévenot est nommée préfète du Cantal, en remplacement de Mme Luce Ormancey",
    ),
    "wishes": (
        "Happy birthday Ines Kowalska! Best wishes from all of us at the office",
        "Happy birthday Tomas Hrubec! Best wishes from all of us at the office",
    ),
    "footers": (
        f"{SAID}. Follow us here and on our channel for more",
        f"{OTHER}. Follow us here and on our channel for more",
    ),
    "statements": (SAID, OTHER),
}


@pytest.mark.parametrize("name", NONE_TOGETHER)
def test_texts_that_say_different_things_are_apart(name):
    texts = NONE_TOGETHER[name]
    assert labels(*texts) == [-1] * len(texts)
    assert labels(*texts, *texts) == [*range(len(texts)), *range(len(texts))]


def test_ten_bulletins_in_each_language_are_apart():
    random = Random(7)

    def figures(frame):
        return frame.format(*(random.randint(2, 99) for _ in range(frame.count("{}"))))

    frames = (
        "Bulletin of day {}: {} patients in hospital, {} in intensive care, {} new cases, {} deaths, {} vaccinated",
        "Bulletin du jour {} : {} patients hospitalisés, {} en réanimation, {} nouveaux cas, {} décès, {} vaccinés",
        "Boletín del día {}: {} pacientes ingresados, {} en cuidados intensivos, {} casos nuevos, {} muertes",
        "Сводка за день {}: {} пациентов в больницах, {} в реанимации, {} новых случаев, {} смертей, {} привитых",
    )
    texts = [figures(frame) for frame in frames for _ in range(10)]
    assert labels(*texts) == [-1] * len(texts)


COPIES = {
    "typing errors": "The minster of ports has decided that no vesel may leave the northern harbour before all teh"
    " votes are counted, and nobody askd the fishermen",
    "capitals": SAID.upper(),
    "link and hashtags": f"{SAID} https://t.co/abc #harbour #votes #fish",
    "emoji": f"\U0001f525\U0001f525 {SAID.replace('votes', 'votes 🗳️')} ‼️",
    "look-alikes": SAID.replace("o", "\u043e").replace("e", "\u0435"),
    "look-alikes of some words": SAID.replace("votes", "v\u043et\u0435s"),
    "invisible characters": SAID.replace("o", "o\u200b"),
    "letters apart": SAID.replace("votes", "v o t e s"),
    "cut": f"{SAID[:95]}…",
    "comment before": f"This is how they treat us, read it: {SAID}",
    "comment after": f"{SAID}. Share before they delete this, people have to know",
    "slots": SAID.replace("northern", "southern").replace("fishermen", "sailors"),
    "slot with a name": SAID.replace("northern harbour", "harbour of Odense"),
    "reworded": "The minister of ports decided that no ship can leave the northern harbour until all votes have been"
    " counted, and no one asked the fishermen",
    "parts in another order": "Before all the votes are counted no vessel may leave the northern harbour, the minister"
    " of ports has decided, and nobody asked the fishermen",
    "marked repost": f"RT @harbour_news: {SAID}",
    "HTML": f"<p>{SAID.replace('votes', '<b>votes</b>')}</p>",
}


@pytest.mark.parametrize("change", COPIES)
def test_copies_are_together_whichever_came_first(change):
    copy = COPIES[change]
    assert labels(SAID, copy) == [0, 0]
    assert labels(copy, SAID) == [0, 0]
    assert labels(OTHER, SAID, "rain", copy) == [-1, 1, -1, 1]


def test_a_copy_cut_by_half_is_with_the_whole_text_that_came_first():
    assert labels(SAID, f"{SAID[:75]} [...]", OTHER) == [0, 0, -1]
    assert labels(f"{SAID[:75]} [...]", SAID, OTHER) == [0, 0, -1]


def test_a_text_that_quotes_a_whole_one_in_as_much_of_its_own_is_not_a_copy_of_it():
    quoted = f"{OTHER}, while in the capital an official paper was read out: {SAID}"
    assert labels(SAID, quoted, SAID) == [0, -1, 0]
    assert labels(SAID, OTHER, quoted) == [-1, -1, -1]


def test_all_copies_together_are_one_family():
    found = labels(OTHER, SAID, *COPIES.values())
    assert found == [-1, *[found[1]] * (len(COPIES) + 1)]


@pytest.mark.parametrize(
    "text",
    [
        "Le ministre des ports a décidé qu'aucun navire ne quittera le port du nord avant que les votes soient comptés",
        "Der Minister entschied, dass kein Schiff den Hafen verlassen darf, bevor nicht alle Stimmen ausgezählt sind",
        "Министр портов решил, что ни одно судно не покинет северную гавань, пока не подсчитаны все голоса",
        "قرر وزير الموانئ ألا تغادر أي سفينة الميناء الشمالي قبل فرز جميع الأصوات ولم يسأل أحد الصيادين",
        "שר הנמלים החליט שאף ספינה לא תעזוב את הנמל הצפוני לפני שייספרו כל הקולות ואיש לא שאל את הדייגים",
        "港湾大臣は、すべての票が数えられるまで、いかなる船も北の港を出てはならないと決定し、漁師には誰も尋ねなかった",
    ],
)
def test_copies_with_another_word_and_a_comment_in_other_languages(text):
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    assert (
        labels(text, f"{head}x{tail}", f"🔥 {text} https://t.co/x", f"{text} ok ok", text[: -len(text) // 6]) == [0] * 5
    )


def test_a_long_copy_with_another_figure_is_a_copy():
    long = " ".join((SAID, OTHER, *PHRASES))
    assert labels(f"{long} for 12 days", f"{long} for 14 days") == [0, 0]


def test_equal_texts_are_a_family_whatever_short_texts_stand_beside_them():
    short = "The polls close at eight"
    assert labels(*[short] * 5, *[f"{short} in Lyon"] * 3)[5:] == [5, 5, 5]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), []),
        (("",), [-1]),
        (("a",), [-1]),
        (("a", "a"), [-1, -1]),
        (("\ud800", "\udfff \ud800 \ud801"), [-1, -1]),
        (("one two three four five",) * 2, [-1, -1]),
        (("one two three four five six",) * 2, [0, 0]),
        (("", "one two three four five six") * 2, [-1, 1, -1, 1]),
        (("🔥 🔥 🔥 🔥 🔥 🔥 🔥",) * 2, [-1, -1]),
    ],
)
def test_short_and_empty_texts(texts, expected):
    assert labels(*texts) == expected


def test_lone_surrogates_are_no_obstacle():
    text = f"{SAID} \ud83d and \udfff on"
    assert labels(text, text, f"x{text}") == [0, 0, 0]


def test_a_core_of_few_words_makes_no_family_but_a_member_may_be_short():
    words = "the harbour is closed until all votes are counted"
    texts = (words, words, words[:31])
    assert word_count(normalise(texts[2])) == 6
    for words_min, expected in ((7, [0, 0, 0]), (9, [0, 0, 0]), (10, [-1, -1, -1])):
        assert families(texts, words_min=words_min).labels.tolist() == expected


def test_ten_thousand_equal_texts():
    found = families([SAID, OTHER] * 10_000)
    assert found.labels.tolist() == [0, 1] * 10_000
    assert set(found.similarity.tolist()) == {1.0}
    assert found.keys.shape == (2, 2)


@pytest.mark.parametrize("unit", ["x", "x ", "vote now ", "\u0627", "漢", "Ann "])
def test_a_text_of_a_million_characters(unit):
    long = (unit * 1_000_000)[:1_000_000]
    found = labels(SAID, long, long, f"{SAID}!")
    assert (found[0], found[3]) == (0, 0)
    assert found[1] == found[2] != 0


def test_thousands_of_variants_of_one_text_are_one_family():
    random = Random(1)
    words = " ".join(PHRASES).split()
    texts = []
    for n in range(3_000):
        text = list(words)
        text[random.randrange(len(text))] = f"x{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}"
        texts.append(" ".join(text))
    assert len(set(labels(*texts))) == 1


def test_texts_that_drift_are_not_one_family():
    random = Random(5)
    words = ["".join(random.choices("bcdfgklmnprst", k=5)) for _ in range(200)]
    texts = [" ".join(words[2 * n : 2 * n + 24]) for n in range(80)]
    found = labels(*texts)
    assert found[0] == found[1] >= 0
    assert len(set(found)) > 5
    assert all(abs(n - label) < 12 for n, label in enumerate(found) if label >= 0)


def test_the_card_has_the_figures_and_pushes_one_way():
    """A pair that keeps more never has fewer points for it."""
    read = tomllib.loads((resources.files("vigie.rules") / "families.toml").read_text(encoding="utf-8"))
    assert tuple(read["figures"]) == FIGURES == tuple(SIGNS)
    assert set(read) == {"begin", "pair_min", "member_min", "figures"}
    assert read["member_min"] < read["pair_min"]
    for name, row in read["figures"].items():
        assert set(row) == {"edges", "points"}
        assert len(row["points"]) == len(row["edges"]) + 1
        assert all(low < high for low, high in pairwise(row["edges"]))
        assert all(SIGNS[name] * (after - before) > 0 for before, after in pairwise(row["points"]))


def test_the_card_is_read_as_it_is_written():
    read = tomllib.loads((resources.files("vigie.rules") / "families.toml").read_text(encoding="utf-8"))
    card, pair_min, member_min = scorecard()
    assert (pair_min, member_min) == (read["pair_min"], read["member_min"])
    for n, name in enumerate(FIGURES):
        row = read["figures"][name]
        begin = read["begin"] if n == 0 else 0
        for value in (-1, 0, *row["edges"], *(edge + 0.001 for edge in row["edges"]), 1e9):
            place = np.searchsorted(card.edges[n], np.float32(value), side="right")
            due = row["points"][sum(edge <= value for edge in row["edges"])]
            assert card.points[n][place] == pytest.approx(due + begin, abs=1e-5)
        assert card.points[n][-1] == pytest.approx(row["points"][-1] + begin, abs=1e-5)

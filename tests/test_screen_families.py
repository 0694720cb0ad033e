"""What the terminal shows of families."""

import re
from dataclasses import replace

import pytest

from tests._pages import flat, harmless, printed
from tests.run.network_tables import HOSTILE, at
from vigie import screen_families
from vigie.rules.templates import Pattern, Slot
from vigie.run.explain import Raw
from vigie.run.explain_family import ExplainedFamily, Member
from vigie.run.families import Family, First, Language, Likeness, Listed
from vigie.run.family_changes import Changes
from vigie.run.translations import Compared, Translation
from vigie.screen import SIMULATED
from vigie.screen_families import explained_family_page, families_page

ID = "fam-0123456789abcdef0123456789abcdef"


@pytest.fixture
def shown(monkeypatch):
    """Return a function that prints a page at a width and gives the text back."""
    return printed(monkeypatch, screen_families)


def family(**changes):
    made = Family(
        id=ID,
        posts=1_200,
        reposts=34,
        channels=900,
        texts=12,
        written=300,
        platforms={"x": 1_000, "telegram": 199, HOSTILE: 1},
        tiers={"": 880, "state-controlled": 19, "none": 1},
        first_seen=at(0),
        last_seen=at(3 * 24 * 60),
        whole_days=0,
        first=First(
            row_id="abc:1",
            time=at(0),
            channel="x:ann",
            name=HOSTILE,
            outlet="RT",
            tier="state-controlled",
            same_second=1,
            whole_day=False,
            text=f"They sold the harbour {HOSTILE} of Brest",
        ),
        likeness=Likeness(0.92, 0.41, 30),
        changes=Changes(kinds={"exact": 700, "template": 300}, posts=1_000, texts=200, left_out=199),
        template=Pattern(words=("They", "[sold]", "⟦1⟧"), slots=(Slot(at=2, values={HOSTILE: 7, "": 2}),)),
        agencies={"AFP": 3},
        candidates=("Ana Reed",),
        findings=("copied_text-1f3a",),
        row_ids=("abc:1",),
        rows=1_234,
    )
    return replace(made, **changes)


def listed(*families, **changes):
    made = Listed(
        simulated=False,
        time_zone="Europe/Paris",
        lacking=(),
        words_min=6,
        channels_min=2,
        about=(),
        posts=50_000,
        families=70,
        family_posts=4_000,
        family_reposts=500,
        matching=len(families),
        shown=families,
    )
    return replace(made, **changes)


def member(**changes):
    made = Member(
        time=at(0),
        whole_day=False,
        channel="x:ann",
        name=None,
        outlet=None,
        tier=None,
        is_repost=False,
        agency=None,
        kind="exact",
        similarity=1.0,
        text=f"They sold the harbour {HOSTILE} of Brest",
        raw=Raw("abc:1", "posts.csv", 7, "raw"),
    )
    return replace(made, **changes)


def explained(*others, **changes):
    made = ExplainedFamily(
        id=ID,
        simulated=False,
        time_zone="Europe/Paris",
        posts=3,
        reposts=1,
        channels=3,
        first=member(),
        others=others,
        total=len(others),
    )
    return replace(made, **changes)


@pytest.mark.parametrize("width", [80, 140, 200])
def test_every_figure_is_there_and_nothing_is_wider_than_the_terminal(shown, width):
    text = shown(families_page, listed(family()), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert harmless(text)
    for said in (
        "70 families of near-identical texts; 4,000 posts of 50,000 are in them",
        "500 marked reposts of these texts counted apart",
        "families whose core has fewer than 6 words (words_min)",
        "on 2 channels or more (--channels): 1",
        "fam-0123456789 1,200 posts on 900 channels, 12 different texts",
        "finding copied_text-1f3a",
        "2017-04-10 20:00:00 x:ann",
        "RT, state-controlled",
        "2017-04-10 20:00 to 2017-04-13 20:00 (Europe/Paris): 3 days",
        "x 1,000, telegram 199, x:",
        "state-controlled 19, none 1, not declared 880",
        "exact 700, template 300 (posts, against the first); written in 300 ways",
        "sampled: 1,000 posts with 200 of these ways, 199 not compared",
        "They [sold] ⟦1⟧ ⟦U+27E6⟧1⟧",
        "7, nothing 2",
        "AFP 3 (posts that credit an agency)",
        "Ana Reed (named in the first text)",
        "34 marked reposts, not counted above",
        "one text in many places is not proof of one author",
        "vigie explain CASE fam-0123456789",
    ):
        if width > 80 or len(said) < 40:
            assert said in flat(text), said


def test_no_text_can_pass_for_a_line_of_ours(shown):
    lines = shown(explained_family_page, explained(first=member(text="a b\nthe others\n  2017-04-10  x:bob"))).split(
        "\n"
    )
    assert next(line for line in lines if "x:bob" in line or "the others" in line) == "      the others".ljust(80)
    assert not [line for line in lines if line.startswith("  2017") and "x:bob" in line]


def test_an_exercise_says_so_and_a_case_without_posts_what_it_lacks(shown):
    assert shown(families_page, listed(simulated=True)).startswith(SIMULATED[:60])
    assert shown(explained_family_page, explained(simulated=True)).startswith(SIMULATED[:60])
    assert shown(families_page, listed(lacking=("posts",))).startswith("no posts in this case")


def test_no_family_is_said(shown):
    text = flat(shown(families_page, listed(families=0, family_posts=0, family_reposts=0)))
    assert text.startswith("no families: no two texts are near-identical")
    assert "fewer than 6 words" in text
    assert "explain" not in text


def test_what_the_list_was_narrowed_to_is_said(shown):
    text = flat(shown(families_page, listed(about=("Ana Reed",), channels_min=5), width=140))
    assert "whose first text names Ana Reed, on 5 channels or more (--channels): 0" in text


def test_a_tie_and_a_whole_day_are_said(shown):
    tied = family(first=replace(family().first, same_second=3))
    assert "same second: 3 channels, so who was first is not told" in flat(shown(families_page, listed(tied)))
    for hours in (4, 6):  # midnight in Paris, and in UTC
        first = replace(family().first, same_second=3, whole_day=True, time=at(60 * hours))
        text = flat(shown(families_page, listed(family(whole_days=5, first=first))))
        assert "first 2017-04-11 x:ann" in text
        assert "nothing says who was first" in text
        assert "same second" not in text
        assert "5 posts of a file that gives whole days" in text
    days = family(whole_days=1_200, first_seen=at(240), last_seen=at(240 + 1_440), first=first)
    assert "span 2017-04-11 to 2017-04-12; its files give whole days" in flat(shown(families_page, listed(days)))
    day = family(whole_days=1_200, first_seen=at(240), last_seen=at(240), first=first)
    assert "span 2017-04-11; its files" in flat(shown(families_page, listed(day)))


def test_what_is_not_there_has_no_line(shown):
    bare = family(tiers={"": 900}, template=None, agencies={}, candidates=(), findings=(), reposts=0)
    text = shown(families_page, listed(bare))
    for label in ("tiers", "template", "credits", "candidates", "finding", "reposts "):
        assert not re.search(rf"^{label}", text, re.MULTILINE), label


def test_what_is_cut_is_counted_and_all_of_it_can_be_shown(shown):
    values = {f"value {n:02}": 1 for n in range(30)}
    words = tuple(f"w{n}" for n in range(90))
    template = Pattern(words=words, slots=tuple(Slot(at=n, values=values) for n in range(0, 12, 2)))
    many = family(template=template, platforms={f"p{n}": 1 for n in range(9)})
    text = flat(shown(families_page, listed(many, matching=40), width=200))
    for said in ("and 26 more", "and 2 more slots: --all", "and 3 more", "1 of 40 families are shown", "…"):
        assert said in text
    assert "value 20" not in text
    whole = flat(shown(families_page, listed(many), whole=True, width=200))
    for said in ("value 29", "⟦6⟧", "w89", "p8 1"):
        assert said in whole
    assert "more" not in whole.replace("2 channels or more", "")


@pytest.mark.parametrize("width", [80, 140])
def test_each_member_shows_what_it_changed_reposts_last(shown, width):
    others = (
        member(channel="x:bob", time=at(1), text=f"They sold the harbour {HOSTILE} of Port Said", kind="template"),
        member(channel="x:cem", time=at(2), text=f"They sold the harbour {HOSTILE} of Port Said", kind="template"),
        member(channel=HOSTILE, time=at(3), agency="AFP", outlet="RT", tier="official", similarity=0.126),
        member(channel="x:dan", is_repost=True, raw=Raw("abc:9", "posts.csv", None, "", "the file is gone")),
    )
    text = shown(explained_family_page, explained(*others), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert harmless(text)
    said = flat(text)
    for part in (
        f"{ID} 3 posts on 3 channels, and 1 marked repost",
        "2017-04-10 20:01:00 x:bob posts.csv:7 template, 100 %: 1 word removed, 2 added",
        "[-Brest-]{+Port Said+}",
        "letter for letter the text of x:bob, above",
        "credits AFP",
        "exact, 13 %: letter for letter the text of the first, above",
        "marked reposts 2017-04-10 20:00:00 x:dan posts.csv (abc:9) [the file is gone]",
        "all 4 others are shown",
    ):
        assert part in said, part
    assert "2 of 9 others are shown; all: --limit 0" in flat(
        shown(explained_family_page, explained(*others[:2], total=9))
    )


def translation(**changes):
    made = Translation(
        id="fam-" + "9" * 32,
        language="ru",
        own_language="fr",
        similarity=0.914,
        margin=1.2,
        row_id="abc:3",
        time=at(60),
        whole_day=False,
        after_s=-7200.0,
        channel=HOSTILE,
        name=HOSTILE,
        outlet=HOSTILE,
        tier="state-controlled",
        text=f"{HOSTILE} in another language",
    )
    return replace(made, **changes)


COMPARED = Compared(
    model=f"{HOSTILE}.onnx",
    similarity_min=0.8,
    texts_max=3,
    families=2,
    singles=1_000,
    texts=900,
    languages={"ru": 800, "fr": 100},
    unknown=40,
    left_out=62,
    pairs=7,
)


def test_what_a_model_takes_for_the_same_is_the_models_and_harmless(shown):
    many = tuple(translation(id=f"abc:{n}") for n in range(9))
    made = family(translations=(translation(), *many), language=Language("fr", "identified"))
    text = shown(families_page, listed(made, compared=COMPARED), width=140)
    assert harmless(text)
    for said in (
        "900 texts in 2 languages, of 2 families and 1,000 texts published once",
        "(left out: 62 beyond texts_max, 40 of no known language); 7 pairs at 0.8 or more",
        "fam-9999999999 (ru, 0.91), row abc:0 (ru, 0.91), row abc:1 (ru, 0.91), row abc:2 (ru, 0.91) and 6 more",
        "language fr (identified)",
    ):
        assert said in flat(text), said
    assert "abc:8" in shown(families_page, listed(made), whole=True)
    one = explained(translations=(translation(), translation(after_s=0.0)), compared=COMPARED)
    text = shown(explained_family_page, one, width=140)
    assert harmless(text)
    for said in (
        "that the case names: a model's likeness, not a translator's judgement",
        "translated (fr, ru), 0.91: 2 h before the first above",
        "at the same second as the first above",
    ):
        assert said in flat(text), said
    assert "in other languages: none at 0.8 or more" in flat(shown(explained_family_page, explained(compared=COMPARED)))

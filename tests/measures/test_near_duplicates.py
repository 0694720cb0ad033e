from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING
from unittest.mock import patch

import pyarrow.compute as pc
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import dense_tables, empty_tables, rows_of_case, seeds
from vigie.measures import measured
from vigie.measures.near_duplicates import MEASURE
from vigie.rules.changes import filling_of, kind_of_change
from vigie.tables import split_row_id
from vigie.testing import EPOCH, posts, rows
from vigie.text.normalise import normalise

if TYPE_CHECKING:
    import pyarrow as pa

HOUR_COLUMNS = ("platform", "time", "hour_posts")
TEXT = "the minister hid the report from us"


def run(table: pa.Table, channels: pa.Table | None = None, *, hours: bool = False, **parameters) -> list[dict]:
    given = {"posts": table, "case_channels": channels or empty_tables()["case_channels"]}
    found = measured(MEASURE, given, **parameters).to_pylist()
    return [r for r in found if (r["family_id"] is None) == hours]


def plain(text):
    """The key of a text in plain ASCII, written another way: what is left of lower-case letters and digits."""
    text = re.sub(r"^\s*rt @\w+\s?:?", "", text.lower())
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"https?:\S+|@\w+", " ", text)))


@settings(max_examples=25)
@given(seeds)
def test_families_are_those_of_the_definition(seed):
    table = dense_tables(seed, ("posts",))["posts"]
    # Of the others' texts some are changed: their families are not those of equal keys.
    table = table.filter(pc.match_substring_regex(table["channel_id"], "^(crew|copy|paper|u)[0-9]"))
    families = defaultdict(list)
    for row in table.to_pylist():
        if len(plain(row["text"]).split()) >= 6:
            families[plain(row["text"])].append(row)
    expected = {}
    for family in families.values():
        originals = [r for r in family if not r["text"].lower().startswith("rt @")]
        if len(originals) >= 2:
            first = min(r["time"] for r in originals)
            for r in family:
                repost = r not in originals
                expected[r["row_id"]] = (
                    repost,
                    not repost and r["time"] == first,
                    frozenset(m["row_id"] for m in family),
                )
    found = run(table)
    members = defaultdict(set)
    for r in found:
        members[r["family_id"]].add(r["row_id"])
    event(f"families: {min(len(members), 3)}")
    seen = {r["row_id"]: (r["is_repost"], r["is_first"], frozenset(members[r["family_id"]])) for r in found}
    assert seen == expected


def test_one_row_per_post_of_a_family_in_order_of_time():
    table = posts(
        f"bob 60 {TEXT.upper()}!", f"ana 0 {TEXT}", "cem 5 something else that is long enough too", f"ana 90 {TEXT}"
    )
    found = run(table)
    assert [(r["channel_id"], r["words"], r["is_first"]) for r in found] == [
        ("ana", 7, True),
        ("bob", 7, False),
        ("ana", 7, False),
    ]
    assert len({r["family_id"] for r in found}) == 1


def test_marked_reposts_make_no_family_but_are_counted_in_one():
    own = {"platform": "x", "text": TEXT}
    given = [own | {"channel_id": "ana"}, own | {"channel_id": "bob", "repost_of": "1"}]
    assert run(rows("posts", *given)) == []
    found = run(
        rows("posts", *given, own | {"channel_id": "cem"}, own | {"channel_id": "dan", "text": f"RT @ana: {TEXT}"})
    )
    assert [(r["channel_id"], r["is_repost"]) for r in found] == [
        ("ana", False),
        ("bob", True),
        ("cem", False),
        ("dan", True),
    ]


def test_an_early_repost_is_not_the_first_publisher():
    found = run(posts(f"ana 0 RT @zoe: {TEXT}", f"bob 5 {TEXT}", f"cem 9 {TEXT}"))
    assert [r["is_first"] for r in found] == [False, True, False]


def test_short_texts_are_left_out():
    table = posts("ana 0 bon dimanche à tous", "bob 1 bon dimanche à tous")
    assert run(table) == []
    assert len(run(table, words_min=4)) == 2


def test_a_weather_bot_is_no_family():
    assert (
        run(posts(*(f"bot {3600 * n} Paris at noon: {n} degrees, wind {n + 3} km/h, no rain" for n in range(20)))) == []
    )


def test_an_item_without_text_is_taken_by_its_title():
    given = [{"platform": "web", "channel_id": c, "text": "", "title": TEXT} for c in ("a.example", "b.example")]
    assert len(run(rows("posts", *given))) == 2


@pytest.mark.parametrize(("platform", "tier"), [("x", "official"), ("telegram", "none"), ("web", None)])
def test_the_tier_of_the_platform_comes_before_that_of_any(platform, tier):
    cells = [
        {"channel_id": "rt", "platform": "x", "tier": "official"},
        {"channel_id": "rt", "platform": "telegram", "tier": "none"},
    ]
    given = [{"platform": platform, "channel_id": "rt", "text": TEXT}] * 2
    table = rows("posts", *given)
    assert [r["tier"] for r in run(table, rows_of_case("case_channels", *cells))] == [tier] * 2
    anywhere = rows_of_case("case_channels", *cells, {"channel_id": "rt", "platform": None, "tier": "state-linked"})
    assert {r["tier"] for r in run(table, anywhere)} == {tier or "state-linked"}


def test_a_credit_is_read_from_text_or_title():
    given = [
        {"platform": "web", "channel_id": "a.example", "text": f"(AFP) {TEXT}"},
        {"platform": "web", "channel_id": "b.example", "text": f"AFP: {TEXT}", "title": "Report (Reuters)"},
        {"platform": "web", "channel_id": "c.example", "text": f"AFP {TEXT}"},
    ]
    assert [r["agency"] for r in run(rows("posts", *given))] == ["AFP", "Reuters", None]


@settings(max_examples=25)
@given(seeds)
def test_hours_count_all_posts_that_are_no_reposts(seed):
    table = dense_tables(seed, ("posts",))["posts"]
    expected = Counter(
        (r["platform"], r["time"].replace(minute=0, second=0, microsecond=0))
        for r in table.to_pylist()
        if not r["text"].lower().startswith("rt @")
    )
    found = run(table, hours=True)
    assert {(r["platform"], r["time"]): r["hour_posts"] for r in found} == expected
    assert all(value is None for r in found for name, value in r.items() if name not in HOUR_COLUMNS)


def test_an_hour_counts_short_texts_and_each_platform_apart():
    given = [
        {"platform": "x", "channel_id": "ana", "time": 3599, "text": "short"},
        {"platform": "x", "channel_id": "bob", "time": 0, "text": ""},
        {"platform": "x", "channel_id": "cem", "time": 1, "text": TEXT, "repost_of": "1"},
        {"platform": "x", "channel_id": "dan", "time": 3600, "text": TEXT},
        {"platform": "web", "channel_id": "e.example", "time": 3600, "text": TEXT},
    ]
    found = run(rows("posts", *given), hours=True)
    hours = [(r["platform"], (r["time"] - EPOCH).seconds, r["hour_posts"]) for r in found]
    assert hours == [("x", 0, 2), ("web", 3600, 1), ("x", 3600, 1)]


LETTER = "I am {} of {} and I shall not vote for as long as the harbour is closed to us"


@settings(max_examples=25)
@given(seeds, st.sampled_from([2, 3, 200]))
def test_kinds_are_those_of_the_definition(seed, texts):
    table = dense_tables(seed, ("posts",))["posts"]
    said = dict(zip(table["row_id"].to_pylist(), table["text"].to_pylist(), strict=True))
    with patch("vigie.measures.near_duplicates.TEXTS_COMPARED", texts):
        found = run(table)
    families = defaultdict(list)
    for r in found:
        families[r["family_id"]].append(r)
    kinds = Counter()
    for family in families.values():
        own = [r for r in family if not r["is_repost"]]
        first = min(own, key=lambda r: (r["time"], r["platform"], split_row_id(r["row_id"])))
        drawn = sorted((hashlib.md5(r["row_id"].encode()).hexdigest(), said[r["row_id"]]) for r in own)  # noqa: S324
        different = {}
        for _, text in drawn:
            different.setdefault(normalise(text), text)
        compared = dict(list(different.items())[:texts])
        compared[normalise(said[first["row_id"]])] = said[first["row_id"]]
        for r in family:
            kind = slots = filling = None
            key = normalise(said[r["row_id"]])
            if r in own and len({r["channel_id"] for r in own}) >= 3 and key in compared:
                change = kind_of_change(said[first["row_id"]], compared[key])
                kind = change.kind
                if change.slots:
                    slots, filling = filling_of(change.slots)
            kinds[kind] += 1
            assert (r["kind"], r["slots"], r["filling"]) == (kind, slots, filling)
    event(f"kinds: {sorted(map(str, kinds))}")


def test_all_but_the_first_two_texts_are_compared_within_so_many_characters(monkeypatch):
    lines = [f"c{n} {n} {LETTER.format(name, 'Brest')}" for n, name in enumerate(("Ana", "Bob", "Cem", "Dan", "Eve"))]
    monkeypatch.setattr("vigie.measures.near_duplicates.CHARACTERS_COMPARED", 1)
    kinds = [r["kind"] for r in run(posts(*lines))]
    # The first's own text may be one of the two.
    assert kinds[0] == "exact"
    assert kinds.count(None) in (2, 3)


def test_no_kind_on_two_channels_nor_of_marked_reposts():
    lines = [f"ana 0 {LETTER.format('Ana', 'Brest')}", f"bob 1 {LETTER.format('Bob', 'Lyon')}"]
    assert [r["kind"] for r in run(posts(*lines))] == [None, None]
    reposted = f"cem 2 RT @bob: {LETTER.format('Bob', 'Lyon')}"
    assert [r["kind"] for r in run(posts(*lines, reposted))] == [None, None, None]
    found = run(posts(*lines, reposted, f"dan 3 {LETTER.format('Bob', 'Lyon').upper()}"))
    assert [r["kind"] for r in found] == ["exact", "template", None, "template"]
    assert [r["slots"] for r in found] == [None, "words", None, "words"]
    assert found[1]["filling"] == found[3]["filling"]


def test_figures_and_words_in_slots_are_told_apart():
    report = "the harbour office counts {} boats and {} crates at the quay this morning and opens the gate at noon"
    filled = [report.format(n, 10 * n) for n in (12, 15, 99)]
    found = run(posts(*(f"c{n} {n} {text}" for n, text in enumerate([*filled, report.format("Ana's", 40)]))))
    assert [r["slots"] for r in found] == [None, "figures", "figures", "words"]
    assert len({r["filling"] for r in found}) == 4


@pytest.mark.parametrize(("platform", "outlet"), [("x", "A"), ("telegram", "B"), ("web", None)])
def test_the_outlet_is_found_as_the_tier_is(platform, outlet):
    cells = [
        {"channel_id": "rt", "platform": "x", "outlet": "A", "tier": "official"},
        {"channel_id": "rt", "platform": "telegram", "outlet": "B", "tier": "none"},
    ]
    given = [{"platform": platform, "channel_id": "rt", "text": TEXT}] * 2
    table = rows("posts", *given)
    assert [r["outlet"] for r in run(table, rows_of_case("case_channels", *cells))] == [outlet] * 2
    anywhere = {"channel_id": "rt", "platform": None, "outlet": "C", "tier": "state-linked"}
    assert {r["outlet"] for r in run(table, rows_of_case("case_channels", *cells, anywhere))} == {outlet or "C"}
    unnamed = rows_of_case("case_channels", cells[0] | {"outlet": None}, anywhere)
    assert {r["outlet"] for r in run(table, unnamed)} == {None if platform == "x" else "C"}


@pytest.mark.parametrize(
    ("step_s", "count", "offset_s", "precision_s"),
    [(60, 20, 0, 60), (60, 19, 0, 1), (60, 20, 1, 1), (86_400, 20, 0, 86_400), (86_400, 3, 0, 86_400), (1, 20, 0, 1)],
)
def test_precision_is_that_of_the_file(step_s, count, offset_s, precision_s):
    def of_file(source, step_s, count, offset_s):
        return [
            {"row_id": f"{source}:{n + 1}", "time": step_s * n + offset_s, "platform": "x", "text": TEXT}
            | {"channel_id": f"{source[0]}{n}"}
            for n in range(count)
        ]

    other = of_file("b" * 12, 7, 25, 3)
    found = run(rows("posts", *of_file("a" * 12, step_s, count, offset_s), *other))
    precisions = {r["row_id"][0]: r["precision_s"] for r in found}
    assert precisions == {"a": precision_s, "b": 1}

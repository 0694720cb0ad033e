from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings

from tests.strategies import dense_tables, empty_tables, rows_of_case, seeds
from vigie.measures import measured
from vigie.measures.near_duplicates import MEASURE
from vigie.testing import EPOCH, posts, rows

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

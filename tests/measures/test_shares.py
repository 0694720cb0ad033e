from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.detectors.test_contract import LawfulEngine
from vigie.measures import measured
from vigie.measures.shares import KINDS, MEASURE
from vigie.testing import EPOCH, posts, rows
from vigie.text.fold import fold_id
from vigie.text.hosts import publisher
from vigie.text.normalise import fingerprint, normalise, word_count
from vigie.text.reposts import reposted
from vigie.text.urls import canonical_url

if TYPE_CHECKING:
    import pyarrow as pa

LINKS = [
    "https://a.example/1",
    "http://www.a.example/1?utm_id=2",
    "https://b.example/x",
    "https://bit.ly/1",
    "85d2d122",
    "",
    None,
    " ",
    "https://youtu.be/dQw4w9WgXcQ",
    "https://x.com/ana/status/1",
    "https://\x00a.example/1",
]
TAGS = ["a", "A", "\u00c1", "b", "\U0001f525", "", None, "a b"]
NAMES = ["bob", "@Bob", "", None, "cem", "\u200b"]
TEXTS = [
    "",
    None,
    "short",
    "the minister hid the report from us",
    "THE minister hid the report from us!",
    "RT @ana: short",
    "RT @ana: the minister hid the report from us",
    "rt @Ana the minister hid the report from us",
    "RT @ana:",
    "RT ana: short",
    '"@ana: short"',
    "\u00a0RT @ana: x",
    "he said RT @ana: x",
    "\x00RT @ana: x",
    "via @ana",
]
IDS = [None, "1", "@ana", "", " 1 ", "@Ana", "2", "unknown"]
ROW = st.fixed_dictionaries(
    {
        "time": st.integers(1, 9),
        "platform": st.sampled_from(["x", "telegram"]),
        "channel_id": st.sampled_from(["ana", "bob", ""]),
        "text": st.sampled_from(TEXTS),
        "urls": st.lists(st.sampled_from(LINKS), max_size=4),
        "hashtags": st.lists(st.sampled_from(TAGS), max_size=4),
        "mentions": st.lists(st.sampled_from(NAMES), max_size=3),
        "media_hashes": st.lists(st.sampled_from(["ff", "", None, "ff ", "0"]), max_size=3),
        "repost_of": st.sampled_from([None, None, *IDS]),
        "reply_to": st.sampled_from(IDS),
        "quote_of": st.sampled_from(IDS),
    }
)


def run(table: pa.Table) -> list[dict]:
    return measured(MEASURE, {"posts": table}).to_pylist()


def listed(table: pa.Table, kind: str) -> list[tuple[str, str]]:
    return [(r["channel"], r["object_id"]) for r in run(table) if r["object_kind"] == kind]


def objects(r: dict) -> dict[str, list[str | None]]:
    """Every object of a post by kind, by the definitions, one value at a time."""
    platform, text = r["platform"], r["text"] or ""

    def handle(name: str | None) -> str | None:
        bare = (name or "").strip().lstrip("@").casefold()
        return f"{platform}:@{bare}" if bare else None

    def post(name: str | None) -> str | None:
        name = (name or "").strip()
        return handle(name) if name.startswith("@") else f"{platform}:{name}" if name not in {"", "unknown"} else None

    pages = [canonical_url(u or "") or (u or "").strip() or None for u in r["urls"]]
    said = reposted(text)
    target = (r["repost_of"] or "").strip()
    if target and not target.startswith("@") and target != "unknown":
        return {"repost": [post(target)]}
    if target or said is not None:
        whom, rest = said or (target.lstrip("@").casefold(), text)
        key = normalise(rest)
        if word_count(key) < 6:
            key = " ".join([key, *sorted({p for p in pages if p})]).strip()
        return {"repost": [f"{platform}:@{whom} {fingerprint(key)}" if key else None]}
    tags = [fold_id(t or "") or None for t in r["hashtags"]]
    key = normalise(text)
    pairs = [f"{p} #{t}" for p in dict.fromkeys(filter(None, pages)) for t in dict.fromkeys(filter(None, tags))]
    return {
        "url": pages,
        "domain": [publisher(p) for p in pages if p],
        "hashtag": tags,
        "url_hashtag": pairs,
        "mention": [handle(n) for n in r["mentions"]],
        "reply": [post(r["reply_to"])],
        "quote": [post(r["quote_of"])],
        "media": [(m or "").strip() or None for m in r["media_hashes"]],
        "text": [fingerprint(key) if word_count(key) >= 6 else None],
    }


def by_hand(table: pa.Table) -> list[dict]:
    made = []
    for r in table.to_pylist():
        found = objects(r)
        how = "repost" if (r["repost_of"] or "").strip() else "unmarked" if reposted(r["text"] or "") else "original"
        made += [
            {"object_kind": kind, "object_id": one, "channel": f"{r['platform']}:{r['channel_id']}", "time": r["time"],
             "row_id": r["row_id"], "how": how, "whole_day": False}
            for kind in KINDS
            for one in dict.fromkeys(o for o in found.get(kind, []) if o)
        ]  # fmt: skip
    return made


@settings(max_examples=60)
@given(st.lists(ROW, max_size=12))
def test_the_steps_say_what_the_definitions_say(cells):
    table = rows("posts", *cells)
    found = run(table)
    event(f"shares: {min(len(found), 3)}")
    # Texts come last.
    assert found == sorted(by_hand(table), key=lambda r: r["object_kind"] == "text")


@settings(max_examples=10)
@given(st.lists(ROW, min_size=8, max_size=20))
def test_however_the_posts_are_cut(cells):
    measured(MEASURE, {"posts": rows("posts", *cells)}, engine=LawfulEngine)


def test_one_post_that_names_a_page_in_two_ways_shares_it_once():
    table = posts("ana 0 https://a.example/1 http://www.a.example/1?utm_source=x", "bob 5 https://a.example/1")
    assert listed(table, "url") == [("x:ana", "https://a.example/1"), ("x:bob", "https://a.example/1")]


def test_reposts_give_nothing_but_reposts():
    table = posts(
        "ana 0 https://a.example/1 #a @cem",
        "bob 5 RT @ana: https://a.example/1 #a @cem",
        "cem 6 <p1 https://a.example/1",
    )
    assert {r["channel"] for r in run(table) if r["object_kind"] != "repost"} == {"x:ana"}
    reposts = {r["channel"]: (r["how"], r["object_id"]) for r in run(table) if r["object_kind"] == "repost"}
    assert reposts["x:cem"] == ("repost", "x:p1")
    assert reposts["x:bob"][0] == "unmarked"
    assert reposts["x:bob"][1].startswith("x:@ana ")


def test_unmarked_reposts_of_one_post_share_it_and_of_two_do_not():
    told = "the minister hid the report from us"
    table = posts(
        f"bob 5 RT @ana: {told}", f"cem 6 rt @Ana {told.upper()}", "dot 7 RT @ana: he did it", f"eva 8 RT @bob: {told}"
    )
    objects = dict(listed(table, "repost"))
    assert objects["x:bob"] == objects["x:cem"]
    assert len(set(objects.values())) == 3


def test_links_tell_short_reposts_apart():
    table = posts(
        "bob 5 RT @ana: https://a.example/1", "cem 6 RT @ana: http://a.example/1", "dot 7 RT @ana: https://a.example/2"
    )
    objects = dict(listed(table, "repost"))
    assert objects["x:bob"] == objects["x:cem"] != objects["x:dot"]


def test_a_list_of_links_and_tags_makes_no_combinations():
    few = {"platform": "x", "channel_id": "ana", "text": "", "urls": [f"https://a.example/{n}" for n in range(10)]}
    for tags, expected in ((10, 100), (11, 0)):
        table = rows("posts", few | {"hashtags": [f"t{n}" for n in range(tags)]})
        assert len(listed(table, "url_hashtag")) == expected


def test_a_channel_that_changes_its_name_is_one_channel():
    link = {"platform": "x", "channel_id": "17", "text": "", "urls": ["https://a.example/1"]}
    table = rows("posts", link | {"channel_name": "Ana"}, link | {"channel_name": "Patriot 1776"})
    assert {c for c, _ in listed(table, "url")} == {"x:17"}


def test_nulls_empty_texts_and_long_ids():
    table = rows(
        "posts", {"platform": "x", "channel_id": "a" * 70_000, "text": None, "urls": ["z" * 70_000], "hashtags": None}
    )
    (share,) = [r for r in run(table) if r["object_kind"] == "url"]
    assert (len(share["object_id"]), len(share["channel"])) == (70_000, 70_002)


def dated(*moments: datetime, source: str = "0123456789ab") -> list[dict]:
    return [
        {
            "row_id": f"{source}:{n}",
            "time": moment,
            "platform": "x",
            "channel_id": f"c{n}",
            "text": "",
            "hashtags": ["a"],
        }
        for n, moment in enumerate(moments, start=1)
    ]


MIDNIGHT = EPOCH.replace(hour=0)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([MIDNIGHT], True),
        ([MIDNIGHT + n * DAY for n in (0, 0, 1)], True),
        ([MIDNIGHT + n * DAY + timedelta(hours=22) for n in range(3)], True),  # of Athens
        ([MIDNIGHT + n * DAY + timedelta(hours=22) for n in range(2)], False),
        ([MIDNIGHT + n * DAY + timedelta(hours=18, minutes=15) for n in range(3)], True),  # of Kathmandu
        ([MIDNIGHT + n * DAY + timedelta(hours=18, minutes=16) for n in range(3)], False),
        ([MIDNIGHT, MIDNIGHT + timedelta(hours=1)], False),
        ([MIDNIGHT + n * DAY + timedelta(hours=8 + n % 2) for n in range(2)] + [MIDNIGHT + timedelta(hours=9)], False),
        # Paris before and after its clocks change.
        ([datetime(2017, 3, 24, 23, tzinfo=UTC) + n * DAY for n in range(2)]
         + [datetime(2017, 3, 26, 22, tzinfo=UTC) + n * DAY for n in range(2)], True),
        # London.
        ([datetime(2017, 3, 25, tzinfo=UTC) + n * DAY for n in range(2)]
         + [datetime(2017, 3, 26, 23, tzinfo=UTC) + n * DAY for n in range(2)], True),
    ],
)  # fmt: skip
def test_whole_days(moments, expected):
    found = run(rows("posts", *dated(*moments)))
    assert [r["whole_day"] for r in found] == [expected] * len(moments)


def test_whole_days_are_a_matter_of_each_file():
    both = dated(MIDNIGHT, MIDNIGHT + DAY) + dated(MIDNIGHT, MIDNIGHT + timedelta(seconds=5), source="ba9876543210")
    found = run(rows("posts", *both))
    assert [r["whole_day"] for r in found] == [True, True, False, False]


def test_nothing_in_nothing_out():
    assert run(posts()) == []


def test_the_order_of_posts_is_that_of_shares():
    lines = [f"c{n % 5} {n} https://a.example/{n % 3} #t{n % 4} @bob" for n in range(40)]
    Random(4).shuffle(lines)
    found = run(posts(*lines))
    assert [r["row_id"] for r in found] == sorted((r["row_id"] for r in found), key=lambda r: int(r.split(":")[1]))


def test_a_copy_with_words_changed_is_a_share_of_the_same_text():
    text = "my cousin works at the sorting centre of Lyon and she saw two bags of ballots"
    table = posts(
        f"ana 0 {text}",
        f"bob 5 {text.replace('Lyon', 'Brest')}!",
        "cem 6 it rained all day long in the north",
        f"dan 7 RT @ana: {text}",
    )
    (ana, bob, cem) = listed(table, "text")
    assert (ana[0], bob[0], cem[0]) == ("x:ana", "x:bob", "x:cem")
    assert ana[1] == bob[1] != cem[1]

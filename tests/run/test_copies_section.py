"""The section on texts that were copied, put together from measured posts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from tests.briefings import sample
from tests.run.builders import log_lines, make_case, take
from tests.run.copied_texts import DATED, HARBOUR, LEAK, OUTLETS, write
from vigie import case as case_file
from vigie.briefings.html import page
from vigie.measures import measured, named
from vigie.run.add import STORE
from vigie.run.analyse import analyse
from vigie.run.brief import compose
from vigie.run.copies_section import composed
from vigie.run.families import families
from vigie.tables.store import Store
from vigie.testing import posts, rows

HOSTILE = "x:<script>alert(1)</script>\u202e"


SAID = {
    "all the boats of the north are to be sold by summer": 9,
    "quite another sentence that only some of them repeat": 7,
    "nobody had seen such a wonderful light above our valley": 3,
}


def section_of(table, findings=(), **relations):
    near = measured(named("near_duplicates"), {"posts": table, **relations})
    return composed(near, table, findings, words_min=6)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies")
    made = make_case(folder / "case")
    file = made / "case.toml"
    file.write_text(file.read_text(encoding="utf-8") + OUTLETS, encoding="utf-8")
    lines = [
        ("2017-04-12T08:00:09Z", "x:late", LEAK.upper()),
        ("2017-04-10T08:00:01Z", "telegram:rt_fr", LEAK),
        ("2017-04-10T08:00:01Z", "x:ann", LEAK + " https://t.example/1"),
        ("2017-04-10T09:00:00Z", "x:bob", LEAK.replace("Ana Reed", "Bo Lind")),
        ("2017-04-10T09:30:00Z", "x:bob", LEAK),
        ("2017-04-10T10:00:00Z", "x:daily", LEAK[:60] + "..."),
        ("2017-04-10T07:00:00Z", "x:rep", LEAK, "post1"),
        ("2017-04-11T08:00:00Z", "x:daily", HARBOUR),
        ("2017-04-11T08:00:30Z", HOSTILE, HARBOUR.replace("village", "<b>village\u202e")),
        ("2017-04-11T09:00:00Z", "x:same", "I say this again and again to everybody here"),
        ("2017-04-11T10:00:00Z", "x:same", "I say this again and again to everybody here!"),
    ]
    days = [(f"2017-04-{10 + n}T00:00:00Z", f"web:paper{n % 2}", DATED) for n in range(6)]
    take(made, write(folder / "posts.csv", lines), write(folder / "days.csv", days))
    return made


def composed_case(folder):
    analysis = analyse(folder)
    return compose(folder, case_file.load(folder), Store(folder / STORE).manifest(), analysis)


@pytest.fixture(scope="module")
def brief(case):
    return composed_case(case)


def family(copies, word):
    [found] = [s for s in copies.shown if word in s.family.text]
    return found


def test_the_figures_are_those_of_the_command(case, brief):
    copies, listed = brief.copies, families(case, channels_min=1)
    assert (copies.total, copies.posts) == (listed.families, listed.posts)
    assert (copies.family_posts, copies.family_reposts) == (listed.family_posts, listed.family_reposts)
    by_id = {f.id: f for f in listed.shown}
    assert {f.ident for f in copies.families} == set(by_id)
    for found in copies.families:
        known = by_id[found.ident]
        assert (found.posts, found.reposts, found.channels) == (known.posts, known.reposts, known.channels)
        assert (found.first, found.last) == (known.first_seen, known.last_seen)
        assert (found.first_channel, found.platforms) == (known.first.channel, known.platforms)
        assert found.tiers == known.tiers
        assert found.text == known.first.text
    assert copies.one_channel == 1
    assert copies.words_min == listed.words_min


def test_channels_come_in_order_with_their_outlets_lags_and_ties(brief):
    leak = family(brief.copies, "minister")
    assert leak.family.same_instant == 2
    arrivals = leak.detail.arrivals
    assert [(a.channel, a.lag_s) for a in arrivals] == [
        ("telegram:rt_fr", 0.0),
        ("x:ann", 0.0),
        ("x:bob", 3_599.0),
        ("x:daily", 7_199.0),
        ("x:late", 172_808.0),
    ]
    assert [(a.outlet, a.tier) for a in arrivals[:2]] == [("RT", "state-controlled"), (None, None)]
    assert arrivals[0].name == "Name rt_fr"
    assert len(leak.members) == leak.family.posts == 6
    assert {m.channel: m.kind for m in leak.members if m.channel != "x:bob"} == {
        "telegram:rt_fr": "exact",
        "x:ann": "exact",
        "x:daily": "truncated",
        "x:late": "exact",
    }


def test_one_text_of_each_kind_of_change_is_shown(brief):
    leak = family(brief.copies, "minister").detail
    assert leak.text == LEAK
    assert [(v.kind, v.channel) for v in leak.variants] == [
        ("template", "x:bob"),
        ("truncated", "x:daily"),
        ("exact", "x:ann"),
    ]
    assert leak.texts == 5
    assert family(brief.copies, "library").detail.variants[0].channel == HOSTILE


def test_whole_days_and_credits_are_kept(brief):
    days = family(brief.copies, "lighthouse")
    assert days.family.precision_s == 86_400
    assert {a.precision_s for a in days.detail.arrivals} == {86_400}
    library = family(brief.copies, "library").detail
    assert (library.independent, library.agencies) == ("credited", {"AFP": 2})


def test_one_channel_that_repeats_itself_is_listed_and_not_drawn(brief):
    assert all(s.family.channels > 1 for s in brief.copies.shown)
    assert brief.copies.families[-1].first_channel == "x:same"


def test_the_page_can_be_made_from_it_alone_and_is_inert(brief):
    text = page(brief, cards=5, rows=5)
    assert "<script" not in text.lower()
    tree = html.document_fromstring(text.encode())
    assert len(tree.xpath("//ol[@class='fams']/li")) == 3
    assert "Bo Lind" in " ".join(e.text_content() for e in tree.xpath("//ins"))


def test_a_case_without_posts_has_no_section(tmp_path):
    made = make_case(tmp_path / "case")
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(30))
    take(made, log)
    assert composed_case(made).copies is None


def test_posts_without_copies_give_an_empty_section():
    copies = section_of(posts("ana 0 nobody else in this case says it so", "bob 5 and this is another thing entirely"))
    assert (copies.total, copies.families, copies.shown, copies.posts) == (0, (), (), 2)
    assert copies.spread is None
    text = page(replace(sample.sample(), copies=copies), cards=5, rows=5)
    assert "No two texts are near-identical" in text


def texts(count, channels):
    """Families of one text each by so many channels."""
    words = ("harbour", "school", "bridge", "letter", "market", "garden", "tower", "library")
    return [
        f"c{c} {60 * c} they sold the {words[f % 8]} {'of ' * (f // 8)}{words[f * 3 % 8]}{f} to strangers again"
        for f in range(count)
        for c in range(channels - f % 3)
    ]


def test_families_with_findings_come_before_larger_ones():
    large = [f"c{n} {n * 60} the first of two texts that many people say alike" for n in range(9)]
    small = [f"d{n} {n * 90} quite another sentence that only some of them repeat" for n in range(4)]
    table = posts(*large, *small)
    plain = section_of(table)
    assert [f.channels for f in plain.families] == [9, 4]
    finding = {"id": "copied_text-1", "detector": "copied_text", "evidence_ids": ["0123456789ab:10"]}
    other = {"id": "poll_shift-1", "detector": "poll_shift", "evidence_ids": ["0123456789ab:1"]}
    found = section_of(table, [finding, other])
    assert [(f.channels, f.findings) for f in found.families] == [(4, ("copied_text-1",)), (9, ())]


def test_of_families_with_findings_the_largest_of_each_detector_come_in_turn():
    made = [f"{said[0]}{n} {n * 60} {said}" for said, channels in SAID.items() for n in range(channels)]
    ids = {said: f"0123456789ab:{1 + sum(list(SAID.values())[:k])}" for k, said in enumerate(SAID)}
    findings = [
        {"id": f"{name}-{n}", "detector": name, "evidence_ids": [ids[said]]}
        for n, (said, name) in enumerate(zip(SAID, ("copied_text", "copied_text", "state_first"), strict=True))
    ]
    found = section_of(posts(*made), findings)
    assert [f.channels for f in found.families] == [9, 3, 7]
    assert [f.findings for f in found.families] == [("copied_text-0",), ("state_first-2",), ("copied_text-1",)]


def test_at_most_twelve_are_drawn_and_six_of_them_in_full():
    copies = section_of(posts(*texts(16, 6)))
    assert copies.total >= 14
    assert len(copies.shown) == 12
    assert [s.detail is not None for s in copies.shown] == [True] * 6 + [False] * 6
    assert [s.family for s in copies.shown] == list(copies.families[:12])


def test_a_long_text_is_cut_in_what_is_kept():
    long = " ".join(f"word{n % 997} told{n % 89}" for n in range(2_000))
    copies = section_of(posts(f"a 0 {long}", f"b 5 {long} more", f"c 9 {long} and more"))
    detail = copies.shown[0].detail
    assert detail.characters == len(long) > len(detail.text) == 10_000
    assert all(len(v.text) <= 10_000 < v.characters for v in detail.variants)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.integers(0, 4), st.sampled_from(["x", "web"]), st.booleans()),
        min_size=2,
        max_size=14,
    )
)
def test_order_and_ties_against_a_slow_oracle(given_posts):
    start = datetime(2017, 4, 10, tzinfo=UTC)
    table = rows(
        "posts",
        *(
            {
                "time": start + timedelta(milliseconds=400 * s),
                "platform": platform,
                "post_id": f"p{n}",
                "channel_id": c,
                "text": "They sold the harbour of Brest to strangers again" + (", they say!" if loud else ""),
            }
            for n, (c, s, platform, loud) in enumerate(given_posts)
        ),
    )
    copies = section_of(table)
    [found] = copies.families
    channels = {f"{platform}:{c}" for c, _, platform, _ in given_posts}
    assert (found.posts, found.channels) == (len(given_posts), len(channels))
    firsts = {c: min(s for o, s, p, _ in given_posts if f"{p}:{o}" == c) for c in channels}
    earliest = min(400 * s // 1_000 for s in firsts.values())
    assert found.same_instant == sum(400 * s // 1_000 == earliest for s in firsts.values())
    assert found.platforms == Counter(p for _, _, p, _ in given_posts)
    if found.channels > 1:
        [drawn] = copies.shown
        # Within a second no time is known better than another.
        lags = {a.channel: a.lag_s for a in drawn.detail.arrivals}
        assert list(lags) == sorted(lags, key=lambda c: (400 * firsts[c] // 1_000, *c.split(":")))
        assert all(abs(lags[c] - 0.4 * (s - min(firsts.values()))) < 1 for c, s in firsts.items())

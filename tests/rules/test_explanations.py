from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.rules.appointments import appointment
from vigie.rules.explanations import EXCUSES, TESTED, excused, explanations
from vigie.rules.met import DAY_S, Explanation, Member, Network, Occasion, Pair

DAY0 = 17_000 * DAY_S
EVENING = 18 * 3600


def occasion(day, at_s=EVENING, **change):
    begin = DAY0 + day * DAY_S + at_s
    made = Occasion("url", f"https://p.example/{day}", "p.example", 0, 6, 0, begin, begin + 240, 35.0)
    return made._replace(**change)


def instants(day, domain="p.example"):
    """Four members in the same second, at a random hour."""
    begin = DAY0 + day * DAY_S + 7_919 * (day % 10)
    return occasion(day)._replace(
        object_id=f"https://{domain}/{day}", domain=domain, same_second=6, begin_s=begin, end_s=begin, delay_s=0.0
    )


def network(*occasions, members=4, delay_s=35.0, **change):
    made = Network(
        members=tuple(Member("x", f"name-{n}", None, says_volunteer=False) for n in range(members)),
        pairs=tuple(Pair(a, b, len(occasions)) for a, b in itertools.combinations(range(members), 2)),
        occasions=tuple(occasions),
        met_pairs=6 * len(occasions),
        common_pairs=6 * len(occasions),
        delay_s=delay_s,
    )
    return replace(made, **change)


def told(tested, name):
    (one,) = (e for e in tested if e.name == name)
    return one


def test_every_explanation_is_always_told_in_one_order():
    names = [e.name for e in explanations(network(occasion(0)))]
    assert names == [
        "declared owner", "one feed", "scheduler", "cross-posting", "breaking news", "appointment", "volunteers",
        "one audience",
    ]  # fmt: skip
    assert len(TESTED) == len(names)
    assert set(EXCUSES) <= set(names)


WEEKLY = tuple(occasion(7 * week, EVENING + 40 * week) for week in range(4))


def test_an_appointment_of_people_explains():
    tested = explanations(network(*WEEKLY))
    kept = told(tested, "appointment")
    assert (kept.share, kept.fits) == (1.0, True)
    assert kept.says == (
        "100% of the meetings began about 18:00 UTC, on 4 days; two posts were 35 s apart (median), and an occasion "
        "took 240 s."
    )
    assert excused(tested) == ("appointment", 1.0)


def test_an_appointment_that_one_member_leads_is_none():
    tested = explanations(replace(network(*WEEKLY), is_led=True))
    assert not told(tested, "appointment").fits
    assert told(tested, "appointment").says.endswith("One member is first more often than chance has it.")


@pytest.mark.parametrize(
    "spoilt",
    [
        network(*WEEKLY, delay_s=9.0),
        network(*(o._replace(delay_s=4.0) for o in WEEKLY)),
        network(*(o._replace(end_s=o.begin_s + 25) for o in WEEKLY)),
        network(*(o._replace(end_s=o.begin_s + 3 * 3600) for o in WEEKLY)),
        network(*(o._replace(same_second=2) for o in WEEKLY)),
        network(*(o._replace(object_kind="text") for o in WEEKLY)),
        network(*WEEKLY[:2]),
        network(*(occasion(0, object_id=str(n)) for n in range(4))),
        network(*WEEKLY, occasion(3, EVENING + 7_500)),
        network(*WEEKLY, *(occasion(20 + n, 3_000 * n, pairs=1) for n in range(3))),
        network(*(occasion(n, (8 + 3 * n) * 3600) for n in range(4))),
        network(*(occasion(n, EVENING + 15 * 60) for n in range(4))),
    ],
    ids=[
        "seconds apart",
        "seconds apart there",
        "within half a minute",
        "for hours",
        "the same second",
        "words handed out",
        "two days",
        "one day",
        "a fifth elsewhere",
        "a few elsewhere, by objects",
        "round hours, each another",
        "a quarter past",
    ],
)
def test_what_is_no_appointment_of_people(spoilt):
    tested = explanations(spoilt)
    assert not told(tested, "appointment").fits
    assert excused(tested) == (None, 0.0)


def keep(*, late_s=0, days=3, pairs=10, delay_s=35.0, **change):
    kept = (occasion(n, EVENING + late_s, pairs=pairs, delay_s=delay_s)._replace(**change) for n in range(days))
    return network(*kept, delay_s=delay_s)


def lasting(length_s):
    return network(*(o._replace(end_s=o.begin_s + length_s) for o in WEEKLY))


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (keep(late_s=-120), keep(late_s=-121)),
        (keep(late_s=600), keep(late_s=601)),
        (keep(days=3), keep(days=2)),
        (keep(delay_s=10.1), keep(delay_s=10.0)),
        (lasting(30), lasting(29)),
        (lasting(1800), lasting(1801)),
        (keep(same_second=1), keep(same_second=2)),
        (keep(object_kind="url"), keep(object_kind="media")),
        (network(*(occasion(n) for n in range(9)), occasion(9, 3_600 * 5)),
         network(*(occasion(n) for n in range(8)), occasion(9, 3_600 * 5))),
    ],
    ids=["two minutes early", "ten minutes late", "three days", "ten seconds apart", "half a minute", "half an hour",
         "a tenth in one second", "words of their own", "nine of ten"],
)  # fmt: skip
def test_where_an_appointment_ends(within, beyond):
    assert appointment(within).fits
    assert not appointment(beyond).fits


def test_an_appointment_around_midnight_is_one():
    late = [occasion(n, DAY_S - 60 if n % 2 else 30) for n in range(6)]
    assert appointment(network(*late)).fits


def test_the_same_second_never_excuses():
    """Whoever posts by machine would otherwise be told how to be left alone."""
    tested = explanations(network(*(instants(n) for n in range(9)), delay_s=0.0))
    feed = told(tested, "one feed")
    assert (feed.share, feed.fits) == (1.0, True)
    assert "100% of the meetings were within one second and at pages of p.example" in feed.says
    assert not told(tested, "scheduler").fits
    assert excused(tested) == (None, 0.0)


def test_many_sites_in_the_same_second_are_a_scheduler():
    tested = explanations(network(*(instants(n, f"p{n}.example") for n in range(9)), occasion(11), delay_s=0.0))
    planned = told(tested, "scheduler")
    assert (planned.share, planned.fits) == (0.9, True)
    assert planned.says.startswith("90% of the meetings were within one second, at pages of 9 sites")
    assert told(tested, "one feed").share == pytest.approx(0.1)
    assert excused(tested) == (None, 0.0)


def owned(*outlets):
    made = network(occasion(0), members=len(outlets))
    return replace(made, members=tuple(m._replace(outlet=o) for m, o in zip(made.members, outlets, strict=True)))


@pytest.mark.parametrize(
    ("outlets", "share", "fits", "says"),
    [
        (("A", "A"), 1.0, True, "names A as the outlet of 2 of 2"),
        (("A", "A", None), 1 / 3, False, "names A as the outlet of 2 of 3"),
        (("A", "B", "B", "B"), 0.5, False, "names B as the outlet of 3 of 4"),
        ((*"A" * 20, None), 190 / 210, False, "names A as the outlet of 20 of 21"),
        ((None, None), 0.0, False, "none of 2 members"),
    ],
)
def test_a_declared_owner_explains_where_every_member_is_named(outlets, share, fits, says):
    tested = explanations(owned(*outlets))
    one = told(tested, "declared owner")
    assert (one.share, one.fits) == (pytest.approx(share), fits)
    assert says in one.says
    assert excused(tested).share == (1.0 if fits else 0.0)


def test_one_name_on_several_platforms_is_cross_posting():
    base = network(occasion(0), members=2)
    one, other = base.members
    same = replace(base, members=(one, other._replace(platform="telegram", name=one.name)))
    assert told(explanations(same), "cross-posting").says.startswith("100% of the meetings are between channels of one")
    assert told(explanations(base), "cross-posting") == Explanation(
        "cross-posting", 1.0, fits=True,
        says="There are two members only: one person who posts everything twice looks the same.",
    )  # fmt: skip
    assert not told(explanations(network(occasion(0), members=3)), "cross-posting").fits
    namesakes = network(occasion(0), members=3)
    namesakes = replace(namesakes, members=tuple(m._replace(name="ana") for m in namesakes.members))
    assert told(explanations(namesakes), "cross-posting").share == 0  # on one platform
    nameless = replace(base, members=(one._replace(name=""), other._replace(platform="telegram", name="")))
    assert told(explanations(nameless), "cross-posting").says.startswith("There are two")


def test_news_is_a_crowd_once():
    rush = [occasion(0, object_id="a", others=300), occasion(0, object_id="b", others=90)]
    tested = explanations(network(*rush))
    assert told(tested, "breaking news").fits
    assert told(tested, "breaking news").says.startswith("2 of 2 objects were shared by at least 20 others")
    assert not told(explanations(network(*rush, occasion(0, object_id="c"))), "breaking news").fits
    assert told(explanations(network(*rush, occasion(1, others=20))), "breaking news").fits
    large = network(occasion(0, others=20), members=21)
    assert not told(explanations(large), "breaking news").fits
    again = [occasion(n, others=300) for n in range(3)]
    assert not told(explanations(network(*again)), "breaking news").fits
    assert excused(tested) == (None, 0.0)


def test_volunteers_who_say_so_are_told_and_not_excused():
    base = network(occasion(0))
    members = tuple(m._replace(says_volunteer=n != 0) for n, m in enumerate(base.members))
    tested = explanations(replace(base, members=members))
    assert told(tested, "volunteers").share == 0.5
    assert "3 of 4 members say" in told(tested, "volunteers").says
    every = tuple(m._replace(says_volunteer=True) for m in base.members)
    assert told(explanations(replace(base, members=every)), "volunteers").fits
    assert excused(explanations(replace(base, members=every))) == (None, 0.0)


def test_one_audience_shares_much_that_it_does_not_meet_at():
    tested = explanations(network(occasion(0), met_pairs=14, common_pairs=140))
    audience = told(tested, "one audience")
    assert (audience.share, audience.fits) == (pytest.approx(0.9), True)
    assert audience.says.startswith("Two members shared the same object 140 times, 14 of them moments apart.")
    assert told(explanations(network(occasion(0), met_pairs=6, common_pairs=4)), "one audience").share == 0.0
    half, less = (network(occasion(0), met_pairs=met, common_pairs=100) for met in (50, 51))
    assert (told(explanations(half), "one audience").fits, told(explanations(less), "one audience").fits) == (
        True,
        False,
    )


def test_of_two_excuses_the_one_that_accounts_for_more_counts():
    fitting = [Explanation(name, share, fits=True, says="") for name, share in zip(EXCUSES, (0.92, 0.97), strict=True)]
    assert excused(fitting) == excused(fitting[::-1]) == (EXCUSES[1], 0.97)


OCCASIONS = st.lists(
    st.builds(
        lambda day, at, kind, domain, others, pairs, same, length, delay: Occasion(
            kind, f"{domain}/{at}", domain, others, pairs, min(same, pairs), DAY0 + day * DAY_S + at,
            DAY0 + day * DAY_S + at + length, delay,
        ),
        st.integers(0, 5), st.sampled_from([0, EVENING, EVENING + 200, EVENING + 1000, DAY_S - 50]),
        st.sampled_from(["url", "text"]), st.sampled_from([None, "a", "b"]), st.sampled_from([0, 30]),
        st.integers(1, 6), st.integers(0, 6), st.sampled_from([0, 90, 4000]), st.sampled_from([0.0, 12.0]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@given(OCCASIONS, st.sampled_from([0.0, 11.0]), st.integers(2, 5))
def test_shares_are_shares_and_only_two_explanations_excuse(occasions, delay_s, members):
    tested = explanations(network(*occasions, members=members, delay_s=delay_s))
    event(f"fitting: {[e.name for e in tested if e.fits]}")
    for one in tested:
        assert 0 <= one.share <= 1
        assert one.says.endswith(".")
        assert not one.fits or one.share >= 0.5
    name, share = excused(tested)
    assert name in {None, *EXCUSES}
    assert (name is None) == (share == 0)
    total = sum(o.pairs for o in occasions)
    assert told(tested, "one feed").share == pytest.approx(
        max(sum(o.same_second for o in occasions if o.domain == d) for d in "ab") / total
    )
    if name == "appointment":
        in_time = [o for o in occasions if o.object_kind == "url" and o.end_s - o.begin_s <= 1800]
        assert len(in_time) >= 0.9 * len(occasions)
        assert len({o.day for o in in_time}) >= 3
        assert delay_s > 10

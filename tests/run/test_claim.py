"""Claims weighed on tables made by hand, and on a case."""

import io
import json
from dataclasses import asdict
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.run.builders import log_lines, make_case, take
from tests.run.claim_tables import START, attack, campaign, tables
from vigie.errors import InputError
from vigie.run.claim import claim, in_figures, weigh
from vigie.run.weighed import OPEN, REFUTED, SUPPORTED, Interval, Only, judge
from vigie.text.claim import read_claim
from vigie.text.claimed import rate_part, share_part

HALF = "half of the attacks come from UA"
ELSEWHERE = {"FR": 5, "US": 5, "CN": 4, "DE": 3, "NL": 3}


def weighed(sentence, attacks, only=None, **options):
    return weigh(read_claim(sentence), tables(attacks, **options), only or Only(), sentence=sentence)


def verdicts(found, part=0):
    return {f.unit: f.verdict for f in found.parts[part].figures}


def figure(found, unit, part=0):
    return next(f for f in found.parts[part].figures if f.unit == unit)


def test_half_that_is_half_is_supported_in_every_unit():
    found = weighed(HALF, campaign({"UA": 20} | ELSEWHERE))
    assert verdicts(found) == dict.fromkeys(("requests", "sessions", "sources"), SUPPORTED)
    sources = figure(found, "sources")
    assert (sources.inside, sources.known, sources.unknown) == (20, 40, 0)
    assert (round(sources.measured.low, 2), round(sources.measured.high, 2)) == (0.35, 0.65)


def test_half_that_is_a_tenth_is_not():
    found = weighed(HALF, campaign({"UA": 4, "FR": 36}))
    assert set(verdicts(found).values()) == {REFUTED}
    assert "below what is claimed" in figure(found, "sources").why


def test_the_units_differ_where_one_source_sends_nearly_all():
    loud = [attack("loud", "UA", requests=4_000), *campaign({"UA": 3, "FR": 36})]
    found = weighed("most attacks come from UA", loud)
    assert figure(found, "requests").measured.value > 0.9
    assert verdicts(found) == {"requests": OPEN, "sessions": REFUTED, "sources": REFUTED}
    assert "one source sent" in figure(found, "requests").why


def test_few_sources_tell_nothing():
    assert set(verdicts(weighed(HALF, campaign({"UA": 3, "FR": 3}))).values()) == {OPEN}


def test_a_unit_that_is_named_is_the_only_one():
    assert list(verdicts(weighed("half of the addresses are from UA", campaign({"UA": 20, "FR": 20})))) == ["sources"]
    assert list(verdicts(weighed(HALF, [], Only(unit="sessions")))) == ["sessions"]


def test_without_a_log_or_an_attack_nothing_can_be_told():
    nothing = weighed(HALF, [], days=0)
    assert set(verdicts(nothing).values()) == {OPEN}
    assert nothing.days.covered == 0
    assert figure(nothing, "requests").measured is None
    quiet = weighed(f"300 attacks a day, {HALF}", [])
    assert set(verdicts(quiet, 0).values()) == {REFUTED}
    assert figure(quiet, "requests").measured.high == pytest.approx(0.369, abs=0.001)
    assert set(verdicts(quiet, 1).values()) == {OPEN}
    assert set(verdicts(weighed("300 attacks a day", [], days=0)).values()) == {OPEN}


def test_sources_whose_country_is_not_known_are_counted_apart_and_either_way():
    known = campaign({"UA": 20} | ELSEWHERE)
    hidden = [attack(f"10.0.0.{n}", None, place="private or reserved") for n in range(30)]
    found = weighed(HALF, [*known, *hidden, attack("unheard", None)])
    sources = figure(found, "sources")
    assert (sources.inside, sources.known, sources.unknown, sources.private) == (20, 40, 31, 30)
    assert (sources.least, sources.most) == (20 / 71, 51 / 71)
    assert sources.measured.value == 0.5
    assert (sources.verdict, "not known" in sources.why) == (OPEN, True)
    assert figure(weighed(HALF, [*known, attack("unheard", None)]), "sources").verdict == SUPPORTED


def test_two_databases_that_differ_cannot_tell_and_both_are_shown():
    rows = campaign({"UA": 40}, also={"other": "NL"}) + campaign({"FR": 20, "US": 20}, also={"other": "FR"})
    found = weighed(HALF, rows)
    assert set(verdicts(found).values()) == {OPEN}
    sources = figure(found, "sources")
    assert sources.measured.value == 0
    assert [(o.database, o.measured.value, o.verdict) for o in sources.others] == [("iptocc", 0.5, SUPPORTED)]
    assert "differ: iptocc" in sources.why
    assert [d.name for d in found.databases] == ["other", "iptocc"]
    assert [(a.where, a.addresses, a.agree) for a in found.agreements if a.where == "all"] == [("all", 80, 20)]
    named = weigh(read_claim(HALF), tables(rows), Only(), called={"other": "a.mmdb"})
    assert named.databases[0].name == "a.mmdb"
    assert {a.second for a in named.agreements} == {"a.mmdb"}


def test_a_database_that_knows_few_sources_does_not_weigh():
    rows = campaign({"UA": 20} | ELSEWHERE)
    rows[-1]["also"] = {"small": "UA"}
    found = weighed(HALF, rows)
    assert set(verdicts(found).values()) == {SUPPORTED}
    assert [(d.name, d.placed) for d in found.databases] == [("iptocc", 40), ("small", 1)]


def test_only_aimed_attacks_of_a_kind_on_some_days():
    rows = [
        *campaign({"UA": 20, "FR": 20}),
        *campaign({"US": 90}, aim="background"),
        *campaign({"CN": 90}, kind="xss"),
    ]
    assert figure(weighed(HALF, rows), "sources").known == 220
    assert [f.known for f in weighed(HALF, rows).parts[0].aimed if f.unit == "sources"] == [130]
    found = weighed(HALF, rows, Only(aimed=True, kind="sql_injection"))
    assert (figure(found, "sources").known, figure(found, "sources").verdict) == (40, SUPPORTED)
    assert found.parts[0].aimed == ()
    assert [(c.what, c.sources) for c in found.counted] == [
        ("all", 40),
        ("aimed", 40),
        ("background", 0),
        ("unclear", 0),
    ]
    days = weighed(HALF, rows, Only(first=date(2017, 3, 21), last=date(2017, 3, 22)))
    assert days.days.covered == 2
    assert figure(days, "sources").known == 44
    assert days.only == ("from 2017-03-21", "to 2017-03-22")


def test_attacks_a_day_in_each_unit():
    rows = campaign({"UA": 200, "FR": 200}, each=10)
    found = weighed("hundreds of attacks a day", rows)
    assert verdicts(found) == {"requests": SUPPORTED, "sessions": REFUTED, "sources": REFUTED}
    assert {f.unit: f.measured.value for f in found.parts[0].figures} == {
        "requests": 400,
        "sessions": 40,
        "sources": 40,
    }
    assert set(verdicts(weighed("400 requests a day", rows)).values()) == {SUPPORTED}
    assert set(verdicts(weighed("at least 300 requests a day", rows)).values()) == {SUPPORTED}
    assert set(verdicts(weighed("less than 300 requests a day", rows)).values()) == {REFUTED}
    from_ua = weighed("200 requests a day from UA", rows)
    assert figure(from_ua, "requests").measured.value == 200
    assert figure(from_ua, "requests").verdict == SUPPORTED


def test_a_session_over_midnight_counts_once_and_a_source_on_each_day():
    rows = [attack("a", "UA", day=n, requests=2) for n in (3, 4)]
    found = weighed("300 attacks a day", rows)
    assert {f.unit: f.inside for f in found.parts[0].figures} == {"requests": 4, "sessions": 1, "sources": 2}


def test_days_without_a_row_are_left_out_and_few_days_tell_nothing():
    rows = campaign({"UA": 100}, days=2)
    found = weighed("hundreds of attacks a day", rows, days=10, missing=range(2, 9))
    assert (found.days.covered, found.days.missing) == (3, 7)
    assert figure(found, "requests").measured.value == 100
    assert any("7 days between" in note for note in found.notes)
    short = weighed("100 attacks a day", rows, days=2)
    assert set(verdicts(short).values()) == {OPEN}
    assert "only 2 days of log" in figure(short, "requests").why


def test_what_is_said_beside():
    rows = [
        *campaign({"UA": 20}, network_kind="hosting"),
        *campaign({"FR": 20}, network_kind="access", aim="background"),
        *campaign({"US": 2}),
    ]
    found = weighed(f"{HALF}, 300 a day by the GRU", rows, posts=3)
    networks = {n.whose: (n.sources, n.known, n.kinds) for n in found.networks}
    assert networks == {
        "all sources": (42, 40, {"access": 20, "hosting": 20}),
        "sources in Ukraine": (20, 20, {"hosting": 20}),
    }
    assert [(c.what, c.requests, c.sources) for c in found.counted][:3] == [
        ("all", 126, 42), ("aimed", 66, 22), ("background", 60, 20),
    ]  # fmt: skip
    assert found.posts == 30
    notes = " ".join(found.notes)
    for said in (
        "lower bound",
        "30 requests were POST",
        "not attribution",
        "span 20 hours",
        "who attacked cannot be measured",
    ):
        assert said in notes
    assert found.databases[0].built == date(2017, 3, 1)


@pytest.mark.parametrize(
    ("part", "interval", "verdict"),
    [
        (share_part(0.5, ("UA",)), (0.5, 0.32, 0.68), SUPPORTED),
        (share_part(0.5, ("UA",)), (0.5, 0.29, 0.71), OPEN),
        (share_part(0.5, ("UA",)), (0.6, 0.56, 0.64), REFUTED),
        (share_part(0.5, ("UA",)), (0.6, 0.52, 0.68), OPEN),
        (share_part(0.5, ("UA",)), (0.52, 0.51, 0.53), SUPPORTED),
        (share_part(0.05, ("UA",)), (0.05, 0.01, 0.14), OPEN),
        (share_part(0.05, ("UA",)), (0.05, 0.02, 0.09), SUPPORTED),
        (share_part(0.5, ("UA",), direction=">="), (0.7, 0.45, 0.9), OPEN),
        (share_part(0.5, ("UA",), direction=">="), (0.7, 0.55, 0.9), SUPPORTED),
        (share_part(0.5, ("UA",), direction="<"), (0.7, 0.55, 0.9), REFUTED),
        (rate_part(300), (310, 200, 450), SUPPORTED),
        (rate_part(300), (310, 100, 450), OPEN),
        (rate_part(300), (100, 60, 200), REFUTED),
        (rate_part(300, direction=">"), (400, 310, 500), SUPPORTED),
    ],
)
def test_the_rule(part, interval, verdict):
    assert judge(part, Interval(*interval))[0] == verdict


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["UA", "FR", None]), st.integers(0, 9)), max_size=40),
    st.randoms(),
)
def test_the_order_of_rows_does_not_matter(attacks, random):
    rows = [
        attack(f"a{a}{c}", c, day=d, session=d, requests=a + 1, aim="aimed" if a % 3 else "background")
        for a, c, d in dict.fromkeys(attacks)
    ]
    sentence = f"hundreds of attacks a day, {HALF}"
    again = weighed(sentence, random.sample(rows, len(rows)))
    assert again == weighed(sentence, rows)
    for part in again.parts:
        for f in part.figures:
            assert f.measured is None or f.measured.low <= f.measured.value <= f.measured.high
            assert f.verdict == OPEN or f.measured is not None
    json.dump(asdict(again), io.StringIO(), default=str, allow_nan=False)


def test_a_claim_in_figures():
    both = in_figures(0.5, "ua, Russia", 300)
    assert [(p.measure, p.countries) for p in both.parts] == [("share", ("UA", "RU")), ("rate", ())]
    assert in_figures(None, "UA", 300).parts[0].countries == ("UA",)
    for wrong in ((0.5, "", None), (None, "UA", None), (0.5, "Germny", None)):
        with pytest.raises(InputError):
            in_figures(*wrong)


@pytest.mark.parametrize("only", [Only(unit="hits"), Only(kind="magic"), Only(first=START, last=date(2017, 1, 1))])
def test_what_is_not_there_to_choose_is_said(only, tmp_path):
    with pytest.raises(InputError) as raised:
        claim(make_case(tmp_path / "case"), read_claim(HALF), only, sentence=HALF)
    assert raised.value.hint


def test_a_case_without_a_web_log_cannot_tell_and_one_with_can(tmp_path):
    case = make_case(tmp_path / "case")
    found = claim(case, read_claim("300 attacks a day"), Only(), sentence="")
    assert set(verdicts(found).values()) == {OPEN}
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(50))
    take(case, log)
    found = claim(case, read_claim("300 attacks a day"), Only(), sentence="")
    assert (found.days.covered, found.days.first) == (1, date(2017, 2, 15))

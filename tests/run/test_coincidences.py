from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from vigie.detectors import Detector, all_detectors
from vigie.run.coincidences import SHIFTS, coincidences, desk, spells
from vigie.tables.store import Manifest

PARIS = ZoneInfo("Europe/Paris")
RECORDS = dict(all_detectors())
START = date(2017, 1, 2)


class Source:
    """What the section asks of a source: its table and its days."""

    def __init__(self, table, first, last, *, step=1):
        self.table = table
        self.days = {(START + timedelta(days=n)).isoformat(): 1 for n in range(first, last + 1, step)}


def manifest(*sources):
    return Manifest(sources, {}, {})


def at(day, hour=12):
    return datetime(2017, 1, 2, hour, tzinfo=UTC) + timedelta(days=day)


def finding(ident, detector, first, last=None, **given):
    plain = {
        "id": ident,
        "detector": detector,
        "title": f"title of {ident}",
        "value": 5.0,
        "first_seen": at(first),
        "last_seen": at(first if last is None else last),
        "evidence_ids": [f"0123456789ab:{first}"],
    }
    return plain | given


def made(findings, *sources, shifts=(), looked=(SHIFTS, "http_attack", "copied_text")):
    return coincidences(findings, shifts, records=RECORDS, looked=looked, manifest=manifest(*sources), zone=PARIS)


POLLED = Source("polls", 0, 63, step=7)
LOGGED = Source("requests", 10, 40)
POSTED = Source("posts", 0, 63)


def test_nothing_where_nothing_looked_for_shifts():
    assert made([finding("a", "http_attack", 3)], LOGGED, looked=("http_attack",)) is None


def test_a_run_without_a_shift_names_the_desks_and_no_shift():
    what = made([finding("a", "http_attack", 12)], POLLED, LOGGED, POSTED)
    assert what.shifts == ()
    assert [(line.name, line.found.ones, line.found.others) for line in what.desks] == [
        ("Posts and press", 0, 0),
        ("Web servers", 0, 1),
    ]


def test_findings_near_a_shift_are_listed_by_day_with_their_lags_and_far_ones_are_not():
    what = made(
        [
            finding("shift", SHIFTS, 20, 24),
            finding("within", "copied_text", 22),
            finding("after", "http_attack", 34),
            finding("before", "http_attack", 12),
            finding("far", "http_attack", 35),
            finding("early", "copied_text", 9),
        ],
        POLLED,
        LOGGED,
        POSTED,
    )
    [shift] = what.shifts
    assert (shift.first, shift.last) == (START + timedelta(days=20), START + timedelta(days=24))
    assert [(n.finding, n.lag_days, n.desk) for n in shift.near] == [
        ("before", -8, "Web servers"),
        ("within", 0, "Posts and press"),
        ("after", 10, "Web servers"),
    ]
    assert (shift.seen, shift.unseen) == (("Posts and press", "Web servers"), ())


def test_a_shift_that_the_measure_dates_lies_on_that_day():
    found = [finding("shift", SHIFTS, 20, 24, evidence_ids=["0123456789ab:3", "0123456789ab:2"])]
    dated = {"row_ids": ["0123456789ab:2", "0123456789ab:3"], "day": START + timedelta(days=23)}
    quiet = {"row_ids": [], "day": None}
    assert spells(found, [quiet, dated], PARIS) == {"shift": (dated["day"], dated["day"])}
    also = {"row_ids": ["0123456789ab:3"], "day": START + timedelta(days=21)}
    assert spells(found, [also, dated], PARIS) == {"shift": (also["day"], dated["day"])}
    other = {"row_ids": ["0123456789ab:3", "0123456789ab:9"], "day": START}
    assert spells(found, [other], PARIS) == {"shift": (START + timedelta(days=20), START + timedelta(days=24))}


def test_polls_are_observed_from_the_first_to_the_last_and_a_desk_on_the_days_it_has_rows():
    what = made([finding("shift", SHIFTS, 20)], Source("polls", 14, 28, step=14), LOGGED, Source("posts", 0, 20))
    assert {line.name: line.found.days for line in what.desks} == {"Posts and press": 7, "Web servers": 15}


def test_a_shift_outside_of_coverage_is_counted_apart_and_its_desk_is_named():
    what = made([finding("shift", SHIFTS, 60), finding("a", "http_attack", 12)], POLLED, LOGGED, POSTED)
    [posts, web] = what.desks
    assert (posts.found.ones, posts.found.ones_left) == (1, 0)
    assert (web.found.ones, web.found.ones_left, web.found.counts) == (0, 1, ())
    assert what.shifts[0].unseen == ("Web servers",)


def test_days_are_those_of_the_case():
    late = finding("a", "http_attack", 20, first_seen=at(20, 23), last_seen=at(20, 23))
    what = made([finding("shift", SHIFTS, 20), late], POLLED, LOGGED, POSTED)
    assert what.shifts[0].near[0].lag_days == 1


def test_findings_that_rest_on_the_same_polls_are_listed_but_not_counted():
    def run(measured):
        return measured

    same = Detector(run=run, reads=RECORDS[SHIFTS].reads, subject="pollster", measure="m", unit="u", spoofable=2)
    what = coincidences(
        [finding("shift", SHIFTS, 20), finding("poll", "other", 21)],
        [],
        records=RECORDS | {"other": same},
        looked=(SHIFTS, "other", "http_attack"),
        manifest=manifest(POLLED, LOGGED),
        zone=PARIS,
    )
    assert [(n.finding, n.desk, n.counted) for n in what.shifts[0].near] == [("poll", "Polls", False)]
    assert [line.name for line in what.desks] == ["Web servers"]


def test_every_detector_is_of_a_desk():
    assert desk(RECORDS[SHIFTS]) == ("polls",)
    assert all(desk(record) for record in RECORDS.values())


def test_the_order_of_findings_changes_nothing():
    found = [finding(f"s{n}", SHIFTS, 9 * n) for n in range(1, 5)]
    found += [finding(f"f{n}", ("http_attack", "copied_text")[n % 2], 5 * n) for n in range(9)]
    assert made(found, POLLED, LOGGED, POSTED) == made(found[::-1], POSTED, LOGGED, POLLED)

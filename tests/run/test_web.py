from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.measures.http_origins import Agreement
from vigie.rules.origin import UNITS
from vigie.run.web import agreement_lines, aim_lines, database_lines, kind_lines, origin_lines, units

DAYS = [date(2017, 4, d) for d in (1, 2, 3, 4)]
# A session belongs to one address, and an address to one country.
rows = st.lists(
    st.fixed_dictionaries(
        {
            "address": st.sampled_from("abcdef"),
            "nth": st.integers(0, 2),
            "day": st.sampled_from(DAYS[:3]),
            "kind": st.sampled_from(["sql_injection", "xss", "scan"]),
            "aim": st.sampled_from(["aimed", "background", "unclear"]),
            "requests": st.integers(1, 50),
        }
    ).map(
        lambda r: (
            r
            | {
                "session_id": r["address"] + str(r["nth"]),
                "country": {"a": "UA", "b": "UA", "c": "FR", "d": "FR"}.get(r["address"], "US"),
                "network_kind": None,
                "place": "public",
            }
        )
    ),
    max_size=25,
)


def by_hand(some):
    return (sum(r["requests"] for r in some), len({r["session_id"] for r in some}), len({r["address"] for r in some}))


def counted(line):
    return (line.requests, line.sessions, line.sources)


@given(rows)
def test_units_are_counted_each_in_its_own_way(some):
    assert counted(units(some)) == by_hand(some)


@given(rows)
def test_kinds_add_up_and_a_covered_day_without_attacks_is_zero(some):
    lines = kind_lines(some, DAYS)
    assert sum(line.counted.requests for line in lines) == sum(r["requests"] for r in some)
    for line in lines:
        assert list(line.days) == DAYS
        assert sum(line.days.values()) == line.counted.requests
        assert line.aimed <= line.counted.requests
        assert line.days[DAYS[3]] == 0.0
    sizes = [line.counted.requests for line in lines]
    assert sizes == sorted(sizes, reverse=True)


@given(rows)
def test_each_aim_has_a_line_and_together_they_hold_every_request(some):
    lines = aim_lines(some)
    assert len(lines) == 3
    assert sum(line.counted.requests for line in lines) == sum(r["requests"] for r in some)


@given(rows)
def test_shares_of_origin_add_up_and_lie_in_their_intervals(some):
    lines = origin_lines(some)
    of = defaultdict(list)
    for row in some:
        of[row["country"]].append(row)
    assert {line.country for line in lines} == set(of)
    for line in lines:
        assert counted(line.counted) == by_hand(of[line.country])
    whole = by_hand(some)
    for place, unit in enumerate(UNITS):
        assert sum(line.shares[unit].value for line in lines) == pytest.approx(100 if some else 0)
        for line in lines:
            share = line.shares[unit]
            assert share.value == pytest.approx(100 * counted(line.counted)[place] / whole[place])
            assert 0 <= share.low <= share.value <= share.high <= 100


def test_an_address_of_no_country_is_not_in_the_shares():
    known = {"session_id": "s", "address": "a", "country": "UA", "requests": 1}
    known |= {"network_kind": None, "place": "public"}
    lines = origin_lines([known, known | {"address": "b", "session_id": "t", "country": None, "requests": 99}])
    assert [(line.country, line.shares["requests"].value) for line in lines] == [("UA", 100.0)]


def test_each_database_is_described_the_deciding_one_first():
    row = {"database_date": None, "network_kind": None, "place": "public", "session_id": "s", "requests": 1}
    table = [
        row | {"database": "0123456789ab", "address": "a", "country": "UA", "database_date": date(2026, 1, 2)},
        row | {"database": "0123456789ab", "address": "b", "country": None, "network_kind": "hosting"},
        row | {"database": "registries", "address": "a", "country": "UA"},
        row | {"database": "registries", "address": "b", "country": "FR"},
    ]
    assert database_lines(table, "registries", {"0123456789ab": "own.mmdb"}) == (
        "registries (gives no date of its own) knows the country of 2 of 2 sources",
        "own.mmdb (built 2026-01-02) knows the country of 1 of 2 sources; kind of network: hosting 1",
    )


def test_agreement_is_said_for_databases_that_know_the_same_addresses():
    pairs = [
        Agreement("a", "b", "all", 9, 8),
        Agreement("a", "b", "hosting", 0, 0),
        Agreement("a", "b", "elsewhere", 9, 8),
    ]
    said = ("own.mmdb and b name the same country for 8 of 9 addresses, 8 of 9 addresses elsewhere",)
    assert agreement_lines(pairs, {"a": "own.mmdb"}) == said
    assert agreement_lines([Agreement("a", "b", "all", 0, 0)], {}) == ()

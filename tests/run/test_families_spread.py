"""Where texts were first: the whole way from a case's posts."""

import pytest

from tests.run.builders import make_case, take
from vigie.run.families import families

OUTLET = '\n[[outlets]]\nname = "An Organ"\ntier = "official"\nchannels = ["x:organ"]\n'
SAID = (
    "the minister hid the report from all of us",
    "they will count the votes behind closed doors again",
    "nobody asked the fishermen before the harbour was sold",
    "a bank in Lyon paid for every second poster",
    "half of the ballots were printed on the wrong paper",
)


def case_of(tmp_path, platform="x", declared=OUTLET):
    case = make_case(tmp_path / "case")
    with (case / "case.toml").open("a", encoding="utf-8") as file:
        file.write(declared)
    rows = [
        f"2017-02-{10 + n}T10:{k:02}:00.5Z,{where},p{n}{k},{channel},{text}\n"
        for n, text in enumerate(SAID)
        for k, (where, channel) in enumerate((("x", "organ"), (platform, "ana"), (platform, "bob")))
    ]
    file = tmp_path / "posts.csv"
    file.write_text("time,platform,post_id,channel_id,text\n" + "".join(rows), "utf-8")
    take(case, file)
    return case


def test_an_order_by_tier_and_platform(tmp_path):
    made = families(case_of(tmp_path, "telegram")).spread
    assert made.families == 5
    first = made.tiers[0]
    assert (first.before, first.after, first.observed, first.families) == ("official", "not declared", 5, 5)
    assert first.p_value == pytest.approx(3.0**-5)
    assert [lag.median_s for lag in made.lags] == [60.0]
    assert {(c.before, c.after, c.observed) for c in made.platforms} == {("x", "telegram", 5), ("telegram", "x", 0)}
    assert [c.steps for c in made.chains] == [("official · x", "not declared · telegram")]


def test_one_tier_on_one_platform_has_no_spread(tmp_path):
    assert families(case_of(tmp_path, declared="")).spread is None


def test_a_case_without_posts_has_none(tmp_path):
    assert families(make_case(tmp_path / "case")).spread is None

"""How agents name themselves: every example of the data file, and hostile agents."""

from __future__ import annotations

import pyarrow as pa
import pytest

from vigie.rules.crawlers import crawler_names, crawler_rules


@pytest.mark.parametrize("example", crawler_rules()["example"], ids=lambda e: e["agent"][:40])
def test_each_example_has_its_name(example):
    assert crawler_names(pa.array([example["agent"]])).to_pylist() == [example.get("name")]


def test_a_name_of_the_list_is_a_word_of_its_own():
    agents = ["Heritrix/3.1", "xheritrix/3", "heritrixx", "foo heritrix", "CUBOT/1", "cubotphone", "both"]
    assert crawler_names(pa.array(agents)).to_pylist() == ["Heritrix", None, None, "heritrix", "CUBOT", None, None]


def test_any_agent_is_read():
    agents = [None, "", "bot" * 100_000, "\x00\ud7ff bot\n", "a" * 600 + " Googlebot/2.1", "(" * 5_000 + "+http://x"]
    names = crawler_names(pa.array(agents, pa.string())).to_pylist()
    assert len(names) == len(agents)
    assert names[:2] == [None, None]
    assert all(n is None or len(n) <= 70 for n in names)


def test_nothing_is_nothing():
    assert crawler_names(pa.array([], pa.string())).to_pylist() == []


def test_the_lists_are_in_lower_case_and_say_nothing_twice():
    rules = crawler_rules()
    for key in ("names", "endings"):
        assert len(set(rules[key])) == len(rules[key])
        assert [n.lower() for n in rules[key]] == rules[key]

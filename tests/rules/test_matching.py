import re
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests import shared_data
from vigie.rules import matching
from vigie.rules.indicators import http_indicators
from vigie.rules.matching import REQUEST_COLUMNS, VERDICTS, plain_forms, verdicts
from vigie.rules.prefilter import prefilter
from vigie.testing import requests, rows
from vigie.text.decode import decode

EXAMPLES = sorted({e for i in http_indicators() for e in (*i.matches, *i.spares)})
TEXTS = st.sampled_from([*EXAMPLES, "/", "/news?id=5", "Mozilla/5.0", "É%ff\\x00"])


def by_hand(request):
    """The definition: the first indicator, in order of precedence, found in the plain form of one of its fields."""
    query = request["query"]
    sent = {**request, "target": request["path"] + ("" if query is None else "?" + query)}
    for indicator in http_indicators():
        texts = [decode(sent[f]) for f in indicator.fields if sent[f] is not None]
        fits = not indicator.statuses or request["status"] in indicator.statuses
        if fits and any(re.search(indicator.pattern, t, re.ASCII) for t in texts):
            return indicator.id
    return None


@st.composite
def request_tables(draw):
    cells = []
    for _ in range(draw(st.integers(1, 12))):
        path, mark, query = draw(TEXTS).partition("?")
        cells.append(
            {
                "client_ip": "192.0.2.1",
                "path": path,
                "query": query if mark else None,
                "status": draw(st.sampled_from([None, 200, 404])),
                "user_agent": draw(st.one_of(st.none(), TEXTS)),
                "referer": draw(st.one_of(st.none(), TEXTS)),
            }
        )
    return rows("requests", *cells).select(REQUEST_COLUMNS)


@settings(max_examples=40)
@given(request_tables())
def test_the_batch_says_what_the_definition_says(table):
    found = {v["row_id"]: v["indicator"] for v in verdicts(table).to_pylist()}
    event(f"matched: {min(len(found), 3)}")
    assert found == {r["row_id"]: i for r in table.to_pylist() if (i := by_hand(r))}


@settings(max_examples=15)
@given(request_tables(), st.integers(0, 12))
def test_cutting_the_batch_changes_nothing(table, cut):
    parts = pa.concat_tables([verdicts(table.slice(0, cut)), verdicts(table.slice(cut))])
    assert parts.equals(verdicts(table))


def test_a_pattern_is_sought_in_its_own_fields_only():
    texts = pa.array(["x1", "x2", "x3", "x4"])
    asked = [("x", [np.array([0, 1]), np.array([3, 4])]), ("x3", [np.array([0, 2])]), ("x[34]", [np.array([2, 4])])]
    assert [places.tolist() for places in matching.matching_places(texts, asked)] == [[0, 3], [], [2, 3]]


def test_a_batch_of_several_chunks_and_one_too_large_for_32_bits(monkeypatch):
    table = requests(*(f"192.0.2.1 {n} 200 GET /a?id={n}'+or+'1'='1" for n in range(9)))
    whole = verdicts(table)
    assert whole.num_rows == 9
    assert verdicts(pa.concat_tables([table.slice(0, 2), table.slice(2)])).equals(whole)
    monkeypatch.setattr(matching, "_BATCH_BYTES_MAX", 100)
    assert verdicts(table).equals(whole)


@given(st.lists(st.text(max_size=8) | TEXTS, max_size=6))
def test_plain_forms_of_a_batch_are_those_of_each(texts):
    assert plain_forms(pa.array(texts, pa.string())).to_pylist() == [decode(t) for t in texts]


def test_nothing_in_nothing_out():
    assert verdicts(requests().select(REQUEST_COLUMNS)).equals(VERDICTS.empty_table())


def test_a_payload_by_a_scanner_counts_as_the_payload():
    cell = {"client_ip": "192.0.2.1", "path": "/a", "query": "id=1'+or+'1'='1", "user_agent": "sqlmap/1.4"}
    assert verdicts(rows("requests", cell)).to_pylist()[0]["kind"] == "sql_injection"


def test_the_login_page_of_a_site_that_has_one_is_no_probe():
    table = requests("192.0.2.1 0 200 POST /wp-login.php", "192.0.2.1 1 404 POST /wp-login.php")
    assert verdicts(table)["row_id"].to_pylist() == [table["row_id"][1].as_py()]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("dev_elastic_first_half", 0.001, 0.01), ("ocatak_acunetix", 0.08, 1), ("ocatak_w3af", 0.95, 1)],
)
def test_share_of_real_logs_that_is_flagged(name, low, high):
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    table = read_log(folder / "web-logs" / f"{name}.log.gz")
    assert low <= verdicts(table).num_rows / table.num_rows <= high


def read_log(path):
    """Read a combined log plainly, so that this test rests on no source."""
    import gzip

    line = re.compile(r'^"?(\S+) .*?\] "\S* ?(.*?)(?: HTTP/[\d.]+)?" (\d{3}) \S+ "(.*?)" "(.*?)""?$')
    cells = []
    with gzip.open(path, "rt", encoding="utf-8", errors="backslashreplace") as lines:
        for text in lines:
            if found := line.match(text.strip()):
                address, target, status, referer, agent = found.groups()
                path_, mark, query = target.partition("?")
                cells.append(
                    {
                        "client_ip": address,
                        "path": path_,
                        "query": query if mark else None,
                        "status": int(status),
                        "referer": referer,
                        "user_agent": agent,
                    }
                )
    return rows("requests", *cells)


class Everything:
    """A sieve that leaves nothing out."""

    def __init__(self, patterns):
        self._patterns = patterns

    def candidates(self, texts):
        return [np.arange(len(texts))] * len(self._patterns)


@settings(max_examples=15)
@given(request_tables(), st.integers(1, 4), st.sampled_from([prefilter, Everything]), st.sampled_from([2, 64]))
def test_pieces_the_sieve_and_what_is_remembered_change_nothing(table, rows_at_a_time, sieve, remembered):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_HARMLESS_MAX", "_HARMFUL_MAX"):
            patch.setattr(matching, name, remembered)
        patch.setattr(matching, "_PIECE_ROWS", rows_at_a_time)
        other = partial(sieve)  # for which nothing is remembered yet
        found = [verdicts(table, sieve=other) for _ in range(2)]
    assert all(each.equals(verdicts(table)) for each in found)

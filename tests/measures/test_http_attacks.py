from collections import defaultdict

from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.engine.local import LocalEngine
from vigie.measures.http_attacks import MEASURE
from vigie.rules.matching import REQUEST_COLUMNS, verdicts
from vigie.tables import TABLES, split_row_id
from vigie.testing import rows

TARGETS = ["/", "/news?id=5", "/news?id=1'+or+'1'='1", "/.env", "/wp-login.php", "/s?q=<script"]


@st.composite
def request_tables(draw):
    cells = []
    for _ in range(draw(st.integers(1, 25))):
        path, mark, query = draw(st.sampled_from(TARGETS)).partition("?")
        cells.append(
            {
                "time": draw(st.integers(0, 2)) * 86_400 + draw(st.sampled_from([0, 1, 86_399])),
                "client_ip": draw(st.sampled_from(["192.0.2.1", "192.0.2.2"])),
                "host": draw(st.sampled_from([None, "", "a.example", "A.example:443", "b.example"])),
                "path": path,
                "query": query if mark else None,
                "status": draw(st.sampled_from([200, 404])),
            }
        )
    return rows("requests", *cells)


def run(table):
    with LocalEngine({"requests": table}) as engine:
        return engine.run(MEASURE.steps())


def by_hand(table):
    kinds = {v["row_id"]: v["kind"] for v in verdicts(table.select(REQUEST_COLUMNS)).to_pylist()}
    cells = defaultdict(list)
    for r in table.to_pylist():
        host = (r["host"] or "").lower().removesuffix(":443") or None
        cells[r["time"].date(), host].append(r)
    made = []
    for (day, host), rs in cells.items():
        made.append((day, host, None, 0, 0, len(rs), None, None, []))
        for kind in {kinds[r["row_id"]] for r in rs if r["row_id"] in kinds}:
            hits = [r for r in rs if kinds.get(r["row_id"]) == kind]
            times = [r["time"] for r in hits]
            ids = sorted((r["row_id"] for r in hits), key=split_row_id)
            sources = len({r["client_ip"] for r in hits})
            made.append((day, host, kind, len(hits), sources, len(rs), min(times), max(times), ids))
    return sorted(made, key=lambda m: (m[1] or "", m[0], m[2] or ""))


@settings(max_examples=30)
@given(request_tables())
def test_the_counts_are_those_of_the_definition(table):
    found = [tuple(r.values()) for r in run(table).to_pylist()]
    event(f"kinds: {len({f[2] for f in found})}")
    assert found == by_hand(table)


@settings(max_examples=15)
@given(request_tables(), st.randoms())
def test_row_order_does_not_matter(table, random):
    order = random.sample(range(table.num_rows), table.num_rows)
    assert run(table.take(order)).equals(run(table))


def test_nothing_in_nothing_out():
    assert run(TABLES["requests"].seen.empty_table()).equals(MEASURE.schema.empty_table())

"""Laws that hold for every detector; a new file in detectors/ is held to them at once."""

from __future__ import annotations

import inspect
import sys
from random import Random

import pyarrow as pa
import pytest
from hypothesis import event, given, settings

from tests.strategies import dense_tables, empty_tables, seeds
from vigie.detectors import Detector, all_detectors
from vigie.engine import Groups, Rows, Step
from vigie.engine.local import LocalEngine
from vigie.measures import measured
from vigie.parameters import parameters
from vigie.tables import FOUND, check, split_row_id

EVERY = pytest.mark.parametrize("detector", [d for _, d in all_detectors()], ids=[n for n, _ in all_detectors()])


def measure(detector: Detector, relations: dict[str, pa.Table]) -> pa.Table:
    return measured(detector.reads, relations)


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    order = Random(seed).sample(range(table.num_rows), table.num_rows)
    return table.take(pa.array(order, pa.int64()))


@EVERY
@settings(max_examples=12)
@given(seed=seeds)
def test_findings_rest_on_rows_that_exist_and_not_on_their_order(detector: Detector, seed):
    relations = dense_tables(seed, detector.reads.tables)
    found = detector.run(measure(detector, relations))
    event(f"findings: {min(found.num_rows, 2)}")  # if it is always 0, the test proves nothing

    again = measure(detector, {name: shuffled(table, seed) for name, table in relations.items()})
    assert detector.run(again).equals(found)
    assert detector.run(shuffled(again, seed)).equals(found)

    seen_at = {}
    for name, table in relations.items():
        if not name.startswith("case_"):
            seen_at |= dict(zip(table["row_id"].to_pylist(), table["time"].to_pylist(), strict=True))
    for finding in found.to_pylist():
        evidence = finding["evidence_ids"]
        assert evidence
        assert evidence == sorted(set(evidence), key=split_row_id)
        assert set(evidence) <= set(seen_at)
        times = [seen_at[row] for row in evidence]
        assert (finding["first_seen"], finding["last_seen"]) == (min(times), max(times))
        assert finding["subject_ids"] == sorted(set(finding["subject_ids"]))
        assert finding["subject_ids"]
        assert finding["title"] == finding["title"].strip() != ""
        assert "\n" not in finding["title"]
        assert finding["p_value"] is None or 0 <= finding["p_value"] <= 1
        assert finding["low"] is None or finding["low"] <= finding["value"] <= finding["high"]
    assert found["subject_ids"].to_pylist() == sorted(found["subject_ids"].to_pylist())


@EVERY
def test_most_dense_tables_make_it_fire(detector: Detector):
    fired = [detector.run(measure(detector, dense_tables(s, detector.reads.tables))).num_rows > 0 for s in range(8)]
    assert sum(fired) > len(fired) // 2


@EVERY
def test_nothing_in_nothing_out(detector: Detector):
    measured = measure(detector, {name: empty_tables()[name] for name in detector.reads.tables})
    assert measured.schema == detector.reads.schema
    assert detector.run(detector.reads.schema.empty_table()).equals(FOUND.empty_table())
    assert detector.run(measured).equals(FOUND.empty_table())


@EVERY
def test_the_docstring_is_a_documentation_page(detector: Detector):
    doc = inspect.getdoc(sys.modules[detector.run.__module__]) or ""
    first, _, rest = doc.partition("\n")
    name, _, summary = first.partition(": ")
    assert name
    assert summary.endswith(".")
    headings = [line for line in rest.splitlines() if line and not line.startswith((" ", ">>>", "..."))]
    assert headings[:3] == ["What it measures", "What it cannot say", "Sources"]
    assert ">>> " in rest


@EVERY
def test_parameters_are_annotated_keywords_with_bounds(detector: Detector):
    own, measures = parameters(detector.run), detector.reads.parameters
    assert not set(own) & set(measures)
    for parameter in (*own.values(), *measures.values()):
        assert parameter.type in {int, float, str, bool}
        assert isinstance(parameter.default, parameter.type)
        if parameter.type in {int, float}:
            assert parameter.bounds is not None
            assert parameter.bounds.low <= parameter.default <= parameter.bounds.high
    positional = [p for p in inspect.signature(detector.run).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    assert len(positional) == 1


@EVERY
def test_the_file_is_named_as_the_function(detector: Detector):
    assert detector.run.__module__.rpartition(".")[2] == detector.run.__name__


class LawfulEngine(LocalEngine):
    """Runs each step twice: as the engine cuts it, and in pieces as small as its shape allows."""

    checked = 0

    def _step(self, step: Step) -> pa.Table:
        whole = super()._step(step)
        if isinstance(step, Rows | Groups):
            order = (*step.key, *step.order) if isinstance(step, Groups) else ()
            batches = [b for b in self._scan(step.columns, step.input, order) if b.num_rows]
            if not batches:
                return whole
            table = pa.Table.from_batches(batches)
            function = self._function(step)
            if pieces := [check(function(piece), step.schema, where=step.name) for piece in cut(table, step)]:
                assert pa.concat_tables(pieces).equals(whole)
                LawfulEngine.checked += len(pieces)
        return whole


def cut(table: pa.Table, step: Rows | Groups) -> list[pa.Table]:
    """Return a few rows at a time, or each group on its own."""
    if isinstance(step, Rows):
        return [table.slice(n, 7) for n in range(0, table.num_rows, 7)]
    keys = list(zip(*(table[k].to_pylist() for k in step.key), strict=True))
    starts = [n for n, key in enumerate(keys) if n == 0 or key != keys[n - 1]]
    return [table.slice(a, b - a) for a, b in zip(starts, [*starts[1:], table.num_rows], strict=True)]


@EVERY
def test_steps_give_the_same_however_their_input_is_cut(detector: Detector):
    LawfulEngine.checked = 0
    measured(detector.reads, dense_tables(1, detector.reads.tables), engine=LawfulEngine)
    assert LawfulEngine.checked > 1

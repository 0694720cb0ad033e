"""The measure record, and how a measure of this folder is found by its name."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vigie.engine.local import LocalEngine
from vigie.parameters import parameters
from vigie.tables import CASE_TABLES, MODEL_TABLES, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import pyarrow as pa

    from vigie.engine import Step
    from vigie.parameters import Parameter


_GIVEN: Final = {n: table.seen for n, table in TABLES.items()} | CASE_TABLES | MODEL_TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure, declared once. Its parameters are the annotated keywords of `steps`.

    `reads` names the tables it needs: of `vigie.tables.TABLES`, of the case (`case_candidates`, `case_channels`,
    `case_servers`, `case_rounds`), of a model (`text_vectors`), or another measure's, whose parameters are then this
    one's as well. Of those in `either` any one is enough. `version` is raised whenever the same inputs would give
    another result.
    """

    name: str
    version: int
    reads: tuple[str, ...]
    steps: Callable[..., tuple[Step, ...]]
    schema: pa.Schema
    either: tuple[str, ...] = ()

    @property
    def inner(self) -> tuple[Measure, ...]:
        """Return the measures whose tables this one reads."""
        return tuple(named(n) for n in self.reads if n not in _GIVEN)

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables it needs in the end, sorted: its own, and those of the measures it reads."""
        own = {n for n in self.reads if n in _GIVEN}
        return tuple(sorted(own.union(*(m.tables for m in self.inner))))

    def lacking(self, held: Collection[str]) -> tuple[str, ...]:
        """Return the tables it needs and that are not `held`, sorted; of `either` all, where it has none of them.

        Tables of the case may be empty, and `ip_ranges`, too.
        """
        lacks: dict[str, set[str]] = {}
        for name in self.reads:
            if name not in _GIVEN:
                lacks[name] = set(named(name).lacking(held))
            elif name not in CASE_TABLES and name != "ip_ranges":
                lacks[name] = {name}.difference(held)
        if any(not lacks[name] for name in self.either):
            for name in self.either:
                lacks[name] = set()
        return tuple(sorted(set().union(*lacks.values())))

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters of the measures it reads, then its own, by name."""
        found: dict[str, Parameter] = {}
        for inner in self.inner:
            found |= inner.parameters
        return found | parameters(self.steps)

    def made_with(self, values: Mapping[str, Any]) -> tuple[Step, ...]:
        """Return the steps for those of `values` that are its own parameters."""
        own = parameters(self.steps)
        return self.steps(**{name: value for name, value in values.items() if name in own})


def named(name: str) -> Measure:
    """Return the measure of that name."""
    measure: Measure = importlib.import_module(f"{__name__}.{name}").MEASURE
    return measure


def measured(
    measure: Measure,
    relations: Mapping[str, pa.Table],
    *,
    engine: type[LocalEngine] = LocalEngine,
    **values: object,
) -> pa.Table:
    """Return the measured table of `relations`, tables in their seen form; the measures it reads are made on the way.

    `values` are parameters of `measure`. A table of `measure.tables` that is left out is empty. This is for examples,
    tests and benchmarks: a case keeps what was measured.
    """
    given = {n: relations[n] if n in relations else _GIVEN[n].empty_table() for n in measure.tables}
    for inner in measure.inner:
        given[inner.name] = measured(
            inner, given, engine=engine, **{n: v for n, v in values.items() if n in inner.parameters}
        )
    with engine({n: given[n] for n in measure.reads}) as running:
        return running.run(measure.made_with(values))

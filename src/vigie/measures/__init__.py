"""The measure record, and the discovery of every measure in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigie.engine.local import LocalEngine
from vigie.tables import CASE_TABLES, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from vigie.engine import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure, declared once. Its parameters are the annotated keywords of `steps`.

    `reads` names the tables it needs: of `vigie.tables.TABLES`, of the case (`case_candidates`, `case_channels`,
    `case_servers`, `case_rounds`), or another measure's, which then takes no parameters. `version` is raised whenever
    the same inputs would give another result.
    """

    name: str
    version: int
    reads: tuple[str, ...]
    steps: Callable[..., tuple[Step, ...]]
    schema: pa.Schema

    @property
    def inner(self) -> tuple[Measure, ...]:
        """Return the measures whose tables this one reads."""
        return tuple(named(n) for n in self.reads if n not in TABLES and n not in CASE_TABLES)

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables it needs in the end, sorted: its own, and those of the measures it reads."""
        own = {n for n in self.reads if n in TABLES or n in CASE_TABLES}
        return tuple(sorted(own.union(*(m.tables for m in self.inner))))


def named(name: str) -> Measure:
    """Return the measure of that name."""
    measure: Measure = importlib.import_module(f"{__name__}.{name}").MEASURE
    return measure


def all_measures() -> Iterator[Measure]:
    """Yield the record of each module here, in the order of their names."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        yield named(module.name)


def measured(
    measure: Measure,
    relations: Mapping[str, pa.Table],
    *,
    engine: type[LocalEngine] = LocalEngine,
    **parameters: object,
) -> pa.Table:
    """Return the measured table of `relations`, tables in their seen form; the measures it reads are made on the way.

    A table of `measure.tables` that is left out is empty. This is for examples, tests and benchmarks: a case keeps what
    was measured.
    """
    empty = {n: TABLES[n].seen if n in TABLES else CASE_TABLES[n] for n in measure.tables}
    given = {n: relations[n] if n in relations else schema.empty_table() for n, schema in empty.items()}
    given |= {inner.name: measured(inner, given, engine=engine) for inner in measure.inner}
    with engine({n: given[n] for n in measure.reads}) as running:
        return running.run(measure.steps(**parameters))

"""The measured polls of a case: all of them, or those that could be known on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vigie import case as case_file
from vigie.detectors import all_detectors
from vigie.engine.local import LocalEngine
from vigie.measures import named
from vigie.run.add import STORE, relation
from vigie.run.analyse import Measured, parameters_of
from vigie.tables.store import Store

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from vigie.case import Case
    from vigie.measures import Measure

POLLS_DETECTOR: Final = "poll_shift"
PUBLISHED_DAYS_MAX: Final = 30
_LAST_DAY: Final = "coalesce(fieldwork_end, cast(time at time zone 'UTC' as date))"
_KNOWN_SQL: Final = f"select * from polls where {_LAST_DAY} <= $at and coalesce(published <= $at, true)"
# A day of publication long after the interviews is a slip of the pen, or another publication.
_KNOWN_DAY: Final = (
    f"greatest({_LAST_DAY}, least(coalesce(published, {_LAST_DAY}), {_LAST_DAY} + {PUBLISHED_DAYS_MAX}))"
)
_DAYS_SQL: Final = f"""
select min({_LAST_DAY}) as first, max({_LAST_DAY}) as last, max({_KNOWN_DAY}) as known, count(*) as figures from polls
"""


class PollTables:
    """The measures of a case's polls; for use within `measuring(folder)`.

    With a day, figures whose fieldwork ended after it, or that are known to have been published after it, are given to
    no measure. `figures` counts those that are given. Whatever the day, `first` and `last` are those on which the
    fieldwork of the case's first and last poll ended, and on `known` the last became known.
    """

    def __init__(self, folder: Path, at: date | None = None) -> None:
        self.case: Case = case_file.load(folder)
        self.values = parameters_of(self.case, POLLS_DETECTOR, dict(all_detectors())[POLLS_DETECTOR])
        store = Store(folder / STORE)
        manifest = store.manifest()
        self._measured = Measured(folder, self.case, store, manifest)
        self._given: dict[str, pa.Table] | None = None
        self.lacking = self._measured.lacking(named("poll_figures"))
        self.first: date | None = None
        self.last: date | None = None
        self.known: date | None = None
        self.figures = 0
        if self.lacking:
            return
        with LocalEngine({"polls": relation(store, "polls", manifest)}) as engine:
            (days,) = engine.query(_DAYS_SQL).to_pylist()
            self.first, self.last, self.known, self.figures = (days[n] for n in ("first", "last", "known", "figures"))
            if at is None:
                return
            known = engine.query(_KNOWN_SQL, at=at)
        if known.num_rows < self.figures:
            self.figures = known.num_rows
            self._given = {"polls": known} | self.case.tables()

    def table(self, name: str) -> pa.Table:
        """Return a measure's table: of the day's figures made anew, else from the case's cache."""
        measure = named(name)
        return self._measured.table(measure, self.values) if self._given is None else self._made(measure, self._given)

    def _made(self, measure: Measure, known: dict[str, pa.Table]) -> pa.Table:
        if measure.name not in known:
            given: dict[str, Any] = {n: known[n] for n in measure.reads if n in known}
            given |= {inner.name: self._made(inner, known) for inner in measure.inner}
            with LocalEngine(given) as engine:
                known[measure.name] = engine.run(measure.made_with(self.values))
        return known[measure.name]

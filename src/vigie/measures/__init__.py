"""The measure record, and the discovery of every measure in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from vigie.engine import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure, declared once. Its parameters are the annotated keywords of `steps`.

    `reads` names the tables it needs (of `vigie.tables.TABLES`, or of the case: `case_candidates`, `case_channels`,
    `case_servers`, `case_rounds`). `version` is raised whenever the same inputs would give another result.
    """

    name: str
    version: int
    reads: tuple[str, ...]
    steps: Callable[..., tuple[Step, ...]]
    schema: pa.Schema


def all_measures() -> Iterator[Measure]:
    """Yield the record of each module here, in the order of their names."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        yield importlib.import_module(f"{__name__}.{module.name}").MEASURE

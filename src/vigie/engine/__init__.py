"""Where a measure runs. A measure is a short list of steps of five shapes; nothing else touches an engine.

- `Rows`: every batch on its own (parse, normalise, classify, fingerprint);
- `Distinct`: the texts that occur (user agents, hosts), so that what follows asks about each once;
- `Groups`: all rows of a key, sorted (co-shares of one object, sessions of one client);
- `Grown`: all rows in the order in which they arrived, with what was kept of those that were there the last time (texts
  looked up among all before them);
- `Query`: SQL over the named relations, bound parameters only.

Each step's result is a relation that later steps name as their input. The last step's result is the measured table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """`function` maps any batch of `input`'s `columns` to rows of `schema`, however the batches are cut.

    `beside` names relations small enough to be held whole: then `function` is called with their tables, once, and
    returns the function of a batch.
    """

    name: str
    input: str
    columns: tuple[str, ...]
    function: Callable[..., Any]
    schema: pa.Schema
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """The distinct rows of `input`'s `columns`, all texts, in ascending order, nulls first."""

    name: str
    input: str
    columns: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """Return the columns as texts."""
        return pa.schema([(name, pa.string()) for name in self.columns])


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """`function` maps whole groups of equal `key`, each sorted by `order`, to rows of `schema`.

    A call receives one or more whole groups, one after another in ascending order of `key`: so that a kernel can run
    over many small groups at once. The result must equal what one call per group would give, concatenated. Without
    `order` the rows of a group may stand in any, which costs less where groups are large. `beside` is what it is in
    `Rows`.
    """

    name: str
    input: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    function: Callable[..., Any]
    schema: pa.Schema
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """`function` maps the rows of `input`'s `columns`, in the order in which they arrived, to rows of `schema`.

    Files stand in the order they were added in, records in that of their file; a table in memory in the order of its
    row ids, since nothing says which file came first. The function is called with an iterable of batches, cut anyhow,
    that can be gone through again, and with the path of a folder, its own, in which it may keep what it likes; or with
    None where nothing is kept. The result must equal what no folder gives, whatever stands in the folder: it may be of
    other rows or of another version, cut short or damaged.
    """

    name: str
    input: str
    columns: tuple[str, ...]
    function: Callable[[Iterable[pa.Table], Path | None], pa.Table]
    schema: pa.Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One SELECT over the relations by name; values only as `$name` parameters."""

    name: str
    sql: str
    schema: pa.Schema
    params: Mapping[str, Any] = field(default_factory=dict)


Step = Rows | Distinct | Groups | Grown | Query

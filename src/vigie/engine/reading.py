"""What the reading of a store can meet: a damaged part, a full disk."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa

from vigie.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A query that is wrong is a fault of this program, not of a file.
_OURS: Final = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.SyntaxException)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Turn what a damaged part or a full disk causes into an error that says so; DuckDB's text names the file."""
    try:
        yield
    except _OURS:
        raise
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        what = str(error).split("\n", 1)[0]
        hint = "where a part is damaged, remove the case's folder store and add the files again"
        message = f"the store cannot be read through: {what}\n  hint: {hint}"
        raise StoreError(message) from error

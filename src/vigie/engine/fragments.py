"""Pieces of SQL that several measures say alike."""

from __future__ import annotations

from typing import Final

# The order of files and of the records in each.
ROW_ORDER: Final = "split_part(row_id, ':', 1), cast(split_part(row_id, ':', 2) as bigint)"


def host(column: str = "host") -> str:
    """Return the host of a request, in lower case and without its port; null where the log names none.

    >>> import duckdb
    >>> duckdb.sql(f"select {host('h')} from (values ('A.example:443'), ('')) t(h)").fetchall()
    [('a.example',), (None,)]
    """
    return f"nullif(regexp_replace(lower({column}), ':[0-9]+$', ''), '')"


def day(time: str = "time") -> str:
    """Return the UTC day of a timestamp; integer arithmetic, for DuckDB's own truncation follows the session's zone.

    >>> import duckdb
    >>> duckdb.sql(f"select {day('make_timestamptz(86400000000)')}").fetchall()
    [(datetime.date(1970, 1, 2),)]
    """
    return f"cast(date '1970-01-01' + cast(epoch_us({time}) // 86400000000 as integer) as date)"

"""The tables: what one row is, each column's unit, and what null means. `schemas` declares, `store` keeps."""

from vigie.tables.schemas import (
    CASE_TABLES,
    FINDINGS,
    FOUND,
    MODEL_TABLES,
    REFUSED,
    TABLES,
    UTC_US,
    Column,
    Table,
    check,
    described,
    empty,
    row_id,
    split_row_id,
)

__all__ = [
    "CASE_TABLES",
    "FINDINGS",
    "FOUND",
    "MODEL_TABLES",
    "REFUSED",
    "TABLES",
    "UTC_US",
    "Column",
    "Table",
    "check",
    "described",
    "empty",
    "row_id",
    "split_row_id",
]

"""From a mapping file to a source: the one entry for a user's own formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigie.errors import InputError

if TYPE_CHECKING:
    from vigie.sources import Source
    from vigie.sources.mapping import Mapping


def source_for(mapping: Mapping) -> Source:
    """Return the source that reads files as `mapping` says.

    Raises
    ------
    InputError
        for a combination of shape and table that nothing reads.
    """
    if mapping.table == "posts" and mapping.shape == "csv":
        from vigie.sources import posts_csv

        return posts_csv.source(mapping)
    if mapping.table == "posts":
        from vigie.sources import posts_json

        return posts_json.source(mapping)
    if mapping.shape == "csv" and mapping.candidates is not None:
        from vigie.sources import polls_wide

        return polls_wide.source(mapping)
    if mapping.shape == "csv":
        from vigie.sources import polls_csv

        return polls_csv.source(mapping)
    what = f"no reader for {mapping.table} as {mapping.shape}"
    raise InputError(what, where=mapping.name, hint="polls are read from CSV")

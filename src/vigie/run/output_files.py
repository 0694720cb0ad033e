"""Files that a command is asked to write, looked at before it begins its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigie.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def check_output(out: Path, what: str = "", suffixes: Sequence[str] = ()) -> None:
    """Raise where `out` cannot be written: `what`, with its verb, goes to files that end in one of `suffixes`, if any.

    Raises
    ------
    InputError
        if its name ends in none of them, its folder is missing, or it is a folder itself.
    """
    if suffixes and out.suffix.lower() not in suffixes:
        hint = f"let it end in {', '.join(suffixes)}"
        raise InputError(f"no kind of file that {what} written to", where=str(out), hint=hint)
    if not out.absolute().parent.is_dir():
        raise InputError("there is no such folder", where=str(out.parent), hint="make it first")
    if out.is_dir():
        raise InputError("is a folder", where=str(out), hint="name a file in it")

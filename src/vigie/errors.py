"""Every error a user can cause: what is wrong, where, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class VigieError(Exception):
    """Base class; the command line prints it without a traceback and exits 2."""


class InputError(VigieError, ValueError):
    """Bad data or a bad argument: `where` is a file, `path:line` or `table.column`.

    >>> print(InputError("not a date: '31 Feb'", where="case.toml:7", hint="write 2017-02-28"))
    case.toml:7: not a date: '31 Feb'
      hint: write 2017-02-28
    """

    def __init__(self, what: str, *, where: str, hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(f"{where}: {what}" + (f"\n  hint: {hint}" if hint else ""))


class StoreError(VigieError):
    """The store is locked, damaged or cannot be written; what was visible before still is."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file, of possibly many found in the same reading."""

    where: str
    what: str
    hint: str = ""


class ProblemsError(VigieError, ValueError):
    """Several problems at once, in the order of their lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(InputError(p.what, where=p.where, hint=p.hint)) for p in self.problems))

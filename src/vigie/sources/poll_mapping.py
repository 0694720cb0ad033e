"""What only mappings of polls say: which columns are candidates, and which rows are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as AnyMapping

_KEYS: Final = ("columns", "all_but", "names", "hypothesis")
FILLED: Final = "filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Which columns hold the figures of one candidate each.

    columns: their names; empty: all that fill no other column and are neither ignored nor in `all_but`.
    names: how a candidate is called whose column has another name.
    by_filled: the hypothesis of a row is which of its candidates have a figure.
    """

    columns: tuple[str, ...] = ()
    all_but: tuple[str, ...] = ()
    names: AnyMapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    by_filled: bool = False


def read_candidates(
    given: dict[str, Any],
    known: Callable[[dict[str, Any], tuple[str, ...], str], None],
    texts: Callable[..., tuple[str, ...]],
    wrong: Callable[[str, str, str], None],
) -> Candidates:
    """Read `[candidates]`: `known`, `texts` and `wrong` are those of the reader of the file."""
    known(given, _KEYS, "candidates.")
    if ("columns" in given) == ("all_but" in given):
        hint = "name the candidates' columns, or those that are none among the columns not used otherwise"
        wrong("candidates", "needs either columns or all_but", hint)
    names = given.get("names", {})
    if not isinstance(names, dict) or not all(isinstance(name, str) and name for name in names.values()):
        wrong("candidates.names", "must be a table of texts: a column's name and the candidate's", "")
        names = {}
    hypothesis = given.get("hypothesis", "")
    if hypothesis not in ("", FILLED):
        wrong("candidates.hypothesis", f"must be {FILLED!r}, not {hypothesis!r}", "or fill it under [columns]")
    columns = texts(given, "columns", prefix="candidates.")
    if "columns" in given and not columns:
        wrong("candidates.columns", "names none", "")
    return Candidates(
        columns=columns,
        all_but=texts(given, "all_but", prefix="candidates."),
        names=MappingProxyType(dict(names)),
        by_filled=hypothesis == FILLED,
    )


def read_without(
    given: Any, table: str, texts: Callable[..., tuple[str, ...]], wrong: Callable[[str, str, str], None]
) -> tuple[AnyMapping[str, tuple[str, ...]], ...]:
    """Read `without`: a table, or a list of tables, of columns and the words that all of them hold in such a row."""
    if given and table != "polls":
        wrong("without", "only rows of polls can be left out", "")
    asked = [given] if isinstance(given, dict) else given
    if not isinstance(asked, list) or not all(isinstance(one, dict) and one for one in asked):
        wrong("without", "must be a table of their columns, each with a text or texts, or a list of such", "")
        return ()
    return tuple(MappingProxyType({column: texts(one, column, prefix="without.") for column in one}) for one in asked)

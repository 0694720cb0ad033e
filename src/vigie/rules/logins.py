"""Login pages by their path: patterns kept as data in `logins.toml`, each with examples.

A page has: `id`; `pattern`, the end of a path (see the file); `matches` and `spares`, examples of whole paths as
logged; `references`; `false_positives`; optionally `anywhere`, true where the folders named in `texts` are no reason
to think that the page is about logins only. What is in the query ("?page=login") is not looked at, and HTTP's own
authentication (status 401) has no page.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from vigie.errors import Problem, ProblemsError
from vigie.rules.records import are_texts, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE: Final = "logins.toml"
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Letters, hyphens, dots, slashes and underscores that were sent as an escape: no browser does that.
_DISGUISED: Final = "%(?:2[def]|[46][1-9a-f]|[57][0-9a]|5f)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """One pattern; see the module's docstring."""

    id: str
    pattern: str
    matches: tuple[str, ...]
    spares: tuple[str, ...]
    references: tuple[str, ...]
    false_positives: str
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class LoginPages:
    """All pages, and the pattern of folders of texts."""

    texts: str
    pages: tuple[LoginPage, ...]

    def pattern(self, *, anywhere: bool) -> str:
        """Return the pattern of a whole path of the pages that are, or are not, login pages in any folder."""
        ends = "|".join(p.pattern for p in self.pages if p.anywhere is anywhere)
        return f"^(?:[a-z]{{3,5}}://[^/]*)?(?:/[^/]*)*/(?:{ends})/*(?:;.*)?$"


@cache
def login_pages() -> LoginPages:
    """Return the login pages.

    Raises
    ------
    ProblemsError
        naming every page and key that is wrong.
    """
    return read_login_pages(files("vigie.rules").joinpath(_FILE).read_text(encoding="utf-8"))


def read_login_pages(text: str) -> LoginPages:
    """Return the pages of a TOML text.

    Raises
    ------
    ProblemsError
        with every mistake in it.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemsError([Problem(_FILE, f"not TOML: {error}")]) from None
    problems = [
        Problem(f"{_FILE}:{k}", "unknown key", "texts, [[page]]") for k in document if k not in {"texts", "page"}
    ]
    texts = document.get("texts")
    problems += [Problem(f"{_FILE}:texts", what) for what in _wrong_pattern(texts)]
    found: dict[str, LoginPage] = {}
    raws = document.get("page", ())
    problems += read_records(_FILE, raws, noun="page", record=LoginPage, known=found, wrong_value=_wrong_value)
    if problems:
        raise ProblemsError(problems)
    return LoginPages(str(texts), tuple(found.values()))


def is_login(paths: pa.Array[Any] | pa.ChunkedArray[Any]) -> pa.BooleanArray:
    """Return where a path, as logged and in any case, is that of a login page; a null is none.

    >>> import pyarrow as pa
    >>> is_login(pa.array(["/WP-login.php", "/login/", "/articles/login-problems", None])).to_pylist()
    [True, True, False, False]
    """
    whole: pa.Array[Any] = paths.combine_chunks() if isinstance(paths, pa.ChunkedArray) else paths
    disguised = _search(whole, _DISGUISED)
    if disguised.true_count:
        plain = pa.array([unquote(str(path)) for path in whole.filter(disguised).to_pylist()], whole.type)
        whole = pc.replace_with_mask(whole, disguised, plain)
    pages = login_pages()
    about = pc.or_(pc.invert(_search(whole, pages.pattern(anywhere=False))), _search(whole, pages.texts))
    return pc.or_(pc.invert(about), _search(whole, pages.pattern(anywhere=True)))


def _search(paths: pa.Array[Any], pattern: str) -> pa.BooleanArray:
    found: pa.BooleanArray = pc.match_substring_regex(paths, pattern, ignore_case=True).fill_null(False)  # type: ignore[assignment]  # noqa: FBT003
    return found


def _wrong_value(key: str, value: object) -> Iterator[tuple[str, str]]:
    if key in {"matches", "spares", "references"} and not are_texts(value):
        yield "not a list of texts, or empty", ""
    elif key in {"id", "false_positives"} and not (isinstance(value, str) and value):
        yield "not a text, or empty", ""
    elif key == "id" and not _ID.fullmatch(str(value)):
        yield f"not an id: {value!r}", "lower case, words joined by hyphens"
    elif key == "anywhere" and not isinstance(value, bool):
        yield "neither true nor false", ""
    elif key == "pattern":
        yield from ((what, "") for what in _wrong_pattern(value))


def _wrong_pattern(pattern: object) -> Iterator[str]:
    if not (isinstance(pattern, str) and pattern):
        yield "not a text, or empty"
        return
    try:
        empty = re.fullmatch(pattern, "", re.ASCII)
        pc.match_substring_regex(pa.array([""]), pattern)
    except (re.error, pa.ArrowInvalid) as error:
        yield f"not a pattern that RE2 and re share: {error}"
        return
    if empty:
        yield "matches the empty text: it would match every path"
    if re.search(r"[A-Z]", re.sub(r"\\.", "", pattern)):
        yield "an upper-case letter: paths are matched in lower case"

"""How a user agent names itself as a crawler: names and endings are data (`crawlers.toml`), with examples.

The name is a claim that anybody can make; nothing may be excused for it alone.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = "crawlers.toml"
# What a header may hold is up to the client: no more of it is looked at, or shown.
_CHARS_MAX: Final = 500


@cache
def crawler_rules() -> Mapping[str, Any]:
    """Return the file's names, endings and examples."""
    return tomllib.loads(files("vigie.rules").joinpath(_FILE).read_text(encoding="utf-8"))


@cache
def _pattern() -> str:
    rules = crawler_rules()
    names = "|".join(re.escape(n) for n in sorted(rules["names"], key=lambda n: (-len(n), n)))
    endings = "|".join(map(re.escape, rules["endings"]))
    # A name of the list; a word with such an ending ("bot", "bot-image"); the first product where "+http" follows it.
    return (
        rf"(?:^|[^a-z0-9_-])(?P<listed>{names})(?:$|[^a-z0-9_])"
        rf"|(?:^|[^a-z0-9._-])(?P<ending>[a-z0-9._-]{{0,40}}(?:{endings})(?:-[a-z]{{1,20}})?)(?:$|[^a-z0-9._-])"
        r"|(?:^|compatible; )(?P<product>[a-z][a-z0-9._-]{1,40})(?:/[^\s;()+]{0,40})?[;,\s(]{1,3}\+ ?https?://"
    )


def crawler_names(agents: pa.Array[Any]) -> pa.Array[Any]:
    """Return the name by which each user agent calls itself a crawler; null where it does not, or is null.

    >>> import pyarrow as pa
    >>> crawler_names(pa.array(["Mozilla/5.0 (compatible; bingbot/2.0)", "curl/7", None])).to_pylist()
    ['bingbot', None, None]
    """
    named: Any = pc.match_substring_regex(agents, _pattern(), ignore_case=True).fill_null(False)  # noqa: FBT003
    search = re.compile(_pattern(), re.ASCII | re.IGNORECASE).search
    found = []
    for agent in agents.filter(named).to_pylist():
        match = search(str(agent)[:_CHARS_MAX])
        found.append(match[match.lastgroup or 0] if match else None)
    names: pa.Array[Any] = pc.replace_with_mask(pa.nulls(len(agents), pa.string()), named, pa.array(found, pa.string()))
    return names

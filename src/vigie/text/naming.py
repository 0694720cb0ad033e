"""Whether a post names an outlet, its site or one of its channels: then it says where its text is from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def naming(outlet: str, sites: Iterable[str], handles: Iterable[str]) -> Callable[[str, Sequence[str]], bool]:
    """Return whether a post's words, and what it links and mentions, name the outlet, a site of it, or a handle.

    The outlet's name and its sites count as whole words, in any case; a handle counts after "@", as part of an address
    ("t.me/name"), or as one of the mentions.

    >>> names_it = naming("RT", ["rt.com"], ["RT_com"])
    >>> [names_it(text, []) for text in ("As RT says", "https://www.rt.com/1", "thanks @rt_com!", "t.me/rt_com/5")]
    [True, True, True, True]
    >>> names_it("words alone", ["https://fr.rt.com/2"]), names_it("words", ["RT_com"]), names_it("fine art", [])
    (True, True, False)
    """
    words = {folded for name in (outlet, *sites) if (folded := fold_id(name))}
    wanted = {handle.strip().lstrip("@").casefold() for handle in handles} - {""}
    any_of = "|".join(map(re.escape, sorted(wanted)))
    address = re.compile(rf"[@/](?:{any_of})(?!\w)") if wanted else None

    def names_it(text: str, beside: Sequence[str]) -> bool:
        everything = " ".join((text, *beside))
        folded = f"-{fold_id(everything)}-"
        if any(f"-{word}-" in folded for word in words):
            return True
        if any(one.strip().lstrip("@").casefold() in wanted for one in beside):
            return True
        return address is not None and address.search(everything.casefold()) is not None

    return names_it

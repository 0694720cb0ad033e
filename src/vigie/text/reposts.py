"""Texts that republish and say so themselves, without an export's mark: "RT @ana: ...".

Three forms are taken. In the public accounts they were counted in, "RT @name" opens every tenth post of 2013 to 2017,
and an opening quotation mark with "@name:", the retweet by hand, every fiftieth of one account's; "RT name:" is what an
export leaves that strips at signs. A credit ("via @name", "h/t @name", 0.3 % of posts) and a changed text ("MT @name")
are no reposts: a press button or a person adds them to a text of the account's own, and next to none occurs twice.
"""

from __future__ import annotations

import re
from typing import Final

_REPOST: Final = re.compile(
    r"\s*(?:rt\s{1,3}@(?P<at>\w{1,64}(?:@[\w.-]{1,64})?)\s?:?|rt (?P<bare>\w{1,64}):"
    "|[\"'\u201c\u201d\u201e\u00ab\u2018\u2019]\\s?@(?P<quoted>\\w{1,64})\\s?:)",
    re.IGNORECASE,
)
_SEEN: Final = 160


def reposted(text: str) -> tuple[str, str] | None:
    """Return whom `text` says it republishes, in lower case, and how it goes on after that; or None.

    >>> reposted("RT @Ana: the minister knew"), reposted('"@ana: he knew" indeed'), reposted("art @ana")
    (('ana', ' the minister knew'), ('ana', ' he knew" indeed'), None)
    """
    found = _REPOST.match(text, 0, _SEEN)
    if not found:
        return None
    name = found["at"] or found["bare"] or found["quoted"]
    return name.lower(), text[found.end() :]

"""The key of a text: what is left when all that costs nothing to change is taken away.

Two texts are identical after normalisation where their keys are equal. A key is compared, never shown. Taken away, in
this order: HTML entities; zero-width, bidirectional and control characters; case, compatibility forms (full-width,
ligatures, mathematical letters), accents; the prefix of a repost ("RT @x:"), links, handles; punctuation, signs, emoji;
repeated white space. Digits stay: two bulletins that differ in a figure are two texts.

Letters of Cyrillic and Greek that look like Latin ones become Latin, in every word. Folding only words that mix
scripts would miss a word of which every letter was replaced, and nothing is lost: no two
letters of the Russian, Ukrainian, Serbian, Macedonian or Greek alphabet are folded together (a test says so).

Sources: Unicode UAX #15 (NFKD), UTS #39 (confusables; here only letters that pass for Latin in running text).
"""

from __future__ import annotations

import hashlib
import html
import re
from typing import Final

from vigie.text.fold import decomposed, is_accent, is_word

# After case folding. Shapes are those of the capitals where the small letter looks different (the En and the Eta of H).
_CYRILLIC: Final = (
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb"
)
_CYRILLIC_AS: Final = "abekmhopctyxijsdqwh"
_GREEK: Final = "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7"
_GREEK_AS: Final = "abezhikmnoptyx"
LOOKALIKES: Final = dict(zip(_CYRILLIC + _GREEK, _CYRILLIC_AS + _GREEK_AS, strict=True))

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
# Bounded repeats, and every pattern begins with a literal: linear on any text, and fast where there is nothing to find.
_REPOST: Final = re.compile(r"\s*rt @\w{1,64}\s?:?")
_LINK: Final = re.compile(r"http(?:s?:\S+|s?:?\.\.\.\s*\Z)")
_BARE_LINK: Final = re.compile(r"(?:www\.|t\.co/|pic\.twitter\.com/)\S+")
_HANDLE: Final = re.compile(r"@(?<!\w@)\w+(?:@[\w.-]+)?")
# Scripts written without spaces: two characters are taken as a word.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)


class _Characters(dict[int, str]):
    """The last step, one character at a time; each is decided once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if is_accent(character) or _INVISIBLE.match(character):
            kept = ""
        else:
            kept = LOOKALIKES.get(character, character) if is_word(character) else " "
        self[code] = kept
        return kept


_CHARACTERS: Final = _Characters()
_ASCII: Final = "".join(chr(c) if chr(c).isalnum() else " " for c in range(128))


def normalise(text: str) -> str:
    r"""Return the key of `text`: words of case-folded letters and digits with one space between them.

    >>> normalise("RT @ana: \uff2dacron\u200b &amp; LE PEN: the DÉBAT!! 🔥 https://t.co/x @bob…")
    'macron le pen the debat'
    >>> normalise("V\u043et\u0435 now") == normalise("VOTE now")  # with two Cyrillic letters
    True
    """
    if "&" in text:
        text = html.unescape(text)
    ascii_only = text.isascii()
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    text = text.lower() if ascii_only else decomposed(text)
    while match := _REPOST.match(text):
        text = text[match.end() :]
    if "http" in text:
        text = _LINK.sub(" ", text)
    if "www." in text or ".co" in text:
        text = _BARE_LINK.sub(" ", text)
    if "@" in text:
        text = _HANDLE.sub(" ", text)
    return " ".join(text.translate(_ASCII if ascii_only else _CHARACTERS).split())


def is_marked_repost(text: str) -> bool:
    """Tell whether `text` says itself that it republishes: it begins with "RT @name".

    >>> is_marked_repost("RT @ana: hello"), is_marked_repost("art @ana")
    (True, False)
    """
    return bool(_REPOST.match(text[:80].lower()))


def word_count(key: str) -> int:
    """Return how many words `key` (of `normalise`) has; two characters of a script without spaces count as one.

    >>> word_count("macron le pen"), word_count("総統選挙の結果")
    (3, 3)
    """
    unspaced = 0 if key.isascii() else len(_UNSPACED.findall(key))
    if not unspaced:
        return key.count(" ") + 1 if key else 0
    return unspaced // 2 + len(_UNSPACED.sub(" ", key).split())


def fingerprint(key: str) -> str:
    """Return 32 hexadecimal digits (BLAKE2b, 128 bits) that stand for `key`.

    >>> fingerprint("macron le pen")
    'df01ab8b3acf11eb6e29827ff8cd9778'
    """
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

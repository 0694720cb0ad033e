r"""The key of a text: what is left when all that costs nothing to change is taken away.

Two texts are identical after normalisation where their keys are equal. A key is compared, never shown. Taken away:
HTML entities and tags; zero-width, bidirectional and control characters; case, compatibility forms (full-width,
ligatures, mathematical letters), accents and stuffed marks; "RT @x:", links (also damaged or cut ones), handles; a
trailing run of three hashtags or more, unless nothing else is left; "read more" after a cut; punctuation, signs, emoji;
repeated white space; the stroke that lengthens Arabic words. Single letters apart ("v o t e", "v.o.t.e": four in a
row; three with emoji between) become a word. Digits stay: two bulletins that differ in a figure are two texts.

Letters of Cyrillic and Greek that look like Latin ones become Latin, in every word. Folding only words that mix
scripts would miss a word of which every letter was replaced, and nothing is lost: no two letters of the Russian,
Ukrainian, Serbian, Macedonian or Greek alphabet are folded together (a test says so).

Digits that pass for letters (v0te, m4cron) become letters only where a word of Latin or Cyrillic begins and ends with a
letter and has three letters or more, and one or two such digits stand between letters. So 2017, 3-1, 5G, G20, covid19,
19h30, h1n1, mp3 and k8s stay as they are. The cost: vot3 and 3lection are not caught, and #LostIn3Words reads
"lostinewords" (in every copy). `$` between letters is s, `@` between letters is a unless an address follows.

Where four or more words are each one letter ("plan a b c d") they are joined, in every copy too. Two words spaced out
by one space each ("v o t e n o w") become one, since nothing says where the first ended.

Sources: Unicode UAX #15 (NFKD), UTS #39 (confusables; here only letters that pass for Latin in running text).
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from typing import Final

from vigie.text.fold import decomposed, is_accent, is_word, sorted_marks

# After case folding. Shapes are those of the capitals where the small letter looks different (the En and the Eta of H).
_CYRILLIC: Final = (
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb"
)
_CYRILLIC_AS: Final = "abekmhopctyxijsdqwh"
_GREEK: Final = "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7"
_GREEK_AS: Final = "abezhikmnoptyx"
LOOKALIKES: Final = dict(zip(_CYRILLIC + _GREEK, _CYRILLIC_AS + _GREEK_AS, strict=True))

INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
# The stroke that makes an Arabic word longer.
_TATWEEL: Final = "\u0640"
# Stands in a folded text for every sign that is not ASCII. No folded text has another character below the space.
SIGN: Final = "\x01"
_SIGNS: Final = "".join(c for c in map(chr, range(128)) if not c.isalnum() and c not in "\x00\n\x7f")

_TAG: Final = re.compile(
    r"</?(?:(a|abbr|b|em|font|i|mark|s|small|span|strong|sub|sup|u|wbr)"
    r"|article|blockquote|br|center|div|figure|footer|h[1-6]|header|hr|iframe|img|li|ol|p|pre|section|table|td|th|tr|ul)"
    r"(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_MARKED_REPOST: Final = re.compile(r"\s*rt @\w{1,64}\s?:?")
# Each begins with a literal, which is found fast, and none crosses a line, so lines of many texts are read at once.
_BARED: Final = (
    ("rt ", re.compile(r"rt (?<!\wrt ) {0,8}@\w{1,64} ?:?")),
    ("http", re.compile(r"http(?:s?[:;/]|s?\.\.\.)\S*")),
    ("hxxp", re.compile(r"hxxp(?:s?[:;/]|s?\.\.\.)\S*")),
    ("www.", re.compile(r"www\.\S+")),
    ("t.co/", re.compile(r"t\.co/\S+")),
    ("pic.twitter.com/", re.compile(r"pic\.twitter\.com/\S+")),
    ("@", re.compile(r"@(?<!\w@)\w+(?:@[\w.-]+)?")),
)
_LETTER: Final = r"[^\W\d_]"
_LEET_LETTER: Final = "[a-z\u00df-\u024f\u0430-\u052f]"
_APART: Final = r"[\x01 !-/:-@\[-`{-~]"
_EDGE: Final = r"\x01-/:-@\[-`{-~"
_SPACED: Final = re.compile(
    rf"(?<![^{_EDGE}]){_LETTER}(?:(?:\x01{{1,8}}{_LETTER}){{2,}}|({_APART}{{1,8}}){_LETTER}(?:\1{_LETTER}){{2,}})(?![^{_EDGE}])"
)
_SINGLES: Final = re.compile(rf" {_LETTER} {_LETTER}(?!\S)")
_SPACED_KEY: Final = re.compile(rf"(?<!\S){_LETTER}(?: {_LETTER}){{3,}}(?!\S)")
_LEET_SIGN: Final = re.compile(rf"[$@](?:(?<={_LETTER}\$)\$?|(?<={_LETTER}@)(?![\w-]{{1,64}}\.\w))(?={_LETTER})")
_LEET: Final = re.compile(rf"[0134578](?<={_LEET_LETTER}[0134578])[0134578]?{_LEET_LETTER}")
_LEET_WORD: Final = re.compile(rf"{_LEET_LETTER}+(?:[0134578]{{1,2}}{_LEET_LETTER}+)+")
_LEET_LATIN: Final = str.maketrans("0134578", "oieastb")
# Ze and Che have the shapes of 3 and 4; o and b are what the look-alikes of Cyrillic fold to.
_LEET_CYRILLIC: Final = str.maketrans("01345678", "oi\u0437\u0447s\u0431tb")
_LEET_LETTERS_MIN: Final = 3
TAGS_MIN: Final = 3
_TAG_WORD: Final = r"[^\x00-\x2f:-@\[-^`{-\x7f]"
_TAGS: Final = re.compile(f"#{_TAG_WORD}")
_UNTAGGED_WORD: Final = re.compile(f"(?<![^\\x00-\\x22$-\\x2f:-@\\[-^`{{-\\x7f]){_TAG_WORD}")
_CUT_LINK: Final = re.compile(r"(?<![^ ])ht{0,2}\.\.\.\Z")
_BREAKS: Final = (".", "!", "?", ":", ">", "]", ")", "|", SIGN)
# Scripts written without spaces: two characters are taken as a word.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)


class _Characters(dict[int, str]):
    """What a decomposed character is folded to; each is decided once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isspace():
            kept = " "
        elif is_accent(character) or INVISIBLE.match(character) or character == _TATWEEL:
            kept = ""
        elif is_word(character):
            kept = LOOKALIKES.get(character, character)
        else:
            kept = character if character.isascii() else SIGN
        self[code] = kept
        return kept


_CHARACTERS: Final = _Characters()
_TO_SPACES: Final = re.compile("[" + re.escape(_SIGNS.replace(" ", "")) + "]+")
_TO_SPACES_ASCII: Final = "".join(chr(c) if chr(c).isalnum() else " " for c in range(128))


def unmarked(text: str) -> str:
    """Return `text` without HTML entities and tags; a tag of a block is a space, one inside a line nothing.

    >>> unmarked("<p>Ma<b>cr</b>on &amp; x<y</p>").strip()
    'Macron & x<y'
    """
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(lambda tag: "" if tag[1] else " ", text)
    return text


def folded(text: str) -> str:
    """Return `text` without markup, invisible characters, case, compatibility forms, accents and look-alikes.

    White space is the space; a sign that is not ASCII is `SIGN`; ASCII signs stay.
    """
    text = unmarked(text)
    if text.isascii() and text.isprintable():
        return text.lower()
    return decomposed(text).translate(_CHARACTERS)


def bared(line: str) -> str:
    """Return a folded text, or lines of them, without "RT @x:", links and handles; a space stands for each."""
    for literal, pattern in _BARED:
        if literal in line:
            line = pattern.sub(" ", line)
    return line


def trailing_tags(line: str) -> tuple[int, int]:
    """Return how many hashtags end a bared text, and where the run begins; signs and emoji between do not end it.

    >>> trailing_tags("no more lies #a #b ! #c"), trailing_tags("#a b")
    ((3, 13), (0, 4))
    """
    count, begin, start = 0, len(line), len(line) + 1
    for token in reversed(line.split(" ")):
        start -= len(token) + 1
        tags = token.count("#")
        if tags:
            if _UNTAGGED_WORD.search(token):
                break
            count += len(_TAGS.findall(token))
            begin = start
        elif token and token.strip(_SIGNS):
            break
    return count, begin


def untagged(line: str) -> str:
    """Return a bared text without the run of hashtags that ends it, where it is long enough and not the whole text."""
    if line.count("#") < TAGS_MIN:
        return line
    count, begin = trailing_tags(line)
    return line[:begin] if count >= TAGS_MIN and line[:begin].strip(_SIGNS) else line


def cut_at(line: str) -> int | None:
    """Return where a bared text ends before "read more" or a link cut by the platform; None where there is neither."""
    tail = line.rstrip(_SIGNS)
    for phrase in _MORE:
        if tail.endswith(phrase):
            head = tail[: -len(phrase)].rstrip(" ")
            return len(head) if head.endswith(_BREAKS) and head.strip(_SIGNS) else None
    if link := _CUT_LINK.search(line.rstrip(" " + SIGN)):
        return link.start() if line[: link.start()].strip(_SIGNS) else None
    return None


def spaced_letters(line: str) -> tuple[str, int]:
    """Return a bared text with letters that stand apart joined, and how many runs of them there were.

    >>> spaced_letters("now v.o.t.e for the u.s.a")
    ('now vote for the u.s.a', 1)
    """
    return _SPACED.subn(lambda run: "".join(c for c in run[0] if c not in _SIGNS), line)


def unleeted(word: str) -> str:
    """Return one word of a key with digits that pass for letters as letters; the word itself where the rule says no.

    >>> [unleeted(word) for word in ("v0te", "g20", "h1n1", "covid19", "m4cr0n")]
    ['vote', 'g20', 'h1n1', 'covid19', 'macron']
    """
    if not _LEET_WORD.fullmatch(word) or sum(c.isalpha() for c in word) < _LEET_LETTERS_MIN:
        return word
    return word.translate(_LEET_LATIN if word[0] < "\u0400" and max(word) < "\u0400" else _LEET_CYRILLIC)


def _words(line: str) -> str:
    line = line.translate(_TO_SPACES_ASCII) if line.isascii() else _TO_SPACES.sub(" ", line)
    return " ".join(line.split())


def finished(line: str) -> str:
    """Return the key of a bared text without hashtags in a row at its end."""
    if "$" in line or "@" in line:
        line = _LEET_SIGN.sub(lambda sign: "s" if sign[0][0] == "$" else "a", line)
    key = _words(line)
    if key[-2:] in _TAIL_ENDS and key.endswith(TAILS) and (end := cut_at(line)) is not None:
        line = line[:end]
        key = _words(line)
    if _SINGLES.search(key):
        key = _SPACED_KEY.sub(lambda run: run[0].replace(" ", ""), _words(spaced_letters(line)[0]))
    if _LEET.search(key):
        key = " ".join(map(unleeted, key.split()))
    # Marks that belong to letters may have met where an invisible character stood between them.
    return key if key.isascii() else unicodedata.normalize("NFKD", sorted_marks(key))


def normalise(text: str) -> str:
    r"""Return the key of `text`: words of case-folded letters and digits with one space between them.

    `vigie.text.keys.normalised` gives the same keys for many texts in about half the time.

    >>> normalise("RT @ana: \uff2dacron\u200b &amp; LE PEN: the DÉBAT!! 🔥 https://t.co/x @bob…")
    'macron le pen the debat'
    >>> normalise("V\u043et\u0435 now") == normalise("VOTE now")  # with two Cyrillic letters
    True
    >>> normalise("V🔥O🔥T🔥E m4cron... Read more: hxxps//t.co/x")
    'vote macron'
    """
    return finished(untagged(bared(folded(text))))


# What platforms and sites write where they cut.
READ_MORE: Final = (
    *("read more", "see more", "show more", "continue reading", "click to read more"),
    *("lire la suite", "voir plus", "en lire plus", "afficher la suite"),
    *("weiterlesen", "mehr lesen", "mehr anzeigen", "hier weiterlesen"),
    *("leer más", "seguir leyendo", "ver más", "leggi tutto", "continua a leggere", "czytaj dalej"),
    *("читать далее", "читать дальше", "читать полностью", "подробнее", "читати далі", "показать полностью"),
    *("اقرأ المزيد", "قراءة المزيد", "عرض المزيد", "المزيد"),
)
_MORE: Final = tuple(sorted(map(folded, READ_MORE), key=lambda phrase: (-len(phrase), phrase)))
# How the key of a text that may have been cut ends.
TAILS: Final = (*_MORE, " h", " ht", " htt")
_TAIL_ENDS: Final = frozenset(tail[-2:] for tail in TAILS)


def is_marked_repost(text: str) -> bool:
    """Tell whether `text` says itself that it republishes: it begins with "RT @name".

    >>> is_marked_repost("RT @ana: hello"), is_marked_repost("art @ana")
    (True, False)
    """
    return bool(_MARKED_REPOST.match(text[:80].lower()))


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

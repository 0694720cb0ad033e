"""What was changed between two texts, word by word, on the texts as they were published.

Words are compared by what `normalise` leaves of them, so that a word written with look-alike letters, in capitals or
with characters that cannot be seen is found again and shown as changed in its looks only. Links, handles and signs
(emoji, punctuation that stands alone) are compared without case and unseen characters. In scripts without spaces each
character stands for itself.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import Final, Literal, NamedTuple

from vigie.text.alignment import aligned
from vigie.text.fold import decomposed
from vigie.text.normalise import normalise

Kind = Literal["same", "removed", "added", "replaced"]
Sort = Literal["word", "link", "handle", "sign"]

# Characters of scripts without spaces, and the marks that stand on them.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_MARKS: Final = (
    "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
    "\u200b-\u200f\u3099\u309a\ufe00-\ufe0f"
)
_DASHES: Final = "\u2013\u2014\u2026|"
_CHUNK: Final = re.compile(r"(\S+)(\s*)")
_PIECE: Final = re.compile(
    rf"(?i:https?:)\S+|\w{{1,8}}\W{{0,3}}//\S+|[{_UNSPACED}][{_MARKS}]*|(?:(?!(?i:https?:))[^{_UNSPACED}{_DASHES}])+[{_DASHES}]*|[{_DASHES}]+"
)
_UNSPACED_ONE: Final = re.compile(f"[{_UNSPACED}]")
# Also where an address was broken by a slip or on purpose: "htps://", "https...//".
_LINK: Final = re.compile(r"\W*(?:https?:|www\.|t\.co/|pic\.twitter\.com/|\w{1,8}\W{0,3}//\w)")
_HANDLE: Final = re.compile(r"\W*@\w")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Mn"})
_KEPT_LENGTH: Final = 48
_LETTERS_LEAST: Final = 4


class Token(NamedTuple):
    """A word, link, handle or sign of a text, with the white space after it; tokens with equal keys are equal."""

    text: str
    space: str
    key: str
    sort: Sort


class Part(NamedTuple):
    """A stretch of two texts: what stands in the first and what stands for it in the other.

    `only_looks` marks a replacement whose words are the same after normalisation: case, look-alike letters, unseen
    characters, punctuation, white space.
    """

    kind: Kind
    first: str
    other: str
    only_looks: bool = False


def differences(first: str, other: str) -> tuple[Part, ...]:
    """Return the parts that make `first` and `other`, in order; neighbours differ in kind or in `only_looks`.

    The `first` sides put together are `first`, the `other` sides are `other`; no part is empty on both sides.

    >>> for part in differences("We told the minister twice", "WE told Anna Reed twice, in May"): print(*part)
    replaced We WE True
    same  told   told  False
    replaced the minister Anna Reed False
    same     False
    replaced twice twice, True
    added   in May False
    """
    if first == other:
        return (Part("same", first, other),) if first else ()
    lead, tokens_first = tokens(first)
    lead_other, tokens_other = tokens(other)
    made = _Parts()
    made.put(lead, lead_other, only_looks=True)
    at = at_other = 0
    for here, there in [
        *aligned([t.key for t in tokens_first], [t.key for t in tokens_other]),
        (len(tokens_first), len(tokens_other)),
    ]:
        made.gap(tokens_first[at:here], tokens_other[at_other:there])
        if here < len(tokens_first):
            one, two = tokens_first[here], tokens_other[there]
            made.put(one.text, two.text, only_looks=True)
            made.put(one.space, two.space, only_looks=True)
        at, at_other = here + 1, there + 1
    return made.parts()


def tokens(text: str) -> tuple[str, list[Token]]:
    """Return the white space that `text` begins with, and its tokens; together they are `text`.

    >>> [(t.text, t.key) for t in tokens("Vote on h.o.p.e, @Ana")[1]]
    [('Vote', 'vote'), ('on', 'on'), ('h.o.p.e,', 'hope'), ('@Ana', '@ana')]
    """
    lead = text[: len(text) - len(text.lstrip())]
    made: list[Token] = []
    letters = 0
    for chunk, space in _CHUNK.findall(text):
        if chunk.isascii() and (chunk.isalpha() or chunk.isdigit()):
            made.append(Token(chunk, space, chunk.lower(), "word"))
            letters += len(chunk) == 1
            continue
        pieces = (_kept_pieces if len(chunk) + len(space) <= _KEPT_LENGTH else _pieces)(chunk, space)
        letters += len(pieces) == 1 and len(pieces[0].key) == 1
        made += pieces
    return lead, _spelled(made) if letters >= _LETTERS_LEAST else made


def _pieces(chunk: str, space: str) -> list[Token]:
    """Cut a chunk without white space into tokens; `space` follows it."""
    pieces = _PIECE.findall(chunk)
    known = {piece: _token(piece) for piece in set(pieces)}
    made = [known[piece] for piece in pieces]
    made[-1] = made[-1]._replace(space=space)
    return made


_kept_pieces: Final = lru_cache(maxsize=1 << 15)(_pieces)


def _token(piece: str) -> Token:
    seen = "".join(c for c in decomposed(piece) if unicodedata.category(c) not in _UNSEEN)
    sort: Sort = "link" if _LINK.match(seen) else "handle" if _HANDLE.match(seen) else "word"
    key = normalise(piece).replace(" ", "") if sort == "word" else ""
    return Token(piece, "", key or seen or "\0" + piece, sort if sort != "word" or key else "sign")


def _spelled(made: list[Token]) -> list[Token]:
    """Join letters that stand alone in a row, as in "v o t e", to the word that they spell."""
    joined: list[Token] = []
    for alone, run in groupby(made, _is_letter):
        letters = list(run)
        if not alone or len(letters) < _LETTERS_LEAST:
            joined += letters
            continue
        text = "".join(t.text + t.space for t in letters)[: -len(letters[-1].space) or None]
        joined.append(Token(text, letters[-1].space, "".join(t.key for t in letters), "word"))
    return joined


def _is_letter(token: Token) -> bool:
    return len(token.key) == 1 and token.sort == "word" and token.key.isalpha() and not _UNSPACED_ONE.match(token.key)


class _Parts:
    """Parts in the making: neighbours alike become one."""

    def __init__(self) -> None:
        self._open: list[tuple[Kind, bool, list[str], list[str]]] = []

    def put(self, first: str, other: str, *, only_looks: bool) -> None:
        """Add a piece."""
        kind: Kind = "same" if first == other else "removed" if not other else "added" if not first else "replaced"
        if first or other:
            self._add(kind, [first], [other], only_looks=only_looks and kind == "replaced")

    def gap(self, first: list[Token], other: list[Token]) -> None:
        """Add tokens that have no counterpart."""
        if not first and not other:
            return
        keys = ["".join(t.key for t in side if t.sort == "word") for side in (first, other)]
        texts = ["".join(t.text + t.space for t in side) for side in (first, other)]
        if not first or not other:
            self.put(*texts, only_looks=False)
            return
        bare = [text.rstrip() for text in texts]
        self.put(*bare, only_looks=bool(keys[0]) and keys[0] == keys[1])
        self.put(*(text[len(b) :] for text, b in zip(texts, bare, strict=True)), only_looks=True)

    def _add(self, kind: Kind, first: list[str], other: list[str], *, only_looks: bool) -> None:
        made = self._open
        if (
            only_looks
            and len(made) > 1
            and made[-1][0] == "same"
            and made[-2][:2] == (kind, True)
            and all(text.isspace() for text in made[-1][2])
        ):
            _, _, between, _ = made.pop()
            first, other = [*between, *first], [*between, *other]
        if made and made[-1][:2] == (kind, only_looks):
            made[-1][2].extend(first)
            made[-1][3].extend(other)
        else:
            made.append((kind, only_looks, first, other))

    def parts(self) -> tuple[Part, ...]:
        """Return what was added."""
        return tuple(
            Part(kind, "".join(first), "".join(other), only_looks) for kind, only_looks, first, other in self._open
        )

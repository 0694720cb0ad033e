"""Shares: every object of every post, so that it can be asked who shared the same one, and when.

One row is one post of one object, once a post however often it is named there. Objects are

- `url`: a linked page in its one form (`vigie.text.urls`); what is no web address, such as the opaque object of an
  anonymised export, as it stands. A shortener's link that nobody expanded is an object of its own: another one than the
  page it leads to;
- `domain`: the registrable host of a linked page; none for shorteners, which name no publisher, and for platforms, on
  which everybody publishes;
- `hashtag`: without case, accents and signs;
- `url_hashtag`: a page together with a hashtag, of posts with at most 100 such combinations: more are a list;
- `mention`: a handle that the post names;
- `repost`: what the post republishes; `reply`, `quote`: what it answers or quotes;
- `media`: a hash of what is attached;
- `text`: the family of near-identical texts that the post is in (`vigie.measures.text_families`), so that a copy with
  words changed is a share of the same object; of a post in none, the fingerprint of its text of six words or more.

Handles and ids of posts belong to a platform, so its name stands before them ("x:@ana", "x:123"); a page and a text are
the same everywhere.

A repost carries what its original carries. So a post that republishes (`repost_of` says what: "repost") or says so
itself (`vigie.text.reposts`: "unmarked") gives only a `repost` share, and every other kind comes from originals. The
object of an unmarked repost is whom it names and a fingerprint of the rest; where the rest has fewer than six words,
with its links. It is not the object of a marked repost of the same post, since nothing says which post that is. Where
an export marks a repost and does not say of which post (`repost_of` is a handle, or "unknown"), its object is made in
the same way, "@unknown" standing for whom nobody names. An answer to or a quote of "unknown" is no share.

`whole_day` tells that no time of day is known: all posts of the row's file stand at one time of day for each date, a
whole quarter of an hour: midnight UTC, or on three dates or more the midnight of some zone (summer time allowed for).
A file of one account that posts only once a day, on the quarter of an hour, looks the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Query, Rows, Step
from vigie.measures import Measure
from vigie.tables import UTC_US
from vigie.text.fold import fold_id
from vigie.text.hosts import publisher
from vigie.text.normalise import fingerprint, normalise, word_count
from vigie.text.reposts import reposted
from vigie.text.urls import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    I64 = NDArray[np.int64]

_S: Final[pa.DataType] = pa.string()
_TEXT_WORDS_MIN: Final = 6
_COMBINATIONS_MAX: Final = 100
# Addresses that are remembered from one batch to the next.
_KNOWN: Final = 1 << 17
_KNOWN_CHARS: Final = 500
_UNNAMED: Final = frozenset({"", "unknown"})
# Whatever `vigie.text.reposts` takes begins like this; most posts do not.
_MAYBE_REPOST: Final = "(?i)^[\\s\\pZ\\pC]*(?:rt[\\s\\pZ\\pC]|[\"'\u201c\u201d\u201e\u00ab\u2018\u2019])"

KINDS: Final = ("url", "domain", "hashtag", "url_hashtag", "mention", "repost", "reply", "quote", "media", "text")
SHARES: Final = pa.schema(
    [
        ("object_kind", _S),  # one of KINDS
        ("object_id", _S),
        ("channel", _S),  # platform:channel_id
        ("time", UTC_US),
        ("row_id", _S),
        ("how", _S),  # original, repost (its export says so) or unmarked (its text says so)
        ("whole_day", pa.bool_()),  # its time of day is not known
    ]
)
_COLUMNS: Final = (
    *("row_id", "time", "platform", "channel_id", "text", "urls", "hashtags", "mentions", "media_hashes"),
    *("repost_of", "reply_to", "quote_of"),
)
_DATED: Final = pa.schema([("source", _S)])

_DATED_SQL: Final = """
with moments as (select split_part(row_id, ':', 1) as source, epoch_us(time) as t from posts),
files as (
    select source, min(t % 86400000000) as least, max(t % 86400000000) as most,
        bool_and(t % 900000000 = 0) as quarters,
        -- Most files have few such times, so that these cost little.
        count(distinct t) filter (t % 900000000 = 0) as times,
        count(distinct t // 86400000000) filter (t % 900000000 = 0) as dates,
        count(distinct (t + 3600000000) // 86400000000) filter (t % 900000000 = 0) as dates_later
    from moments group by source)
select source from files
where quarters and (dates >= 3 or most = 0) and (
    most - least in (0, 3600000000) and times = dates
    or most - least = 82800000000 and times = dates_later)
order by source
"""

_SHARES_SQL: Final = """
select * from share_rows where object_kind <> 'text'
union all
select object_kind, coalesce(family_id, text_id) as object_id, channel, time, row_id, how, whole_day
from share_rows join text_families using (row_id)
where object_kind = 'text' and (family_id is not null or words >= $words_min)
"""


class _Found(NamedTuple):
    """Objects of some posts: the post's row, and the object; by post, then as the post has them."""

    rows: I64
    objects: pa.Array[Any]


def _array(values: Any, kind: pa.DataType | None = None) -> Any:
    return pa.array(values, kind)


def _joined(left: Any, right: Any, by: str) -> Any:
    made: Any = pc
    return made.binary_join_element_wise(left, right, by)


def _filled(column: Any) -> Any:
    """Return a column of texts in one piece, the empty text for null."""
    return column.combine_chunks().fill_null("")


def _strings(values: Any) -> list[str]:
    return [value or "" for value in values.to_pylist()]


def _page(url: str) -> str | None:
    return (_known_page(url) if len(url) <= _KNOWN_CHARS else canonical_url(url)) or url.strip() or None


@lru_cache(maxsize=_KNOWN)
def _known_page(url: str) -> str | None:
    return canonical_url(url)


def _tag(tag: str) -> str | None:
    return fold_id(tag) or None


def _handle(name: str) -> str | None:
    name = name.strip().lstrip("@").casefold()
    return f"@{name}" if name else None


def _as_it_stands(name: str) -> str | None:
    return name.strip() or None


def _post(name: str) -> str | None:
    """Return what is republished, answered or quoted: a post's id, or a handle."""
    name = name.strip()
    return _handle(name) if name[:1] == "@" else name or None


def _named_post(name: str) -> str | None:
    """Return what is answered or quoted, if the export says it."""
    return None if name.strip().lstrip("@").casefold() in _UNNAMED else _post(name)


def _republished(text: str, links: Sequence[str], whom: str = "") -> str | None:
    """Return the object of a repost of which its text says whom it is of, or else `whom`; None where it is empty."""
    name, rest = reposted(text) or (whom, text)
    if not name:
        return None
    key = normalise(rest)
    if word_count(key) < _TEXT_WORDS_MIN:
        key = " ".join((key, *sorted({page for link in links if (page := _page(link))}))).strip()
    return f"@{name} {fingerprint(key)}" if key else None


def _objects(rows: I64, values: pa.Array[Any], one_form: Callable[[str], str | None]) -> _Found:
    """Return the objects that `values`, each of the row beside it, name: every distinct text is looked at once."""
    written: Any = values.dictionary_encode()
    forms: Any = _array([one_form(v) for v in _strings(written.dictionary)], _S).dictionary_encode()
    codes = _taken(np.asarray(forms.indices.fill_null(-1), np.int64), written.indices)
    named = np.flatnonzero(codes >= 0)
    each = named[np.sort(np.unique(rows[named] * (len(forms.dictionary) + 1) + codes[named], return_index=True)[1])]
    return _Found(rows[each], forms.dictionary.take(_array(codes[each])))


def _taken(values: I64, indices: Any) -> I64:
    at = np.asarray(indices.fill_null(-1), np.int64)
    return np.append(values, -1)[at]


def _of_list(posts: pa.Table, name: str, one_form: Callable[[str], str | None]) -> _Found:
    lists: Any = posts[name].combine_chunks()
    return _objects(np.asarray(lists.value_parent_indices(), np.int64), lists.flatten(), one_form)


def _of_column(posts: pa.Table, name: str, one_form: Callable[[str], str | None]) -> _Found:
    column: Any = posts[name].combine_chunks()
    given = np.flatnonzero(np.asarray(column.is_valid()))
    return _objects(given, column.take(_array(given)), one_form)


def _texts(posts: pa.Table) -> _Found:
    """Return a mark for each post that has a text: which one it is, `text_families` tells in the end."""
    written = np.flatnonzero(np.asarray(pc.not_equal(_filled(posts["text"]), pa.scalar(""))))
    return _Found(written, pa.repeat("", len(written)))


def _publishers(pages: _Found) -> _Found:
    return _objects(pages.rows, pages.objects, publisher)


def _together(pages: _Found, tags: _Found, count: int) -> _Found:
    """Return each page of a post with each of its hashtags."""
    n_pages, n_tags = np.bincount(pages.rows, minlength=count), np.bincount(tags.rows, minlength=count)
    wanted = n_pages * n_tags
    wanted[wanted > _COMBINATIONS_MAX] = 0
    first_tag = np.cumsum(n_tags) - n_tags
    mine = pages.rows[wanted[pages.rows] > 0]
    repeats = n_tags[mine]
    page = np.repeat(np.flatnonzero(wanted[pages.rows] > 0), repeats)
    within = np.arange(len(page)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    rows = pages.rows[page]
    tag = first_tag[rows] + within
    left, right = pages.objects.take(_array(page)), tags.objects.take(_array(tag))
    return _Found(rows, _joined(left, right, " #"))


def _unmarked(posts: pa.Table) -> tuple[NDArray[np.bool_], list[str | None]]:
    """Return which posts say that they republish, and the object of each such post."""
    texts = _filled(posts["text"])
    maybe = np.flatnonzero(np.asarray(pc.match_substring_regex(texts, _MAYBE_REPOST)))
    says_so = np.zeros(posts.num_rows, np.bool_)
    objects = []
    at = _array(maybe)
    for row, text, links in zip(
        maybe.tolist(), _strings(texts.take(at)), posts["urls"].take(at).to_pylist(), strict=True
    ):
        if reposted(text) is not None:
            says_so[row] = True
            objects.append(_republished(text, [link or "" for link in links or ()]))
    return says_so, objects


def _is_vague(name: str) -> bool:
    """Tell whether `repost_of` names no post: a handle, or nothing that is known."""
    name = name.strip()
    return name[:1] == "@" or name.casefold() == "unknown"


def _post_id(name: str) -> str | None:
    return None if _is_vague(name) else _as_it_stands(name)


def _vague(posts: pa.Table) -> _Found:
    """Return the objects of reposts of which only the text says what they republish."""
    targets = posts["repost_of"].combine_chunks().dictionary_encode()
    vague = [_is_vague(name) for name in _strings(targets.dictionary)]
    rows = np.flatnonzero(np.append(np.array(vague, np.bool_), False)[_taken(np.arange(len(vague)), targets.indices)])
    some = posts.take(_array(rows))
    objects = [
        _republished(text, [link or "" for link in links or ()], name.strip().lstrip("@").casefold() or "unknown")
        for name, text, links in zip(
            _strings(some["repost_of"]), _strings(some["text"]), some["urls"].to_pylist(), strict=True
        )
    ]
    return _objects(rows, _array(objects, _S), _as_it_stands)


def _prefixed(found: _Found, platforms: pa.Array[Any]) -> _Found:
    names = platforms.take(_array(found.rows))
    return _Found(found.rows, _joined(names, found.objects, ":"))


def _shares(dated: pa.Table) -> Callable[[pa.Table], pa.Table]:
    sources = dated["source"].combine_chunks()

    def of_posts(posts: pa.Table) -> pa.Table:
        platforms = _filled(posts["platform"])
        marked = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(_filled(posts["repost_of"])), pa.scalar("")))
        says_so, republished = _unmarked(posts)
        unmarked = says_so & ~marked
        original = np.flatnonzero(~marked & ~says_so)
        originals = posts.take(_array(original))
        pages, tags = _of_list(originals, "urls", _page), _of_list(originals, "hashtags", _tag)
        own = {
            "url": pages,
            "domain": _publishers(pages),
            "hashtag": tags,
            "url_hashtag": _together(pages, tags, len(original)),
            "mention": _of_list(originals, "mentions", _handle),
            "reply": _of_column(originals, "reply_to", _named_post),
            "quote": _of_column(originals, "quote_of", _named_post),
            "media": _of_list(originals, "media_hashes", _as_it_stands),
            "text": _texts(originals),
        }
        found = {kind: _Found(original[one.rows], one.objects) for kind, one in own.items()}
        again = np.flatnonzero(says_so)
        written = _array([o for o, own_row in zip(republished, unmarked[again].tolist(), strict=True) if own_row], _S)
        said = _objects(again[unmarked[again]], written, _as_it_stands)
        linked, vague = _of_column(posts, "repost_of", _post_id), _vague(posts)
        found["repost"] = _Found(
            np.concatenate((linked.rows, vague.rows, said.rows)),
            pa.concat_arrays([linked.objects, vague.objects, said.objects]),
        )
        for kind in ("mention", "repost", "reply", "quote"):
            found[kind] = _prefixed(found[kind], platforms)
        return _rows_of(posts, found, np.where(marked, 1, np.where(unmarked, 2, 0)), platforms, sources)

    return of_posts


def _rows_of(
    posts: pa.Table, found: dict[str, _Found], how: I64, platforms: pa.Array[Any], sources: pa.Array[Any]
) -> pa.Table:
    """Return rows of SHARES, by post and kind."""
    rows = np.concatenate([found[kind].rows for kind in KINDS])
    kinds = np.repeat(np.arange(len(KINDS), dtype=np.int8), [len(found[kind].rows) for kind in KINDS])
    order = np.argsort(rows, kind="stable")
    rows, kinds = rows[order], kinds[order]
    objects: Any = pa.concat_arrays([found[kind].objects for kind in KINDS]).take(_array(order))
    at = _array(rows)
    channels = _joined(platforms, _filled(posts["channel_id"]), ":")
    return pa.table(
        [
            _array(KINDS, _S).take(_array(kinds)),
            objects,
            channels.take(at),
            posts["time"].take(at),
            posts["row_id"].take(at),
            _array(["original", "repost", "unmarked"], _S).take(_array(how[rows])),
            _whole_days(posts["row_id"], sources).take(at),
        ],
        schema=SHARES,
    )


def _whole_days(row_ids: pa.ChunkedArray[Any], sources: pa.Array[Any]) -> Any:
    if not len(sources):
        return _array(np.zeros(len(row_ids), np.bool_))
    own: Any = pc.replace_substring_regex(row_ids.combine_chunks(), ":.*", "")
    return pc.is_in(own, value_set=sources)


def steps() -> tuple[Step, ...]:
    """Return the steps: files without a time of day, the shares of each post, then which text is of which family."""
    return (
        Query(name="share_dated", sql=_DATED_SQL, schema=_DATED),
        Rows(
            name="share_rows",
            input="posts",
            columns=_COLUMNS,
            function=_shares,
            schema=SHARES,
            beside=("share_dated",),
        ),
        Query(name="shares", sql=_SHARES_SQL, schema=SHARES, params={"words_min": _TEXT_WORDS_MIN}),
    )


MEASURE: Final = Measure(name="shares", version=3, reads=("posts", "text_families"), steps=steps, schema=SHARES)

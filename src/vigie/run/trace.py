"""`vigie trace`: where else a given text stands, or who links a given page, first to last.

A text is looked up among the case's texts (`vigie.rules.text_index`), and what its posts say in the facts kept beside
them (`vigie.run.trace_facts`): nothing is scanned and no lock is taken. Both are made when they are missing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie import case as case_file
from vigie.errors import StoreError
from vigie.rules.changes import kind_of_change
from vigie.rules.text_growth import WORDS_LEAST
from vigie.rules.text_index import CONTAINED_MIN, TextIndex
from vigie.run.trace_asked import address_of, checked
from vigie.run.trace_facts import CACHE, INDEX, Facts, facts_name, hashed, pages_of
from vigie.run.trace_lines import Lines
from vigie.run.traced import CONTAINS, LINKS, NEAR, PART, Linked, Listing, Nearest, Said, Standing, Traced
from vigie.tables.store import Store
from vigie.text.hosts import is_shortener, publisher
from vigie.text.normalise import normalise
from vigie.text.urls import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigie.case import Case
    from vigie.rules.text_index import LookedUp, Near
    from vigie.tables.store import Manifest

    Progress = Callable[[str, int, int], None]
    I64 = NDArray[np.int64]

STORE: Final = "store"
_NEAR_MOST: Final = 200
_NEAREST_SHOWN: Final = 3
_NEAREST_MIN: Final = 0.1
_US: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def trace(folder: Path, asked: str, *, limit: int | None = 20, progress: Progress = lambda *_: None) -> Traced:
    """Return where `asked`, a text or an address alone, stands in a case; `limit` posts in full.

    Raises
    ------
    VigieError
        if `asked` is too long or no address that can be traced, the case is wrong, its store damaged, or what has to
        be made first cannot be.
    """
    checked(asked)
    return opened(folder, progress).trace(asked, limit=limit)


def opened(folder: Path, progress: Progress = lambda *_: None) -> Tracing:
    """Return a case opened for tracing; what is missing is made.

    Raises
    ------
    VigieError
        if the case is wrong, its store damaged, or what has to be made first cannot be.
    """
    case = case_file.load(folder)
    manifest = Store(folder / STORE).manifest()
    if not any(source.table == "posts" for source in manifest.sources):
        return Tracing(case, None, Lines(manifest))
    if (found := held(folder, case, manifest)) is None:
        manifest = _made(folder, progress)
        found = held(folder, case, manifest)
    if found is None:
        raise StoreError(f"{folder / CACHE}: what was written there cannot be read\n  hint: remove it and try again")
    return Tracing(case, found, Lines(manifest))


class Tracing:
    """A case opened for tracing: its facts and the index of its texts, if it has posts; it takes no lock."""

    def __init__(self, case: Case, held: tuple[Facts, TextIndex] | None, lines: Lines) -> None:
        self._case, self._lines = case, lines
        self._has_posts = held is not None
        if held is not None:
            self._facts, self._index = held
            self._outlets, self._tiers = self._declared()

    def _declared(self) -> tuple[dict[int, tuple[str | None, str | None]], dict[str | None, I64]]:
        """Return outlet and tier of the channels that belong to one, and the channels of each tier, ascending."""
        keys = self._facts.channel_keys
        found: dict[int, tuple[str | None, str | None]] = {}
        for row in self._case.tables()["case_channels"].to_pylist():
            key = np.uint64(hashed(f"{row['platform']}:{row['channel_id']}"))
            at = int(np.searchsorted(keys, key))
            if at < len(keys) and keys[at] == key:
                found[at] = (row["outlet"], row["tier"])
        tiers: dict[str | None, list[int]] = {}
        for at in sorted(found):
            tiers.setdefault(found[at][1], []).append(at)
        return found, {tier: np.array(channels, np.int64) for tier, channels in tiers.items()}

    def trace(self, asked: str, *, limit: int | None = 20) -> Traced:
        """Return where `asked` stands; as `trace` does.

        Raises
        ------
        InputError
            as `checked` does.
        """
        checked(asked)
        linked = said = None
        if self._has_posts:
            address = address_of(asked)
            if address is None:
                said = self._said(asked, limit)
            else:
                linked = self._linked(canonical_url(address) or "", limit)
                said = self._said(linked.article.text, limit) if linked.article else None
        return Traced(
            simulated=self._case.election.simulated,
            time_zone=self._case.election.time_zone,
            lacking=() if self._has_posts else ("posts",),
            posts=self._facts.rows if self._has_posts else 0,
            texts=self._index.texts if self._has_posts else 0,
            linked=linked,
            said=said,
        )

    def _said(self, text: str, limit: int | None) -> Said:
        looked = self._index.looked_up(text, most=_NEAR_MOST)
        groups = self._groups(looked) if looked.words >= WORDS_LEAST else []
        changes: dict[str, tuple[str, float]] = {}

        def compared(row: int, group: _Group) -> tuple[str, float | None]:
            if group.relation != NEAR:
                return group.relation, group.likeness
            said = self._facts.said(row)[0]
            if said not in changes:
                change = kind_of_change(text, said)
                changes[said] = (change.kind, change.similarity)
            return changes[said]

        listing = self._listing(groups, limit, compared)
        nearest = self._nearest(looked.near) if not groups and looked.words >= WORDS_LEAST else ()
        return Said(text=text, words=looked.words, listing=listing, nearest=nearest)

    def _groups(self, looked: LookedUp) -> list[_Group]:
        """Return the rows by how they stand to the asked text; each row in one group."""
        exact = self._facts.of_texts([looked.exact] if looked.exact >= 0 else [])
        near = self._facts.of_texts([n.text for n in looked.near if n.is_near])
        whole = np.union1d(exact, near)
        families = np.unique(self._facts.family[whole])
        members = np.union1d(near, self._facts.of_families(families[families >= 0].tolist()))
        groups = [_Group("exact", exact, 1.0), _Group(NEAR, np.setdiff1d(members, exact), None)]
        taken = np.union1d(exact, members)
        for n in looked.near:
            if n.is_near or n.text == looked.exact or n.contained < CONTAINED_MIN:
                continue
            rows = np.setdiff1d(self._facts.of_texts([n.text]), taken)
            if len(rows):
                longer = len(normalise(self._facts.said(int(rows[0]))[0])) > len(looked.key)
                groups.append(_Group(CONTAINS if longer else PART, rows, n.contained))
        return [group for group in groups if len(group.rows)]

    def _nearest(self, near: Iterable[Near]) -> tuple[Nearest, ...]:
        found: list[Nearest] = []
        for n in sorted(near, key=lambda n: (-n.jaccard, n.text)):
            rows = self._in_time(self._facts.of_texts([n.text]))
            if len(rows) and n.jaccard >= _NEAREST_MIN and len(found) < _NEAREST_SHOWN:
                post = self._standing(int(rows[0]), NEAR, n.jaccard)
                found.append(Nearest(likeness=n.jaccard, posts=len(rows), post=post))
        return tuple(found)

    def _linked(self, page: str, limit: int | None) -> Linked:
        rows = np.asarray(self._facts.linking(page))
        host = publisher(page) or ""
        listing = self._listing(
            [_Group(LINKS, rows, None)] if len(rows) else [],
            limit,
            lambda _, group: (group.relation, group.likeness),
            holds=lambda row: page in pages_of(self._facts.said(row)[2]),
        )
        others, first, last = self._others(host, rows) if host else (0, None, None)
        own = np.asarray(self._facts.pages(page))
        return Linked(
            page=page,
            host=host,
            is_shortener=is_shortener(page.removeprefix("https://").partition("/")[0]),
            listing=listing,
            others=others,
            others_first=first,
            others_last=last,
            article=self._standing(int(own[0]), "exact", None) if len(own) else None,
        )

    def _others(self, host: str, rows: I64) -> tuple[int, Standing | None, Standing | None]:
        """Return how many posts link another page of the host and not this one; the first and the last of them."""
        every = self._facts.linking_host(host)
        count = len(every) - len(rows)
        if count <= 0:
            return 0, None, None
        # The page's rows are among the host's, both in order of time: where the two part, another page stands.
        same = len(rows)
        ahead = np.flatnonzero(every[:same] != rows)
        behind = np.flatnonzero(every[::-1][:same] != rows[::-1])
        first = every[int(ahead[0]) if len(ahead) else same]
        last = every[::-1][int(behind[0]) if len(behind) else same]
        return count, self._standing(int(first), LINKS, None), self._standing(int(last), LINKS, None)

    def _listing(
        self,
        groups: Sequence[_Group],
        limit: int | None,
        compared: Callable[[int, _Group], tuple[str, float | None]],
        holds: Callable[[int], bool] = lambda _: True,
    ) -> Listing:
        rows = np.concatenate([np.empty(0, np.int64), *(g.rows for g in groups)])
        group = np.repeat(np.arange(len(groups)), [len(g.rows) for g in groups])
        order = np.lexsort((rows, self._facts.time[rows], self._facts.is_repost[rows]))
        rows, group = rows[order], group[order]
        shown = [
            self._standing(row, *compared(row, groups[at]))
            for row, at in zip(rows[:limit].tolist(), group[:limit].tolist(), strict=True)
            if holds(row)
        ]
        own = ~self._facts.is_repost[rows]
        posts, whole = rows[own], np.array([g.relation != PART for g in groups], np.bool_)[group[own]]
        firsts = posts[whole] if whole.any() else posts
        relations: Counter[str] = Counter()
        for at, n in enumerate(np.bincount(group[own], minlength=len(groups)).tolist()):
            relations[groups[at].relation] += n
        codes = np.bincount(self._facts.channel[posts]) if len(posts) else np.empty(0, np.int64)
        channels = np.flatnonzero(codes)
        first, tied = self._first(firsts, groups, group[own][whole] if whole.any() else group[own], compared)
        return Listing(
            total=len(rows),
            posts=len(posts),
            reposts=len(rows) - len(posts),
            channels=len(channels),
            relations={name: n for name, n in relations.items() if n},
            platforms=self._platforms(channels, codes),
            tiers=self._counted_tiers(channels),
            last_seen=_moment(int(self._facts.time[posts[-1]])) if len(posts) else None,
            first=first,
            tied=tied,
            shown=tuple(shown),
        )

    def _first(
        self,
        rows: I64,
        groups: Sequence[_Group],
        group: I64,
        compared: Callable[[int, _Group], tuple[str, float | None]],
    ) -> tuple[Standing | None, int]:
        """Return the earliest of rows in order of time, and how many other channels may have been as early."""
        if not len(rows):
            return None, 0
        row = int(rows[0])
        first = self._standing(row, *compared(row, groups[int(group[0])]))
        second = int(self._facts.time[row]) // _US
        until = int(np.searchsorted(self._facts.time[rows], (second + first.precision_s) * _US))
        return first, len(np.unique(self._facts.channel[rows[:until]])) - 1

    def _platforms(self, channels: I64, codes: I64) -> dict[str, int]:
        counts = np.bincount(self._facts.channel_platform[channels], codes[channels]).astype(np.int64).tolist()
        named = ((self._facts.platforms[at], n) for at, n in enumerate(counts) if n)
        return dict(sorted(named, key=lambda item: (-item[1], item[0])))

    def _counted_tiers(self, channels: I64) -> dict[str, int]:
        counts = {tier or "": len(np.intersect1d(channels, of)) for tier, of in self._tiers.items()}
        counts[""] = counts.get("", 0) + len(channels) - sum(counts.values())
        return {tier: n for tier, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n}

    def _standing(self, row: int, relation: str, likeness: float | None) -> Standing:
        facts = self._facts
        text, name, _ = facts.said(row)
        channel = int(facts.channel[row])
        platform, channel_id = facts.channel_of(channel)
        outlet, tier = self._outlets.get(channel, (None, None))
        source, record = int(facts.source[row]), int(facts.record[row])
        ident = facts.sources[source]
        return Standing(
            row_id=f"{ident}:{record}",
            time=_moment(int(facts.time[row])),
            precision_s=facts.precision_s[source],
            platform=platform,
            channel=f"{platform}:{channel_id}",
            name=name,
            outlet=outlet,
            tier=tier,
            is_repost=bool(facts.is_repost[row]),
            file=self._lines.name(ident),
            record=record,
            line=record if facts.in_lines[source] else self._lines.in_document(ident, record),
            relation=relation,
            likeness=likeness,
            family=self._family(int(facts.family[row])),
            text=text,
        )

    def _family(self, code: int) -> str:
        """Return the identifier of a family that `vigie families` lists: one of two posts that are no reposts."""
        if code < 0:
            return ""
        own = self._facts.of_families([code])
        return f"fam-{self._facts.family_id(code)}" if int((~self._facts.is_repost[own]).sum()) > 1 else ""

    def _in_time(self, rows: I64) -> I64:
        order = np.lexsort((rows, self._facts.time[rows]))
        in_order: I64 = rows[order]
        return in_order


def held(folder: Path, case: Case, manifest: Manifest) -> tuple[Facts, TextIndex] | None:
    """Return the facts and the index of the state that the case is in; None where one of them is to be made."""
    facts = Facts.opened(folder / CACHE / facts_name(case, manifest))
    index = TextIndex.opened(folder / CACHE / INDEX) if facts else None
    return (facts, index) if facts and index and (facts.rows, facts.texts) == (index.rows, index.texts) else None


def _made(folder: Path, progress: Progress) -> Manifest:
    """Make what is missing; return the state of the case it was made of."""
    # All that measures: a trace of what was measured already starts without it.
    from vigie.run.trace_make import make

    try:
        return make(folder, progress)
    except StoreError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        hint = "vigie trace writes once into the case's folder cache: where you may not, trace in a copy of the case"
        raise StoreError(f"{error}\n  hint: {hint}") from error


def _moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that stand in one way to what was asked."""

    relation: str
    rows: I64
    likeness: float | None

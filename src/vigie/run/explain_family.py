"""`vigie explain CASE fam-...`: the first text of a family, and what each other member changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine.local import LocalEngine
from vigie.errors import InputError
from vigie.rules.changes import kind_of_change
from vigie.run.analyse import measuring
from vigie.run.explain import raw_rows
from vigie.run.families import FamilyTables, dated, identifier, language_of
from vigie.run.family_quotes import NEVER, quoted_by, quoting
from vigie.run.network_chain import outlet_of
from vigie.run.rows import stored_rows
from vigie.text.counted import some_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from vigie.run.explain import Raw
    from vigie.run.families import Language
    from vigie.run.family_quotes import Quoted
    from vigie.run.network_chain import Declared, Progress, Row
    from vigie.run.translations import Compared, Translation

_QUOTING_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One post of a family, or one that quotes it.

    `kind` is the kind of change against the first, `similarity` the likeness to the core: "quoted" and None of one that
    quotes. `text` is what the measure read: the post's, or its title where it has none. `whole_day`: its file gives no
    time of day. Outlet and tier are the case file's.
    """

    time: datetime
    whole_day: bool
    channel: str
    name: str | None
    outlet: str | None
    tier: str | None
    is_repost: bool
    agency: str | None
    kind: str
    similarity: float | None
    text: str
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedFamily:
    """A family's first post, and the others in order of time, marked reposts last; `total` counts all the others.

    `posts` are no marked reposts, the first included; `channels` are those of the posts; `language` is the first
    text's, `translations` what the case's model, if it names one, takes for the same in another language; `quoting` are
    the first of the `quoted` longer posts with one of its texts in them, which are not of it.
    """

    id: str
    simulated: bool
    time_zone: str
    posts: int
    reposts: int
    channels: int
    first: Member
    others: tuple[Member, ...]
    total: int
    language: Language | None = None
    translations: tuple[Translation, ...] = ()
    compared: Compared | None = None
    quoted: Quoted = NEVER
    quoting: tuple[Member, ...] = ()


def explain_family(
    folder: Path, ident: str, *, limit: int | None = 50, progress: Progress = lambda *_: None
) -> ExplainedFamily:
    """Return the family whose id is, or begins with, `ident`: its first post and `limit` others.

    Raises
    ------
    VigieError
        if there is nothing to look at, no family or several begin so, or the store is damaged.
    """
    with measuring(folder):
        tables = FamilyTables(folder)
        if tables.lacking:
            raise InputError(f"no {' and '.join(tables.lacking)} in this case", where=str(folder), hint="vigie add")
        rows = chosen(tables.near(progress), ident, folder)
        progress("texts", 1, 2)
        shown = rows[: None if limit is None else limit + 1]
        family = pa.table({"family_id": [rows[0]["family_id"]]})
        with LocalEngine({"posts": tables.posts, "texts": tables.texts(), "chosen": family}) as engine:
            whole_days = set(map(str, dated(engine)["source"].to_pylist()))
            quoted = quoted_by(engine).get(rows[0]["family_id"], NEVER)
            quotes = quoting(engine, _QUOTING_SHOWN if limit else quoted.posts)
        asked = [r["row_id"] for r in (*shown, *quotes)]
        posts = stored_rows(tables.store, tables.manifest, asked)
        other = tables.translations(progress)
        family_id, declared = rows[0]["family_id"], tables.declared
        translated = other.of([family_id], tables.posts, declared, whole_days).get(family_id, ())
    raw = {r.row_id: r for r in raw_rows(folder, asked)}
    progress("", 2, 2)
    first = posts[shown[0]["row_id"]]
    first_text = _said(first)
    members, others = (
        [
            _member(row, posts[row["row_id"]], raw[row["row_id"]], first_text, declared=declared, whole_days=whole_days)
            for row in some
        ]
        for some in (shown, quotes)
    )
    own = [row for row in rows if not row["is_repost"]]
    return ExplainedFamily(
        id=identifier(family_id),
        simulated=tables.case.election.simulated,
        time_zone=tables.case.election.time_zone,
        posts=len(own),
        reposts=len(rows) - len(own),
        channels=len({(row["platform"], row["channel_id"]) for row in own}),
        first=members[0],
        others=tuple(members[1:]),
        total=len(rows) - 1,
        language=language_of(first["lang"], first_text),
        translations=translated,
        compared=other.compared,
        quoted=quoted,
        quoting=tuple(others),
    )


def chosen(near: pa.Table, ident: str, folder: Path) -> list[Row]:
    """Return the rows of the family whose id begins with `ident`, in order of time, marked reposts last.

    Raises
    ------
    InputError
        if there is none, or more than one; it names those there are.
    """
    near = near.filter(pc.is_valid(near["family_id"]))
    ids = sorted(map(str, pc.unique(near["family_id"]).to_pylist()))
    found = [i for i in ids if identifier(i).startswith(ident)]
    if len(found) != 1:
        what = f"no family is named {ident!r}" if not found else f"{len(found)} families begin with {ident!r}"
        listed = some_of([identifier(i) for i in (found or ids)], " (vigie families)")
        hint = f"families: {listed or 'none: no two texts are near-identical'}"
        raise InputError(what, where=str(folder), hint=hint)
    rows: list[Row] = near.filter(pc.equal(near["family_id"], pa.scalar(found[0]))).to_pylist()
    # The measure has them in order of time, then of platform, file and record.
    rows.sort(key=lambda row: bool(row["is_repost"]))
    return rows


def _said(post: Mapping[str, Any]) -> str:
    return post["text"] or post["title"] or ""


def _member(
    row: Row, post: Mapping[str, Any], raw: Raw, first: str, *, declared: Declared, whole_days: set[str]
) -> Member:
    channel = f"{row['platform']}:{row['channel_id']}"
    outlet, tier = outlet_of(channel, declared)
    text = _said(post)
    return Member(
        time=row["time"],
        whole_day=row["row_id"].partition(":")[0] in whole_days,
        channel=channel,
        name=post["channel_name"],
        outlet=outlet,
        tier=tier,
        is_repost=row.get("is_repost", False),
        agency=row.get("agency"),
        kind=kind_of_change(first, text).kind if "similarity" in row else "quoted",
        similarity=row.get("similarity"),
        text=text,
        raw=raw,
    )

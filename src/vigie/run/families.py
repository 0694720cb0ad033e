"""`vigie families`: groups of near-identical texts, who published each first, and what the others changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from vigie import case as case_file
from vigie.detectors import all_detectors
from vigie.engine.fragments import ROW_ORDER
from vigie.engine.local import LocalEngine
from vigie.errors import InputError, VigieError
from vigie.measures import named
from vigie.rules.spread import spread_of
from vigie.run.add import STORE, relation
from vigie.run.analyse import Measured, load, measuring, parameters_of
from vigie.run.family_changes import compared
from vigie.run.family_quotes import NEVER, quoted_by
from vigie.run.network_chain import declared_in, outlet_of
from vigie.run.translations import FAMILY_PREFIX, translations
from vigie.tables import UTC_US
from vigie.tables.store import Store
from vigie.text.candidates import names_in, spellings_of
from vigie.text.counted import some_of
from vigie.text.fold import fold_id
from vigie.text.language import language_code, languages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from vigie.case import Case
    from vigie.rules.spread import Spread
    from vigie.rules.templates import Pattern
    from vigie.run.family_changes import Changes
    from vigie.run.family_quotes import Quoted
    from vigie.run.network_chain import Declared, Progress, Row
    from vigie.run.translations import Compared, Translation, Translations
    from vigie.text.candidates import Spellings

FAMILIES_DETECTOR: Final = "copied_text"
ROW_IDS_LISTED: Final = 1_000
LOOSE: Final = 0.5
CANNOT_SAY: Final = (
    "Software measures; one text in many places is not proof of one author.",
    "Agencies, share buttons, quotations, prayers and lyrics are copied, too.",
    "First is the earliest in this case: where a text comes from may stand outside of it.",
)
_BATCH_POSTS: Final = 50_000
_S: Final[pa.DataType] = pa.string()
_CHOSEN: Final = pa.schema([("family_id", _S), ("first_id", _S), ("first_seen", UTC_US)])
_EVIDENCE: Final = pa.schema([("finding", _S), ("row_id", _S)])
# The text as the measure reads it: an item without one is taken by its title.
SAID: Final = "coalesce(nullif(text, ''), title, '')"
_OWN: Final = "select *, platform || ':' || channel_id as channel from near where family_id is not null"
_SUMMED_SQL: Final = f"""
select family_id, count(*) filter (not is_repost) as posts, count(*) filter (is_repost) as reposts,
    count(distinct channel) filter (not is_repost) as channels,
    min(similarity) filter (not is_repost) as least, quantile_disc(similarity, 0.5) filter (not is_repost) as median,
    count(*) filter (not is_repost and similarity < {LOOSE}) as loose,
    min(time) filter (not is_repost) as first_seen, max(time) filter (not is_repost) as last_seen,
    arg_min(row_id, row(platform, {ROW_ORDER})) filter (is_first) as first_id
from ({_OWN}) group by family_id
"""
_FIRSTS_SQL: Final = f"""
select row_id, platform || ':' || channel_id as channel, channel_name, {SAID} as said, hashtags, lang
from posts semi join chosen on posts.row_id = chosen.first_id
"""
_COUNTS_SQL: Final = f"""
with own as (select * from ({_OWN}) semi join chosen using (family_id) where not is_repost)
select family_id, 'platform' as what, platform as value, count(*) as n from own group by all
union all select family_id, 'tier', tier, count(distinct channel) from own group by all
union all select family_id, 'agency', agency, count(*) from own where agency is not null group by all
union all select family_id, 'whole day', null, count(*) from own
    where split_part(row_id, ':', 1) in (select source from dated) group by all
union all select family_id, 'same second', null, count(distinct channel) from own join chosen using (family_id)
    where epoch_us(time) // 1000000 = epoch_us(first_seen) // 1000000 group by all
order by family_id, what, n desc, value nulls last
"""
_ROW_IDS_SQL: Final = f"""
select family_id, row_id from near semi join chosen using (family_id)
qualify row_number() over (partition by family_id order by is_repost, time, platform, {ROW_ORDER}) <= $most
order by family_id, is_repost, time, platform, {ROW_ORDER}
"""
# Texts in the order in which members drawn without regard to time or place would bring them.
_TEXTS_SQL: Final = f"""
select family_id, {SAID} as said, count(*) as posts
from posts join near using (row_id) semi join chosen using (family_id) where not is_repost
group by family_id, said order by family_id, min(md5(row_id))
"""
_FINDINGS_SQL: Final = """
select distinct family_id, finding from near join evidence using (row_id) where family_id is not null
order by family_id, finding
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The earliest post of a family that is no marked repost; of several at one instant the first by file and record.

    `same_second` counts the channels that published within that second, this one included; `whole_day`: the file gives
    no time of day. Outlet and tier are the case file's.
    """

    row_id: str
    time: datetime
    channel: str
    name: str | None
    outlet: str | None
    tier: str | None
    same_second: int
    whole_day: bool
    text: str


@dataclass(frozen=True, slots=True)
class Language:
    """The language of a family's first text by its ISO 639 code, and whether the export says so, or the text."""

    code: str
    source: Literal["export", "identified"]


class Likeness(NamedTuple):
    """How like a family's core its posts are: shingles of both over those of either, 0 to 1.

    `loose` counts those with less than `LOOSE`: of such pairs a reader finds that few are one text.
    """

    median: float
    least: float
    loose: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family; but for `reposts`, its figures are of the posts that are no marked reposts.

    `platforms` and `agencies` (that posts credit) count posts, `tiers` channels (empty: of no declared outlet); `texts`
    are its different texts after normalisation, `written` those before it; `whole_days` counts the posts whose file
    gives no time of day; `candidates` are named in the first text; `translations` are what the model of the case, if
    it names one, takes for the same in another language; `quoted` are longer posts with one of its texts in them, which
    are not of it. `row_ids` are the first of its rows, marked reposts last; `rows` counts them all.
    """

    id: str
    posts: int
    reposts: int
    channels: int
    texts: int
    written: int
    platforms: Mapping[str, int]
    tiers: Mapping[str, int]
    first_seen: datetime
    last_seen: datetime
    whole_days: int
    first: First
    likeness: Likeness
    changes: Changes
    template: Pattern | None
    agencies: Mapping[str, int]
    candidates: tuple[str, ...]
    findings: tuple[str, ...]
    row_ids: tuple[str, ...]
    rows: int
    language: Language | None = None
    translations: tuple[Translation, ...] = ()
    quoted: Quoted = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What `vigie families` shows. `lacking` names tables without rows, without which nothing could be looked at.

    `posts` counts those of the case that are no marked reposts; `families`, `family_posts` and `family_reposts` all
    that was measured; `matching` the families on `channels_min` channels or more whose first text names one of `about`
    (empty: anything). `shown` are the largest of these. `compared` says what was compared across languages. `spread` is
    of all families, where nobody is asked about: none where there are neither several tiers nor several platforms.
    """

    simulated: bool
    time_zone: str
    lacking: tuple[str, ...]
    words_min: int
    channels_min: int
    about: tuple[str, ...]
    posts: int
    families: int
    family_posts: int
    family_reposts: int
    matching: int
    shown: tuple[Family, ...]
    compared: Compared | None = None
    cannot_say: tuple[str, ...] = CANNOT_SAY
    spread: Spread | None = None


class FamilyTables:
    """The measured families of a case, and its posts; for use within `measuring(folder)`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case: Case = case_file.load(folder)
        self.values = parameters_of(self.case, FAMILIES_DETECTOR, dict(all_detectors())[FAMILIES_DETECTOR])
        self.store = Store(folder / STORE)
        self.manifest = self.store.manifest()
        self._measure = named("near_duplicates")
        self._measured = Measured(folder, self.case, self.store, self.manifest)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Return the tables without rows that the measure needs."""
        return self._measured.lacking(self._measure)

    @property
    def posts(self) -> Any:
        """Return the posts as measures see them."""
        return relation(self.store, "posts", self.manifest)

    @property
    def declared(self) -> Declared:
        """Return what the case file says of channels, for `outlet_of`."""
        return declared_in(self.case.tables()["case_channels"].to_pylist())

    def near(self, progress: Progress = lambda *_: None) -> pa.Table:
        """Return the measure's table, from the cache where it was made of the same."""
        progress(self._measure.name, 0, 2)
        empty = self._measure.schema.empty_table()
        return empty if self.lacking else self._measured.table(self._measure, self.values)

    def texts(self) -> pa.Table:
        """Return which post has which text, and which longer ones quote others; no rows where there are no posts."""
        measure = named("text_families")
        return measure.schema.empty_table() if self.lacking else self._measured.table(measure, self.values)

    def translations(self, progress: Progress = lambda *_: None) -> Translations:
        """Return what the model of the case file finds; without one, nothing is measured or loaded."""
        asked = self.case.translation
        texts = None
        if asked is not None and not self.lacking:
            progress("translations", 0, 1)
            values = self.values | {"texts_max": asked.texts_max}
            texts = self._measured.table(named("translation_texts"), values)
        return translations(self.folder, self.case, texts, progress=progress)


def families(
    folder: Path,
    *,
    about: str = "",
    channels_min: int = 2,
    limit: int | None = 20,
    progress: Progress = lambda *_: None,
) -> Listed:
    """Return the case's families, those on most channels first, then those of most posts; `limit` of them in full.

    Raises
    ------
    VigieError
        if `about` is no candidate of the case, the case file is wrong, or the store damaged.
    """
    with measuring(folder):
        tables = FamilyTables(folder)
        names = asked_about(tables.case, about, folder) if about else ()
        near = tables.near(progress)
        with LocalEngine({"posts": tables.posts, "near": near, "texts": tables.texts()}) as engine:
            every = engine.query(_SUMMED_SQL).to_pylist()
            every.sort(key=lambda f: (-f["channels"], -f["posts"], f["first_seen"], f["family_id"]))
            matching = [f for f in every if f["channels"] >= channels_min]
            if about:
                matching = _about(engine, matching, tables.case, names)
            other = tables.translations(progress)
            progress("texts", 1, 2)
            shown = tuple(_described(engine, matching[:limit], tables, other))
        order = None
        if not about:
            progress("spread", 1, 2)
            order = spread_of(near)
        progress("", 2, 2)
    return Listed(
        simulated=tables.case.election.simulated,
        time_zone=tables.case.election.time_zone,
        lacking=tables.lacking,
        words_min=tables.values["words_min"],
        channels_min=channels_min,
        about=names,
        posts=pc.sum(near["hour_posts"]).as_py() or 0,
        families=len(every),
        family_posts=sum(f["posts"] for f in every),
        family_reposts=sum(f["reposts"] for f in every),
        matching=len(matching),
        shown=shown,
        compared=other.compared,
        spread=order if order and (order.tiers or order.platforms) else None,
    )


def asked_about(case: Case, about: str, folder: Path) -> tuple[str, ...]:
    """Return the names of the candidates whose id, name or alias folds to what `about` does.

    Raises
    ------
    InputError
        if there is none; it names those there are.
    """
    rows = case.tables()["case_candidates"].to_pylist()
    wanted = fold_id(about)
    found = sorted({r["name"] for r in rows if wanted and wanted == r["alias_id"]})
    if not found:
        ids = sorted({r["candidate_id"] for r in rows})
        listed = some_of(ids) or "none: name them in case.toml"
        raise InputError(f"no candidate is named {about!r}", where=str(folder), hint=f"candidates: {listed}")
    return tuple(found)


def dated(engine: LocalEngine) -> pa.Table:
    """Return the sources of `posts` that give whole days: the first step of the measure of shares finds them."""
    return engine.run(named("shares").steps()[:1])


def identifier(family_id: str) -> str:
    """Return how a family is named to readers, in full."""
    return FAMILY_PREFIX + family_id


def language_of(said: str | None, text: str) -> Language | None:
    """Return the language that an export says a text is in, else the one it seems to be in, if either says.

    >>> language_of("fr-CA", "OK"), language_of("", "OK")
    (Language(code='fr', source='export'), None)
    """
    if code := language_code(said):
        return Language(code, "export")
    (found,) = languages([text])
    return Language(found, "identified") if found else None


def _about(engine: LocalEngine, rows: Sequence[Row], case: Case, names: Sequence[str]) -> list[Row]:
    """Return the families whose first text names one of the candidates."""
    spellings, wanted = spellings_of(case.tables()["case_candidates"].to_pylist()), set(names)
    firsts = _firsts(engine, rows)
    return [row for row in rows if wanted.intersection(_named(_post(firsts, row), spellings))]


def _named(post: Row, spellings: Spellings) -> tuple[str, ...]:
    return names_in(fold_id(" ".join([post["said"], *(post["hashtags"] or ())])), spellings)


def _post(firsts: Mapping[str, Row], row: Row) -> Row:
    return firsts[row["first_id"]]


def _firsts(engine: LocalEngine, rows: Sequence[Row]) -> dict[str, Row]:
    """Return the first post of each family by its row id."""
    _choose(engine, rows)
    return {r["row_id"]: r for r in engine.query(_FIRSTS_SQL).to_pylist()}


def _choose(engine: LocalEngine, rows: Sequence[Row]) -> None:
    columns = {name: [r[name] for r in rows] for name in _CHOSEN.names}
    engine.put("chosen", pa.table(columns, schema=_CHOSEN))


def _described(engine: LocalEngine, rows: Sequence[Row], tables: FamilyTables, other: Translations) -> Iterator[Family]:
    """Yield the families in full, a batch of them at a time."""
    if not rows:
        return
    engine.put("dated", dated(engine))
    evidence = _evidence(tables.folder)
    engine.put("evidence", evidence)
    findings: dict[str, list[str]] = {}
    for r in engine.query(_FINDINGS_SQL).to_pylist():
        findings.setdefault(r["family_id"], []).append(r["finding"])
    for batch in _batches(rows):
        yield from _batch(engine, batch, tables, findings, other)


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    posts = 0
    for row in rows:
        batch.append(row)
        posts += row["posts"]
        if posts >= _BATCH_POSTS:
            yield batch
            batch, posts = [], 0
    if batch:
        yield batch


def _batch(
    engine: LocalEngine,
    rows: Sequence[Row],
    tables: FamilyTables,
    findings: Mapping[str, list[str]],
    other: Translations,
) -> Iterator[Family]:
    firsts = _firsts(engine, rows)
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for r in engine.query(_COUNTS_SQL).to_pylist():
        counts.setdefault((r["family_id"], r["what"]), {})[r["value"] or ""] = r["n"]
    row_ids: dict[str, list[str]] = {}
    for r in engine.query(_ROW_IDS_SQL, most=ROW_IDS_LISTED).to_pylist():
        row_ids.setdefault(r["family_id"], []).append(r["row_id"])
    texts: dict[str, list[tuple[str, int]]] = {}
    for r in engine.query(_TEXTS_SQL).to_pylist():
        texts.setdefault(r["family_id"], []).append((r["said"], r["posts"]))
    whole_days = set(map(str, engine.query("select source from dated")["source"].to_pylist()))
    spellings, declared = spellings_of(tables.case.tables()["case_candidates"].to_pylist()), tables.declared
    quotes = quoted_by(engine)
    translated = other.of([row["family_id"] for row in rows], tables.posts, declared, whole_days)
    for row in rows:
        ident = row["family_id"]
        post = _post(firsts, row)
        changes, different, template = compared(post["said"], texts[ident])
        outlet, tier = outlet_of(post["channel"], declared)
        first = First(
            row_id=row["first_id"],
            time=row["first_seen"].astimezone(UTC),
            channel=post["channel"],
            name=post["channel_name"],
            outlet=outlet,
            tier=tier,
            same_second=counts[ident, "same second"][""],
            whole_day=row["first_id"].partition(":")[0] in whole_days,
            text=post["said"],
        )
        yield Family(
            id=identifier(ident),
            posts=row["posts"],
            reposts=row["reposts"],
            channels=row["channels"],
            texts=different,
            written=len(texts[ident]),
            platforms=counts[ident, "platform"],
            tiers=counts[ident, "tier"],
            first_seen=row["first_seen"].astimezone(UTC),
            last_seen=row["last_seen"].astimezone(UTC),
            whole_days=counts.get((ident, "whole day"), {}).get("", 0),
            first=first,
            likeness=Likeness(row["median"], row["least"], row["loose"]),
            changes=changes,
            template=template,
            agencies=counts.get((ident, "agency"), {}),
            candidates=_named(post, spellings),
            findings=tuple(findings.get(ident, ())),
            row_ids=tuple(row_ids[ident]),
            rows=row["posts"] + row["reposts"],
            language=language_of(post["lang"], post["said"]),
            translations=translated.get(ident, ()),
            quoted=quotes.get(ident, NEVER),
        )


def _evidence(folder: Path) -> pa.Table:
    """Return the rows of the last run's findings of copied texts; none where there was no run to read."""
    made: dict[str, list[str]] = {"finding": [], "row_id": []}
    try:
        found = load(folder).findings.select(["detector", "id", "evidence_ids"]).to_pylist()
    except VigieError:
        found = []
    for f in found:
        if f["detector"] == FAMILIES_DETECTOR:
            made["finding"] += [f["id"]] * len(f["evidence_ids"])
            made["row_id"] += f["evidence_ids"]
    return pa.table(made, schema=_EVIDENCE)

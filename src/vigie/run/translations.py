"""Families of texts in two languages that the model of the case file takes for the same.

The model is asked once about each text: what it said is kept beside the other measures, under a hash of the model's own
files, so that new posts cost no more than themselves, and another model is asked anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine.local import LocalEngine
from vigie.errors import InputError, StoreError
from vigie.measures import named
from vigie.run.analyse import CACHE, read_table, write_table
from vigie.run.network_chain import outlet_of
from vigie.tables import MODEL_TABLES
from vigie.text.embeddings import fingerprint, opened

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from vigie.case import Case
    from vigie.run.network_chain import Declared, Progress, Row

FAMILY_PREFIX: Final = "fam-"
_VECTORS: Final = "text_vectors"
# Texts between two savings: some ten seconds to half a minute of a model.
_PORTION: Final = 5_000
_BY_TEXT: Final = pa.schema([("text", pa.binary(16)), ("vector", pa.list_(pa.float32()))])
_OTHERS_SQL: Final = """
select row_id, platform || ':' || channel_id as channel, channel_name,
    coalesce(nullif(text, ''), title, '') as said
from posts semi join wanted using (row_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """Another text that the model takes for the same in another language.

    `id` is its family's, or the row id of a text that was published once; `similarity` the cosine of the two vectors,
    `margin` that cosine over the usual one to their nearest. What follows is of its first post; `after_s` is how many
    seconds after the first of the other family it came (below zero: before); `whole_day`: its file gives no time.
    """

    kind: Literal["translated"] = "translated"
    id: str
    language: str
    own_language: str
    similarity: float
    margin: float
    row_id: str
    time: datetime
    whole_day: bool
    after_s: float
    channel: str
    name: str | None
    outlet: str | None
    tier: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was compared: of `families` and of `singles` (texts published once) `texts` in `languages`, by `model`.

    `unknown` texts were left out, since neither the export nor they say their language; `left_out` stand beyond
    `texts_max`. `pairs` counts all that were found, those between texts published once included.
    """

    model: str
    similarity_min: float
    texts_max: int
    families: int
    singles: int
    texts: int
    languages: Mapping[str, int]
    unknown: int
    left_out: int
    pairs: int


class Translations:
    """The pairs of a case; for use within `measuring(folder)`. Without a `[translation]` there are none."""

    def __init__(self, case: Case, texts: pa.Table, pairs: pa.Table) -> None:
        asked = case.translation
        known = texts.filter(pc.is_valid(texts["language"]))["language"]
        families, singles = (pc.max(texts[name]).as_py() or 0 for name in ("families", "singles"))
        self.compared: Compared | None = None
        if asked is not None:
            self.compared = Compared(
                model=asked.model,
                similarity_min=asked.similarity_min,
                texts_max=asked.texts_max,
                families=families,
                singles=singles,
                texts=len(known),
                languages=dict(sorted(Counter(map(str, known.to_pylist())).items(), key=lambda c: (-c[1], c[0]))),
                unknown=len(texts) - len(known),
                left_out=families + singles - len(texts),
                pairs=len(pairs),
            )
        self._of: dict[str, list[Row]] = {}
        for pair in pairs.to_pylist():
            for row in (pair, _turned(pair)):
                if row["family_id"] is not None:
                    self._of.setdefault(row["family_id"], []).append(row)

    def of(
        self, family_ids: Sequence[str], posts: Any, declared: Declared, whole_days: Container[str]
    ) -> dict[str, tuple[Translation, ...]]:
        """Return the translations of each of the families that has any, the likeliest first.

        `whole_days` are the sources that give no time of day.
        """
        rows = [row for ident in family_ids for row in self._of.get(ident, ())]
        if not rows:
            return {}
        wanted = pa.table({"row_id": sorted({row["other_row_id"] for row in rows})})
        with LocalEngine({"posts": posts, "wanted": wanted}) as engine:
            others = {r["row_id"]: r for r in engine.query(_OTHERS_SQL).to_pylist()}
        rows.sort(key=lambda row: (-row["similarity"], row["other_time"], row["other_row_id"]))
        made: dict[str, list[Translation]] = {}
        for row in rows:
            other = others[row["other_row_id"]]
            whole_day = row["other_row_id"].partition(":")[0] in whole_days
            made.setdefault(row["family_id"], []).append(_translation(row, other, declared, whole_day=whole_day))
        return {ident: tuple(found) for ident, found in made.items()}


def translations(
    folder: Path, case: Case, texts: pa.Table | None, *, progress: Progress = lambda *_: None
) -> Translations:
    """Return the case's translations; `texts` is the table of measure `translation_texts`, None for no posts.

    Raises
    ------
    InputError
        if the model cannot be opened or run.
    StoreError
        if what was found cannot be written.
    """
    measure = named("translations")
    asked = case.translation
    if asked is None or texts is None:
        return Translations(case, named("translation_texts").schema.empty_table(), measure.schema.empty_table())
    readable = texts.filter(pc.is_valid(texts["language"]))
    if len(pc.unique(readable["language"])) < 2:  # noqa: PLR2004 - a pair has two
        return Translations(case, texts, measure.schema.empty_table())
    model = folder / asked.model
    mark = fingerprint(model)[:16]
    values = {"similarity_min": asked.similarity_min}
    path = folder / CACHE / f"{measure.name}-{_key(measure.version, measure.schema, readable, mark, values)}.parquet"
    with contextlib.suppress(OSError, ValueError, pa.ArrowException):
        return Translations(case, texts, read_table(path).cast(measure.schema))
    vectors = _vectors(folder, model, mark, readable, progress)
    with LocalEngine({"translation_texts": readable, _VECTORS: vectors}) as engine:
        pairs = engine.run(measure.made_with(values))
    _keep(pairs, path, measure.name)
    return Translations(case, texts, pairs)


def _turned(pair: Row) -> Row:
    """Return a pair seen from the other text."""
    sides = ("row_id", "family_id", "time", "language")
    return pair | {n: pair[f"other_{n}"] for n in sides} | {f"other_{n}": pair[n] for n in sides}


def _translation(row: Row, other: Row, declared: Declared, *, whole_day: bool) -> Translation:
    outlet, tier = outlet_of(other["channel"], declared)
    family = row["other_family_id"]
    return Translation(
        id=row["other_row_id"] if family is None else FAMILY_PREFIX + family,
        language=row["other_language"],
        own_language=row["language"],
        similarity=row["similarity"],
        margin=row["margin"],
        row_id=row["other_row_id"],
        time=row["other_time"].astimezone(UTC),
        whole_day=whole_day,
        after_s=(row["other_time"] - row["time"]).total_seconds(),
        channel=other["channel"],
        name=other["channel_name"],
        outlet=outlet,
        tier=tier,
        text=other["said"],
    )


def _key(version: int, schema: pa.Schema, texts: pa.Table, mark: str, values: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps([version, schema.to_string(), mark, values], sort_keys=True).encode())
    for row in texts.select(["row_id", "family_id", "time", "said", "language"]).to_pylist():
        digest.update(json.dumps(list(row.values()), default=str).encode())
    return digest.hexdigest()[:16]


def _vectors(folder: Path, model: Path, mark: str, texts: pa.Table, progress: Progress) -> pa.Table:
    """Return `text_vectors` of the texts; those that the model was asked about before are read."""
    every = list(map(str, texts["said"].to_pylist()))
    keys = [hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[:16] for said in every]
    path = folder / CACHE / f"{_VECTORS}-{mark}.parquet"
    known = _known(path)
    said = dict(zip(keys, every, strict=True))
    asked = [key for key in said if key not in known]
    if asked:
        embedder = opened(model)
        known = {key: vector for key, vector in known.items() if key in said}
        for start in range(0, len(asked), _PORTION):
            portion = asked[start : start + _PORTION]
            done = lambda n, start=start: progress("translations", start + n, len(asked))  # noqa: E731
            known |= zip(portion, embedder.embed([said[key] for key in portion], progress=done), strict=True)
            if len(sizes := {len(vector) for vector in known.values()}) > 1:
                raise InputError(f"gives vectors of {' and '.join(map(str, sorted(sizes)))} figures", where=str(model))
            _keep(_table({"text": list(known), "vector": list(known.values())}, _BY_TEXT), path, _VECTORS)
    columns = {"row_id": texts["row_id"], "vector": [known[key] for key in keys]}
    return _table(columns, MODEL_TABLES[_VECTORS])


def _known(path: Path) -> dict[bytes, Any]:
    """Return what a model gave before, vectors by the hash of their texts."""
    try:
        table = read_table(path).cast(_BY_TEXT)
    except (OSError, ValueError, pa.ArrowException):
        return {}
    texts: Any = table["text"].to_pylist()
    return dict(zip(texts, _rows(table["vector"]), strict=True))


def _rows(column: Any) -> Iterator[Any]:
    for lists in column.chunks:
        flat, ends = np.asarray(lists.flatten()), np.cumsum(np.asarray(pc.list_value_length(lists)))
        yield from np.split(flat, ends[:-1])


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Return a table whose column `vector` is made of arrays of one length."""
    vectors = columns["vector"]
    flat = np.concatenate(vectors) if vectors else np.zeros(0, np.float32)
    width = len(flat) // max(1, len(vectors))
    offsets = pa.array(np.arange(len(vectors) + 1) * width, pa.int32())
    lists: Any = pa.ListArray.from_arrays(offsets, pa.array(flat, pa.float32()))
    return pa.table([lists if n == "vector" else columns[n] for n in schema.names], schema=schema)


def _keep(table: pa.Table, path: Path, name: str) -> None:
    """Write a table, then take away those of the same name that it replaces."""
    try:
        write_table(table, path)
        for old in path.parent.glob(f"{name}-*.parquet"):
            if old != path:
                old.unlink()
    except OSError as error:
        raise StoreError(f"{path.parent}: cannot write: {error.strerror or error}") from error

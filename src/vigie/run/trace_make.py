"""What `vigie trace` needs to have at hand of a case, made: families of texts with their index, and the facts."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie import case as case_file
from vigie.detectors import all_detectors
from vigie.engine import Rows
from vigie.engine.local import LocalEngine
from vigie.errors import StoreError
from vigie.measures.near_duplicates import MINUTES_ROWS
from vigie.measures.text_families import MEASURE
from vigie.rules.text_index import TextIndex
from vigie.run.add import STORE, relation
from vigie.run.analyse import Measured, measuring, parameters_of
from vigie.run.families import FAMILIES_DETECTOR, dated
from vigie.run.trace_facts import (
    BY_ROW,
    CACHE,
    CHANNELS,
    DAY_S,
    FACTS,
    FAMILIES,
    INDEX,
    LOOKED_UP,
    META,
    MINUTE_S,
    POSTS,
    SAID,
    facts_name,
    hashed,
    own_page,
    page_of,
)
from vigie.tables.store import Store
from vigie.text.hosts import publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigie.run.trace import Progress
    from vigie.tables.store import Manifest

    I64 = NDArray[np.int64]
    U64 = NDArray[np.uint64]

_US: Final = 1_000_000
_STEPS: Final = 2
_COLUMNS: Final = ("row_id", "time", "platform", "post_id", "channel_id", "channel_name", "title", "text", "urls")
_NOTHING: Final = pa.schema([("row_id", pa.string())])


def make(folder: Path, progress: Progress) -> Manifest:
    """Make what a trace of the case in `folder` needs; return the state it was made of.

    Raises
    ------
    VigieError
        if another process measures, nothing can be written, or the store is damaged.
    """
    with measuring(folder):
        case = case_file.load(folder)
        store = Store(folder / STORE)
        manifest = store.manifest()
        progress("families of texts (once)", 0, _STEPS)
        values = parameters_of(case, FAMILIES_DETECTOR, dict(all_detectors())[FAMILIES_DETECTOR])
        families = Measured(folder, case, store, manifest).table(MEASURE, values)
        index = TextIndex.opened(folder / CACHE / INDEX)
        if index is None or index.rows != len(families):
            # The measure was kept and its texts were not: both are made again.
            for old in (folder / CACHE).glob(f"{MEASURE.name}-*.parquet"):
                old.unlink()
            families = Measured(folder, case, store, manifest).table(MEASURE, values)
        progress("what each post says (once)", 1, _STEPS)
        target = folder / CACHE / facts_name(case, manifest)
        for old in (folder / CACHE).glob(f"*{FACTS}-*"):
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
        make_facts(target, store, manifest, families)
        progress("", _STEPS, _STEPS)
    return manifest


def make_facts(folder: Path, store: Store, manifest: Manifest, families: pa.Table) -> None:
    """Write the facts of a case's posts to `folder`, in the order of `families`, its measure `text_families`.

    Raises
    ------
    StoreError
        if a part of the store cannot be read, or the facts cannot be written.
    """
    from vigie.sources import all_sources

    formats = {source.name: source for source in all_sources()}
    in_lines = {
        line.id: line.format not in formats or formats[line.format].locate is None
        for line in manifest.sources
        if line.table == "posts"
    }
    try:
        writer = FactsWriter(folder, families, in_lines)
        with LocalEngine({"posts": relation(store, "posts", manifest)}) as engine:
            engine.run((_writing(writer),))
            writer.finish(dated(engine)["source"].to_pylist())
    except OSError as error:
        raise StoreError(f"{folder}: cannot write: {error.strerror or error}") from error


def _writing(writer: FactsWriter) -> Rows:
    def add(posts: pa.Table) -> pa.Table:
        writer.add(posts)
        return _NOTHING.empty_table()

    return Rows(name="trace_facts", input="posts", columns=_COLUMNS, function=add, schema=_NOTHING)


class FactsWriter:
    """Writes the facts of a case.

    `families` is its measure `text_families`, `in_lines` says of each file, by the
    first digits of its hash, whether a record is known by its line.
    """

    def __init__(self, folder: Path, families: pa.Table, in_lines: Mapping[str, bool]) -> None:
        self._target = folder
        self._folder = folder.with_name(f".{folder.name}.tmp")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._sources = sorted(in_lines)
        self._in_lines = [in_lines[source] for source in self._sources]
        rows = len(families)
        self._arrays: dict[str, NDArray[Any]] = {name: np.zeros(rows, kind) for name, kind in BY_ROW.items()}
        source, record = self._parsed(families["row_id"])
        self._arrays["source"][:], self._arrays["record"][:] = source, record
        self._order = np.lexsort((record, source))
        self._sorted = _joined(source, record)[self._order]
        self._arrays["is_repost"][:] = np.asarray(families["is_repost"])
        self._families: Any = families["family_id"].combine_chunks().dictionary_encode()
        self._arrays["family"][:] = np.asarray(self._families.indices.fill_null(-1), np.int32)
        # The index numbers its texts in the order in which rows bring them, as codes are.
        texts: Any = families["text_id"].combine_chunks().dictionary_encode()
        self._texts = np.asarray(texts.indices.fill_null(-1), np.int32)
        self._text_count = len(texts.dictionary)
        self._channel_keys = np.zeros(rows, np.uint64)
        self._channels: dict[int, tuple[str, str]] = {}
        self._linked: dict[str, list[tuple[U64, I64]]] = {name: [] for name in LOOKED_UP}
        self._starts = [0]
        self._file = pa.OSFile(str(self._folder / POSTS), "wb")
        self._writer = pa.ipc.new_file(self._file, SAID)

    def add(self, posts: pa.Table) -> None:
        """Take some posts, in the schema that measures see."""
        posts = posts.combine_chunks()
        source, record = self._parsed(posts["row_id"])
        rows = self._order[np.searchsorted(self._sorted, _joined(source, record))]
        self._arrays["place"][rows] = self._starts[-1] + np.arange(len(rows))
        self._arrays["time"][rows] = np.asarray(posts["time"].cast(pa.int64()))
        self._channel_keys[rows] = self._channels_of(posts)
        said = _said(posts)
        for batch in pa.table([said, posts["channel_name"], posts["urls"]], schema=SAID).combine_chunks().to_batches():
            self._writer.write_batch(batch)
        self._starts.append(self._starts[-1] + len(rows))
        self._links(posts, rows)

    def _parsed(self, row_ids: Any) -> tuple[NDArray[np.int32], I64]:
        """Return the file, by its place among the sorted ids, and the record of row ids."""
        ids = row_ids.combine_chunks() if isinstance(row_ids, pa.ChunkedArray) else row_ids
        parts: Any = pc.split_pattern(ids, ":", max_splits=1).flatten()
        halves = np.arange(len(ids)) * 2
        firsts: Any = parts.take(halves)
        source = pc.index_in(firsts, value_set=pa.array(self._sources, pa.string()))
        record = parts.take(halves + 1).cast(pa.int64())
        return np.asarray(source, np.int32), np.asarray(record, np.int64)

    def _channels_of(self, posts: pa.Table) -> U64:
        named: Any = pc
        both = named.binary_join_element_wise(posts["platform"], posts["channel_id"], ":").combine_chunks()
        codes: Any = both.dictionary_encode()
        keys = []
        for channel in codes.dictionary.to_pylist():
            platform, _, ident = channel.partition(":")
            keys.append(hashed(channel))
            self._channels[keys[-1]] = (platform, ident)
        return np.array(keys, np.uint64)[np.asarray(codes.indices, np.int64)]

    def _links(self, posts: pa.Table, rows: I64) -> None:
        lists: Any = posts["urls"].combine_chunks()
        parents = np.asarray(lists.value_parent_indices(), np.int64)
        pages = _forms(lists.flatten(), page_of)
        self._link("page", rows[parents], pages)
        self._link("host", rows[parents], _forms(pages, publisher))
        web = np.flatnonzero(np.asarray(posts["platform"]) == "web")
        at: Any = pa.array(web)
        ids: Any = posts["post_id"].combine_chunks().take(at)
        self._link("own", rows[web], _forms(ids, lambda ident: own_page("web", ident)))

    def _link(self, name: str, rows: I64, texts: Any) -> None:
        codes: Any = texts.dictionary_encode()
        keys = np.array([hashed(text) for text in codes.dictionary.to_pylist()], np.uint64)
        there = np.flatnonzero(np.asarray(texts.is_valid()))
        at = np.asarray(codes.indices.take(pa.array(there)), np.int64)
        self._linked[name].append((keys[at], rows[there]))

    def finish(self, whole_days: Iterable[str | None]) -> None:
        """Write what is left, and put the folder in its place; `whole_days` are the files that give no time of day.

        Raises
        ------
        OSError
            if it cannot be written.
        """
        self._writer.close()
        self._file.close()
        time, source = self._arrays["time"], self._arrays["source"]
        keys, codes = np.unique(self._channel_keys, return_inverse=True)
        self._arrays["channel"][:] = codes
        for name, values in self._arrays.items():
            self._save(name, values)
        self._save("channel_keys", keys)
        self._save("starts", np.array(self._starts[:-1] or [0], np.int64))
        channels = [self._channels[key] for key in keys.tolist()]
        columns = [pa.array([c[n] for c in channels], pa.string()) for n in (0, 1)]
        self._table(CHANNELS, pa.table(columns, names=["platform", "channel_id"]))
        platforms = sorted({platform for platform, _ in channels})
        numbers = {platform: n for n, platform in enumerate(platforms)}
        self._save("channel_platform", np.array([numbers[platform] for platform, _ in channels], np.int32))
        self._table(FAMILIES, pa.table([self._families.dictionary], names=["family_id"]))
        for name, found in self._linked.items():
            self._save_links(name, found, time)
        family = self._arrays["family"]
        self._save_groups("family", family, len(self._families.dictionary))
        self._save_groups("text", self._texts, self._text_count)
        meta = {
            "rows": len(family),
            "texts": self._text_count,
            "posts": int(len(family) - self._arrays["is_repost"].sum()),
            "sources": self._sources,
            "in_lines": self._in_lines,
            "platforms": platforms,
            "precision_s": _precision(self._sources, source, time, set(whole_days)),
            "sizes": {path.name: path.stat().st_size for path in sorted(self._folder.iterdir())},
        }
        (self._folder / META).write_text(json.dumps(meta, sort_keys=True) + "\n", encoding="utf-8")
        shutil.rmtree(self._target, ignore_errors=True)
        self._folder.replace(self._target)

    def _save_groups(self, name: str, codes: NDArray[np.int32], count: int) -> None:
        order = np.argsort(codes, kind="stable")
        order = order[codes[order] >= 0]
        self._save(f"{name}_rows", order.astype(np.int64))
        self._save(f"{name}_begins", np.searchsorted(codes[order], np.arange(count + 1)).astype(np.int64))

    def _save_links(self, name: str, found: Sequence[tuple[U64, I64]], time: I64) -> None:
        keys = np.concatenate([np.empty(0, np.uint64), *(one[0] for one in found)])
        rows = np.concatenate([np.empty(0, np.int64), *(one[1] for one in found)])
        order = np.lexsort((rows, time[rows], keys))
        keys, rows = keys[order], rows[order]
        # A post that links a page twice links it once.
        new = np.ones(len(keys), np.bool_)
        new[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
        self._save(f"{name}_keys", keys[new])
        self._save(f"{name}_rows", rows[new])

    def _save(self, name: str, values: NDArray[Any]) -> None:
        np.save(self._folder / f"{name}.npy", values, allow_pickle=False)

    def _table(self, name: str, table: pa.Table) -> None:
        batches = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
        with pa.OSFile(str(self._folder / name), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)


def _joined(source: NDArray[np.int32], record: I64) -> I64:
    """Return file and record as one number: a file has fewer than 2^40 records."""
    made: I64 = (source.astype(np.int64) << 40) | record
    return made


def _said(posts: pa.Table) -> Any:
    """Return the texts as the measure reads them: an item without one is taken by its title."""
    texts: Any = posts["text"]
    is_empty = pc.equal(texts, pa.scalar(""))
    return pc.if_else(is_empty, pc.fill_null(posts["title"], pa.scalar("")), texts).cast(pa.large_string())


def _forms(texts: Any, one_form: Callable[[str], str | None]) -> Any:
    """Return the form of each text, each different one asked for once; null where there is none."""
    codes = texts.dictionary_encode()
    forms = pa.array([one_form(text) if text else None for text in codes.dictionary.to_pylist()], pa.string())
    return forms.take(codes.indices)


def _precision(sources: Sequence[str], source: NDArray[np.int32], time: I64, whole_days: set[str | None]) -> list[int]:
    """Return how exactly each file gives times, seconds."""
    rows = np.bincount(source, minlength=len(sources))
    between = np.bincount(source, time % (MINUTE_S * _US) != 0, minlength=len(sources))
    minutes = ((rows >= MINUTES_ROWS) & (between == 0)).tolist()
    return [
        DAY_S if name in whole_days else MINUTE_S if minute else 1
        for name, minute in zip(sources, minutes, strict=True)
    ]

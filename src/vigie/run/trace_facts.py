"""What every post of a case says, kept on disk so that one post, one page or one host is looked up without a scan.

A folder `cache/trace-<key>`, written once per state of the case and mapped into memory on reading:

- `posts.arrow`: text, name and links of each post, in the order of the store;
- arrays of one value a row, in the order of the measure `text_families`: where the row stands in `posts.arrow`, its
  time, file, record, channel, family, and whether it is a marked repost;
- sorted 64-bit hashes of linked pages, of their hosts and of articles' own addresses, with the rows that have them;
- `facts.json`, written last: what there is of each, and how exactly each file gives times.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow as pa

from vigie.text.urls import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from vigie.case import Case
    from vigie.tables.store import Manifest

    I64 = NDArray[np.int64]
    U64 = NDArray[np.uint64]

VERSION: Final = 1
DAY_S: Final = 86_400
MINUTE_S: Final = 60
CACHE: Final = "cache"
FACTS: Final = "trace"
# Where the measure of families keeps its texts.
INDEX: Final = "standing/text_families"
META: Final = "facts.json"
POSTS: Final = "posts.arrow"
CHANNELS: Final = "channels.arrow"
FAMILIES: Final = "families.arrow"
SAID: Final = pa.schema([("said", pa.large_string()), ("name", pa.string()), ("urls", pa.list_(pa.string()))])
BY_ROW: Final = {
    "place": np.int64,
    "time": np.int64,
    "source": np.int32,
    "record": np.int64,
    "channel": np.int32,
    "family": np.int32,
    "is_repost": np.bool_,
}
GROUPED: Final = ("text", "family")
LOOKED_UP: Final = ("page", "host", "own")
_KNOWN: Final = 1 << 16
_KNOWN_CHARS: Final = 500


def hashed(text: str) -> int:
    """Return 64 bits that stand for a text.

    >>> hashed("https://example.org/a") == hashed("https://example.org/b")
    False
    """
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def own_page(platform: str, post_id: str) -> str | None:
    """Return the canonical address of a post that is a page of its own, such as an article; else None.

    >>> own_page("web", "https://www.example.org/a/"), own_page("x", "https://example.org/a"), own_page("web", "17")
    ('https://example.org/a', None, None)
    """
    if platform != "web" or not post_id.lower().startswith(("http://", "https://")):
        return None
    return page_of(post_id)


def page_of(url: str) -> str | None:
    """Return the canonical form of an address, those of late remembered."""
    return _known(url) if len(url) <= _KNOWN_CHARS else canonical_url(url)


_known: Final = lru_cache(maxsize=_KNOWN)(canonical_url)


def pages_of(urls: Iterable[str | None]) -> set[str]:
    """Return the canonical addresses among links as written."""
    return {page for url in urls if url and (page := page_of(url))}


def facts_name(case: Case, manifest: Manifest) -> str:
    """Return the name of the folder of facts: made of all that the families of a case's texts are made of.

    By which rules they are made, the index of texts knows: it is none for a program of other rules.
    """
    said = [
        *(VERSION, case.detect),
        [[s.sha256, s.format, s.version, dict(s.options), s.after] for s in manifest.sources if s.table == "posts"],
    ]
    text = json.dumps(said, sort_keys=True, default=str)
    return f"{FACTS}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


class Facts:
    """What was written of a state of a case, read where it lies. Rows are places in the measure `text_families`.

    By row: `time` in UTC microseconds; `source`, a place in `sources`; `record` in it; `channel`, a place in
    `channel_keys`; `family`, -1 for none; `is_repost` for a marked repost.

    `sources` are the first digits of the files' hashes, `precision_s` how exactly each gives times: 1, 60 or 86,400
    seconds, `in_lines` whether a record is known by its line. `posts` counts the rows that are no marked reposts,
    `texts` the different texts of three words or more.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        for name, size in meta["sizes"].items():
            if (folder / name).stat().st_size != size:
                message = f"{name} is not whole"
                raise ValueError(message)
        self.rows: int = meta["rows"]
        self.posts: int = meta["posts"]
        self.texts: int = meta["texts"]
        self.sources: list[str] = meta["sources"]
        self.precision_s: list[int] = meta["precision_s"]
        self.in_lines: list[bool] = meta["in_lines"]
        self.platforms: list[str] = meta["platforms"]
        self._place: I64 = self._array("place")
        self.time: I64 = self._array("time")
        self.source: NDArray[np.int32] = self._array("source")
        self.record: I64 = self._array("record")
        self.channel: NDArray[np.int32] = self._array("channel")
        self.family: NDArray[np.int32] = self._array("family")
        self.is_repost: NDArray[np.bool_] = self._array("is_repost")
        self._keys = {name: self._array(f"{name}_keys") for name in LOOKED_UP}
        self._rows = {name: self._array(f"{name}_rows") for name in LOOKED_UP}
        self.channel_keys: U64 = self._array("channel_keys")
        self.channel_platform: NDArray[np.int32] = self._array("channel_platform")
        self._grouped = {name: (self._array(f"{name}_rows"), self._array(f"{name}_begins")) for name in GROUPED}
        self._starts: I64 = self._array("starts")
        self._names = self._file(CHANNELS).get_batch(0)
        self._families = self._file(FAMILIES).get_batch(0)
        self._posts = self._file(POSTS)
        self._batches: dict[int, Any] = {}

    @classmethod
    def opened(cls, folder: Path) -> Self | None:
        """Return what stands in `folder`; None where there is nothing, or nothing whole."""
        try:
            return cls(folder)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException):
            return None

    def _array(self, name: str) -> Any:
        return np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)

    def _file(self, name: str) -> Any:
        return pa.ipc.open_file(pa.memory_map(str(self._folder / name)))

    def channel_of(self, code: int) -> tuple[str, str]:
        """Return the platform and the channel_id of a channel."""
        batch = self._names
        return batch.column(0)[code].as_py(), batch.column(1)[code].as_py()

    def family_id(self, code: int) -> str:
        """Return the identifier of a family, 32 hexadecimal digits."""
        return str(self._families.column(0)[code].as_py())

    def said(self, row: int) -> tuple[str, str | None, list[str]]:
        """Return what a row says, the name its channel shows, and its links as written."""
        place = int(self._place[row])
        at = int(np.searchsorted(self._starts, place, side="right")) - 1
        if at not in self._batches:
            self._batches[at] = self._posts.get_batch(at)
        batch, within = self._batches[at], place - int(self._starts[at])
        said, name, urls = (batch.column(n)[within].as_py() for n in range(len(SAID)))
        return said, name, [url for url in urls or () if url]

    def of_families(self, codes: Iterable[int]) -> I64:
        """Return the rows of families."""
        return self._of("family", codes)

    def of_texts(self, numbers: Iterable[int]) -> I64:
        """Return the rows that have one of these texts, each by its number in the index."""
        return self._of("text", numbers)

    def _of(self, name: str, codes: Iterable[int]) -> I64:
        rows, begins = self._grouped[name]
        found = [rows[int(begins[code]) : int(begins[code + 1])] for code in codes]
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def linking(self, page: str) -> I64:
        """Return the rows that link a canonical address, in order of time."""
        return self._found("page", page)

    def linking_host(self, host: str) -> I64:
        """Return the rows that link a page of a registrable host, in order of time."""
        return self._found("host", host)

    def pages(self, page: str) -> I64:
        """Return the rows that are the page at a canonical address, in order of time."""
        return self._found("own", page)

    def _found(self, name: str, text: str) -> I64:
        key = np.uint64(hashed(text))
        low, high = (int(np.searchsorted(self._keys[name], key, side=side)) for side in ("left", "right"))
        rows: I64 = self._rows[name][low:high]
        return rows

"""Columns of numbers in the files of a folder, that grow from one run to the next; `State`.

    state.json          what is valid: numbers of the caller's, lengths, sums of the bytes, names of files
    <column>            values one after another, little-endian, only ever appended to
    <column>-<serial>   a column that is written anew each time: another file each time

`state.json` is written last and renamed. A process that is killed leaves bytes after the valid ones and files that
nothing names: the next writer cuts off the ones and removes the others. A state of another version, or with a byte that
is not what was written, is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from vigie import __version__
from vigie.kernels.running_sum import running_sum
from vigie.rules.text_card import card_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FILE: Final = "state.json"
# To be raised by whoever changes what a text's key, its parts, a pair or a family is.
_MADE_BY: Final = 3
_FROM_ZERO: Final = ("shingle_begins", "word_begins")
GROWING: Final[Mapping[str, str]] = {
    "own": "<i4",  # of each row: its text, -1: too short
    "is_repost": "|u1",  # of each row
    "keys": "<i8",  # of each text: two, the 128 bits of its fingerprint
    "word_counts": "<i4",  # of each text
    "shingle_begins": "<i8",
    "shingles": "<u4",
    "word_begins": "<i8",
    "words": "<u4",
    "lengths": "|u1",
    "facts": "|u1",
    "earlier": "<i4",  # of each pair
    "later": "<i4",
    "inner": "<i4",  # of each quote: the text that is quoted
    "outer": "<i4",  # the text that quotes it
}


def _version() -> str:
    said = f"{__version__} {_MADE_BY} {card_text()}"
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


class State:
    """One state. `numbers` are the caller's, any that JSON can hold, as of the last `commit`."""

    def __init__(self, folder: Path, said: dict[str, Any] | None = None) -> None:
        """Make an empty state in `folder`, removing what stands there; with `said` take what it says."""
        self.folder = folder
        said = said or {"numbers": {}, "lengths": dict.fromkeys(GROWING, 0), "sums": {}, "files": {}, "serial": 0}
        self.numbers: dict[str, Any] = said["numbers"]
        self._lengths: dict[str, int] = said["lengths"]
        self._sums: dict[str, int] = said["sums"]
        self._files: dict[str, list[Any]] = said["files"]  # of a column written anew: file, type, sum
        self._serial: int = said["serial"]
        self._committed = {entry[0] for entry in self._files.values()}

    @classmethod
    def fresh(cls, folder: Path) -> Self:
        """Return an empty state in `folder`, of which everything that was there is removed."""
        folder.mkdir(parents=True, exist_ok=True)
        # The file that names the others goes first.
        for path in (folder / FILE, *sorted(folder.iterdir())):
            if path.is_file() or path.is_symlink():
                path.unlink(missing_ok=True)
        state = cls(folder)
        for name in _FROM_ZERO:
            state.append(name, np.zeros(1, np.int64))
        return state

    @classmethod
    def opened(cls, folder: Path, *, whole: bool) -> Self | None:
        """Return the state in `folder`; None where there is none, or not of this version, or it is damaged.

        `whole`: read every byte to see that none has changed, and cut off what a killed process left. Without it the
        lengths of files are looked at.
        """
        try:
            read = json.loads((folder / FILE).read_text(encoding="utf-8"))
            body = json.dumps(read["state"], sort_keys=True)
            if read["version"] != _version() or read["sum"] != _digest(body):
                return None
            state = cls(folder, read["state"])
            return state if state._is_as_written(whole=whole) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _is_as_written(self, *, whole: bool) -> bool:
        for name, kind in GROWING.items():
            path, size = self.folder / name, self._lengths[name] * np.dtype(kind).itemsize
            held = path.stat().st_size if path.exists() else 0
            if held < size:
                return False
            if whole and held > size:
                os.truncate(path, size)
            if whole and running_sum(0, self.column(name)) != self._sums.get(name, 0):
                return False
        for name, (file, kind, length, total) in self._files.items():
            if (self.folder / file).stat().st_size != length * np.dtype(kind).itemsize:
                return False
            if whole and running_sum(0, self.column(name)) != total:
                return False
        return True

    def append(self, name: str, values: NDArray[Any]) -> None:
        """Put values after those of a growing column."""
        values = np.ascontiguousarray(values, GROWING[name]).reshape(-1)
        with (self.folder / name).open("ab") as file:
            file.write(values.data)
        self._lengths[name] += values.size
        self._sums[name] = running_sum(self._sums.get(name, 0), values)

    def length(self, name: str) -> int:
        """Return how many values a growing column has."""
        return self._lengths[name]

    def column(self, name: str) -> NDArray[Any]:
        """Return a column as it is now: its file, mapped, so that what is not touched is not read."""
        if name in GROWING:
            return _mapped(self.folder / name, GROWING[name], self._lengths[name])
        file, kind, length, _ = self._files[name]
        return _mapped(self.folder / file, kind, length)

    def room(self, name: str, kind: str, length: int) -> NDArray[Any]:
        """Return a column that is written anew, to be filled; `filled` says that it is."""
        self.removed(name)
        self._serial += 1
        file = f"{name}-{self._serial}"
        self._files[name] = [file, kind, length, 0]
        path = self.folder / file
        size = length * np.dtype(kind).itemsize
        with path.open("wb") as made:
            if size and hasattr(os, "posix_fallocate"):
                # A disk that is full says so here; later it would end the process.
                os.posix_fallocate(made.fileno(), 0, size)
            made.truncate(size)
        return np.asarray(np.memmap(path, kind, "r+", shape=(length,))) if length else np.zeros(0, kind)

    def filled(self, name: str, values: NDArray[Any]) -> None:
        """Take note of what now stands in a column that `room` gave."""
        self._files[name][3] = running_sum(0, values)

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Write a column anew."""
        kind = values.dtype.newbyteorder("<").str
        self.room(name, kind, 0)
        with (self.folder / self._files[name][0]).open("wb") as file:
            file.write(np.ascontiguousarray(values, kind).data)
        self._files[name][2:] = [values.size, running_sum(0, values)]

    def removed(self, name: str) -> None:
        """Forget a column that is written anew. What the last `commit` names stays on disk until the next."""
        file, *_ = self._files.pop(name, (None,))
        if file is not None and file not in self._committed:
            _unlinked(self.folder / file)

    def renamed(self, name: str, to: str) -> None:
        """Call a column that is written anew by the name of another, which is forgotten."""
        self.removed(to)
        self._files[to] = self._files.pop(name)

    def commit(self) -> None:
        """Make everything valid that was written."""
        state = {
            "numbers": self.numbers,
            "lengths": self._lengths,
            "sums": self._sums,
            "files": self._files,
            "serial": self._serial,
        }
        body = json.dumps(state, sort_keys=True)
        said = json.dumps({"version": _version(), "sum": _digest(body), "state": json.loads(body)})
        temporary = self.folder / f".{FILE}.tmp"
        temporary.write_text(said, encoding="utf-8")
        temporary.replace(self.folder / FILE)
        self._committed = {entry[0] for entry in self._files.values()}
        named = {*GROWING, *self._committed, FILE}
        for path in sorted(self.folder.iterdir()):
            if path.name not in named and path.is_file():
                _unlinked(path)


def _digest(body: str) -> str:
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def _unlinked(path: Path) -> None:
    # Some systems keep a file that is mapped: the next commit tries again.
    with contextlib.suppress(OSError):
        path.unlink()


def _mapped(path: Path, kind: str, length: int) -> NDArray[Any]:
    if not length:
        return np.zeros(0, kind)
    # What is written into it stays in memory; compiled kernels are compiled for arrays that can be written.
    return np.asarray(np.memmap(path, kind, "c", shape=(length,)))

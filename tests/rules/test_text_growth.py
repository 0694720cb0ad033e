"""Families of posts that come some at a time, with a state on disk, beside those of all posts at once."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.rules.test_families import OTHER, SAID, posted
from vigie.rules import text_arrivals, text_growth, text_state
from vigie.rules.text_arrivals import blocks, digest, grown
from vigie.rules.text_state import State

SCHEMA = pa.schema([("row_id", pa.string()), ("text", pa.string())])


class KilledError(Exception):
    """A process was killed."""


class Kill:
    """Raises at the n-th operation on files within a folder: an audit hook, so that none is missed."""

    def __init__(self):
        self.left, self.folder = None, ""
        sys.addaudithook(self)

    def __call__(self, name, args):
        if self.left is None or name not in {"open", "os.rename", "os.remove", "os.truncate", "os.mkdir", "os.listdir"}:
            return
        if isinstance(args[0], (str, os.PathLike)) and str(args[0]).startswith(self.folder):
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise KilledError

    def arm(self, folder, operations):
        self.left, self.folder = operations, str(folder)

    def disarm(self):
        self.left = None


KILL = Kill()


def table(texts, first=0, source="a"):
    return pa.table([[f"{source}:{first + n}" for n in range(len(texts))], texts], schema=SCHEMA)


def said(batch):
    texts = batch["text"].to_pylist()
    return texts, np.array([text.startswith("RT") for text in texts], np.bool_)


def made(batches, folder=None, words_min=6):
    found = grown(batches, said, folder, words_min=words_min)
    return found.row_ids.to_pylist(), *((column.dtype.str, column.tolist()) for column in found.grown)


@pytest.fixture
def small():
    """Let blocks and what is looked up at once be small, so that a few posts are many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_arrivals, "BLOCK_ROWS", 7)
        patch.setattr(text_growth, "TEXTS_AT_ONCE", 5)
        yield


def cut(items, places):
    ends = sorted({min(place, len(items)) for place in places})
    return [items[a:b] for a, b in zip([0, *ends], [*ends, len(items)], strict=True)]


CUTS = st.lists(st.integers(0, 60), max_size=4)


@settings(max_examples=40)
@given(
    posted(),
    CUTS,
    CUTS,
    st.lists(st.sampled_from([3, 6, 12]), min_size=5, max_size=5),
    st.tuples(*[st.integers(1, 60)] * 2),
)
def test_posts_that_come_some_at_a_time_give_what_all_at_once_give(posts, days, batches, words, sizes):
    block, at_once = sizes
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_arrivals, "BLOCK_ROWS", block)
        patch.setattr(text_growth, "TEXTS_AT_ONCE", at_once)
        seen = 0
        for day, words_min in zip(cut(posts, days), words, strict=False):
            seen += len(day)
            here = [table(some, source=str(k)) for k, some in enumerate(cut(posts[:seen], batches))]
            rows = pa.concat_tables(here)
            found = made(here, Path(name) / "state", words_min)
            patch.undo()
            assert found == made([rows], None, words_min)
            patch.setattr(text_arrivals, "BLOCK_ROWS", block)
            patch.setattr(text_growth, "TEXTS_AT_ONCE", at_once)
    event(f"families: {min(2, len(set(found[5][1]) - {-1}))}")


@settings(max_examples=12)
@given(posted(), posted(), st.data())
def test_a_state_of_other_posts_is_made_anew(one, other, data):
    """Files dropped, put before others, the same twice, a text changed."""
    sources = {"a": table(one), "b": table(other, source="b"), "c": table(one, source="c")}
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_arrivals, "BLOCK_ROWS", 7)
        for _ in range(4):
            order = data.draw(st.lists(st.sampled_from("abc"), max_size=3, unique=True))
            posts = [sources[source] for source in order]
            assert made(posts, Path(name)) == made(posts)


@settings(max_examples=30, deadline=None)
@given(posted(), st.integers(0, 30), st.integers(0, 120))
def test_a_killed_process_leaves_what_opens_or_is_made_anew(posts, days, operations):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_arrivals, "BLOCK_ROWS", 7)
        patch.setattr(text_growth, "TEXTS_AT_ONCE", 5)
        folder = Path(name) / "state"
        made([table(posts[:days])], folder)
        KILL.arm(folder, operations)
        try:
            made([table(posts)], folder)
        except KilledError:
            event("killed")
        finally:
            KILL.disarm()
        again = Path(name) / "copy"
        shutil.copytree(folder, again)
        assert made([table(posts)], again) == made([table(posts)])
        assert made([table(posts[:days])], folder) == made([table(posts[:days])])


@settings(max_examples=30, deadline=None)
@given(posted(), st.randoms(use_true_random=False))
def test_a_byte_that_is_not_what_was_written_costs_time_only(posts, random):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        half = len(posts) // 2
        made([table(posts[:half])], folder)
        path = random.choice([path for path in sorted(folder.iterdir()) if path.stat().st_size])
        data = bytearray(path.read_bytes())
        at = random.randrange(len(data))
        if random.random() < 0.3:
            path.write_bytes(data[:at])
        else:
            data[at] ^= 1 << random.randrange(8)
            path.write_bytes(data)
        assert made([table(posts)], folder) == made([table(posts)])


@pytest.mark.usefixtures("small")
def test_what_stands_is_not_looked_up_again(tmp_path, monkeypatch):
    texts = [f"{SAID} {n}" for n in range(30)]
    made([table(texts)], tmp_path)
    asked = []
    known = text_growth.normalised
    monkeypatch.setattr(text_growth, "normalised", lambda some: asked.extend(some) or known(some))
    made([table([*texts, OTHER, SAID])], tmp_path)
    assert asked == [OTHER, SAID]


def test_a_foreign_file_or_another_version_is_no_state(tmp_path, monkeypatch):
    made([table([SAID, OTHER])], tmp_path)
    monkeypatch.setattr(text_state, "_MADE_BY", 0)
    assert State.opened(tmp_path, whole=True) is None
    monkeypatch.undo()
    assert State.opened(tmp_path, whole=True)
    for content in (
        "",
        "null",
        "[]",
        "{}",
        '{"version": 1}',
        json.dumps({"version": "x", "sum": "", "state": {}}),
        "\0",
    ):
        (tmp_path / text_state.FILE).write_text(content)
        assert State.opened(tmp_path, whole=True) is None
    (tmp_path / text_state.FILE).write_bytes(b"\xff")
    assert State.opened(tmp_path, whole=True) is None
    assert made([table([SAID, SAID])], tmp_path) == made([table([SAID, SAID])])


@pytest.mark.usefixtures("small")
def test_nothing_is_left_in_the_folder_that_no_state_names(tmp_path):
    random = Random(1)
    texts = [f"{SAID} {random.random()} {n}" for n in range(60)]
    for end in range(0, 61, 12):
        made([table(texts[:end])], tmp_path)
    (tmp_path / "core-999999").write_bytes(b"left by a killed process")
    made([table(texts)], tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    said_files = json.loads((tmp_path / text_state.FILE).read_text())["state"]["files"]
    assert names == {*text_state.GROWING, text_state.FILE, *(entry[0] for entry in said_files.values())}
    assert len(said_files) < 3 + 3 * 5


def test_no_posts_are_a_state_too(tmp_path):
    for _ in range(2):
        assert made([], tmp_path)[0] == []
    assert made([table([SAID])], tmp_path) == made([table([SAID])])


PIECES = st.lists(st.lists(st.sampled_from(["", "a", "bc", None, "é"]), max_size=4), max_size=5)


@given(PIECES, st.lists(st.integers(1, 6), max_size=5))
def test_pieces_have_the_sizes_asked_for_and_digests_of_their_values(pieces, sizes):
    tables = [pa.table({"a": pa.array(piece, pa.string())}) for piece in pieces]
    sizes = [*sizes, *[3] * 20]
    values = [value for piece in pieces for value in piece]
    digests = {}
    for piece, size in zip(blocks(tables, sizes), sizes, strict=False):
        own, values = values[:size], values[size:]
        assert piece["a"].to_pylist() == own
        digests[tuple(own)] = digest(piece)
        assert digest(pa.table({"a": pa.array(own, pa.string())})) == digest(piece)
    assert not values
    assert len(set(digests.values())) == len(digests)

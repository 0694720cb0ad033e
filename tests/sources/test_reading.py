"""Files to blocks: whatever the compression, encoding or damage, the same bytes in the same cuts, or a word why not."""

import bz2
import gzip
import lzma
import os
import tempfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from vigie.errors import InputError
from vigie.sources import reading
from vigie.sources.reading import Chunk, Stream, chunks, head

LINES = b"".join(b"line %d of a log\n" % n for n in range(20_000))
COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.compress, "txt": bytes}
NAMES = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}


def read_all(path, *, encoding="", offset=0, consume=len):
    """Return (chunks' data as consumed, what was passed over)."""
    stream = Stream(path, encoding=encoding)
    data, passed = [], []
    try:
        stream.skip(offset)
        feed = chunks(stream, offset)
        item = next(feed, None)
        while item is not None:
            taken = 0
            if isinstance(item, Chunk):
                taken = len(item.data) if item.last else consume(item.data)
                data.append(item.data[:taken])
            else:
                passed.append(item)
            try:
                item = feed.send(taken)
            except StopIteration:
                item = None
    finally:
        stream.close()
    return data, passed


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(reading, "LINE_BYTES_MAX", 1024)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", COMPRESS)
def test_every_compression_gives_the_same_bytes(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(COMPRESS[kind](LINES) + COMPRESS[kind](b"second member\n"))
    data, passed = read_all(path)
    assert b"".join(data) == LINES + b"second member\n"
    assert passed == []
    assert all(block.endswith(b"\n") for block in data)


@pytest.mark.parametrize("kind", [k for k in COMPRESS if k != "txt"])
def test_a_truncated_stream_gives_what_is_there_and_says_so(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    whole = os.urandom(1_000_000).hex(sep="\n", bytes_per_sep=40).encode()
    path.write_bytes(COMPRESS[kind](whole)[:-200_000])
    data, passed = read_all(path)
    assert whole.startswith(b"".join(data))
    assert len(b"".join(data)) > len(whole) // 4
    assert [p.reason for p in passed] == [f"the {NAMES[kind]} stream is cut off"]


def test_a_damaged_gzip_says_where(tmp_path):
    path = tmp_path / "a.gz"
    whole = bytearray(gzip.compress(os.urandom(200_000)))
    whole[100_000:100_100] = b"\xff" * 100
    path.write_bytes(bytes(whole))
    _, passed = read_all(path)
    assert "damaged" in passed[-1].reason


def test_zeros_after_a_member_are_padding(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(LINES) + b"\0" * 5000)
    data, passed = read_all(path)
    assert b"".join(data) == LINES
    assert passed == []


def test_a_stream_made_to_fill_a_disk_is_not_read_on(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_EXPANSION_FREE", 1 << 20)
    monkeypatch.setattr(reading, "_EXPANSION_MAX", 200)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\n" * (64 << 20)))
    _, passed = read_all(path)
    assert "expands" in passed[-1].reason


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-8"])
def test_a_byte_order_mark_says_the_encoding(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(("\ufeff" + "é,ü\n" * 3000).encode(encoding))
    data, _ = read_all(path)
    assert b"".join(data) == ("é,ü\n" * 3000).encode()


def test_a_named_encoding_is_decoded_and_loses_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("é€\n".encode("cp1252") + b"\x81\n")
    data, _ = read_all(path, encoding="cp1252")
    assert b"".join(data) == "é€\n\\x81\n".encode()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", ["txt", "gz"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_reading_on_gives_what_reading_through_gives(tmp_path, kind, mark):
    path = tmp_path / "a"
    path.write_bytes(COMPRESS[kind](mark + LINES))
    data, _ = read_all(path)
    offset = 0
    for count, block in enumerate(data[:5]):
        again, _ = read_all(path, offset=offset)
        assert again == data[count:]
        offset += len(block)


@pytest.mark.usefixtures("small_blocks")
def test_an_overlong_line_is_passed_over_and_counted(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"a\n" + b"x" * 100_000 + b"\nb\n" + b"y" * 5_000)
    data, passed = read_all(path)
    assert data == [b"a\n", b"b\n"]
    assert [(p.size, p.lines) for p in passed] == [(100_001, 1), (5_000, 1)]


@given(
    lines=st.lists(st.sampled_from([b"", b"ab", b"x" * 60, b"y" * 200]), max_size=40),
    ending=st.sampled_from([b"", b"\n"]),
    share=st.floats(0.1, 1.0),
)
def test_no_byte_is_lost_whatever_is_consumed(tmp_path_factory, lines, ending, share):
    path = tmp_path_factory.mktemp("r") / "a"
    whole = b"\n".join(lines) + ending
    path.write_bytes(whole)
    old = reading.BLOCK_BYTES, reading.LINE_BYTES_MAX
    try:
        reading.BLOCK_BYTES, reading.LINE_BYTES_MAX = 256, 100
        data, passed = read_all(path, consume=lambda d: d.find(b"\n", int(len(d) * share) - 1) + 1 or len(d))
    finally:
        reading.BLOCK_BYTES, reading.LINE_BYTES_MAX = old
    kept = [line for line in whole.splitlines(keepends=True) if len(line.rstrip(b"\n")) <= 100]
    assert b"".join(data) == b"".join(kept)
    assert sum(p.size for p in passed) == len(whole) - len(b"".join(kept))


def test_what_a_growing_file_gets_later_is_left(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(LINES)
    stream = Stream(path, limit=1000)
    assert stream.read(10_000) == LINES[:1000]
    stream.close()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda p: p.write_bytes(b""), "empty"),
        (lambda p: p.mkdir(), "folder"),
        (lambda _: None, "no such file"),
        (lambda p: p.write_bytes(b"PK\x03\x04rest"), "zip archive"),
        (lambda p: p.write_bytes(gzip.compress(b"")), "nothing is left"),
        (lambda p: p.write_bytes(gzip.compress(LINES)[:6]), "cut off"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, make, what):
    path = tmp_path / "a"
    make(path)
    with pytest.raises(InputError, match=what):
        head(path)


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of a POSIX system")
def test_no_permission_is_said():
    """Root may read everything, so that as root the test becomes nobody while it tries."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "a"
        path.write_bytes(LINES)
        path.chmod(0)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(InputError, match="Permission denied"):
                head(path)
        finally:
            os.seteuid(was)


@given(st.lists(st.integers(0, 80), max_size=30), st.integers(1, 12))
def test_a_block_has_so_many_lines_and_no_more(sizes, most):
    data = b"".join(b"x" * size + b"\n" for size in sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_LINES_MAX", most)
        cut = reading._lines_most(data, len(data))  # noqa: SLF001
    assert data[:cut] == b"".join(data.splitlines(keepends=True)[:most])

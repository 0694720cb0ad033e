import csv
import io
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.csv_oracle import Bad, Good, read
from vigie.kernels import csv_fields
from vigie.kernels.gather import unescape

WHY = {
    csv_fields.WRONG_COUNT: "count",
    csv_fields.WRONG_COUNT_LINES: "count over lines",
    csv_fields.BAD_QUOTE: "text after quote",
    csv_fields.STRAY_QUOTE: "stray quote",
    csv_fields.OPEN_QUOTE: "open quote",
}


def scan(text: bytes, columns, *, delimiter=",", escape="", limit=1 << 20, last=True, stop=None):
    data = np.frombuffer(text, np.uint8)
    rows = text.count(b"\n") + 2
    good, bad = np.empty((rows, 3), np.int64), np.empty((rows, 5), np.int64)
    starts, ends = np.empty((rows, columns), np.int32), np.empty((rows, columns), np.int32)
    flags, scratch = np.empty((rows, columns), np.uint8), np.empty(rows + 1, np.int32)
    code = ord(escape) if escape else 0
    pos, line, n_good, n_bad = csv_fields.scan(
        data, ord(delimiter), code, columns, 0, len(text) if stop is None else stop, 0, last, limit,
        good, starts, ends, flags, bad, scratch,
    )  # fmt: skip
    fields = []
    for column in range(columns):
        picked = (np.ascontiguousarray(part[:n_good, column]) for part in (starts, ends, flags))
        offsets, values = unescape(data, *picked, code)
        fields.append([values[a:b].tobytes() for a, b in pairwise(offsets)])
    goods = list(zip(good[:n_good, 2].tolist(), zip(*fields, strict=True), strict=True))
    bads = [(line, WHY[status]) for line, status in bad[:n_bad, 2:4].tolist()]
    return pos, line, goods, bads


def agrees(text, columns, **given_):
    _, _, goods, bads = scan(text.encode(), columns, **given_)
    wanted = read(text.encode().decode("latin-1"), columns, **given_)  # so that a character is a byte
    assert goods == [(w.line, tuple(f.encode("latin-1") for f in w.fields)) for w in wanted if isinstance(w, Good)]
    assert bads == [(w.line, w.why) for w in wanted if isinstance(w, Bad)]


DENSE = st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "a", "\\", "é", ',"', '",', '"\n']), max_size=40)


@settings(max_examples=400)
@given(DENSE, st.integers(1, 4), st.sampled_from(["", "\\"]), st.sampled_from([1, 4, 9, 1 << 20]))
def test_every_line_becomes_what_the_slow_reading_says(parts, columns, escape, limit):
    agrees("".join(parts), columns, escape=escape, limit=limit)


CELL = st.text(st.sampled_from('ab",;\n\ré '), max_size=8)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12), st.sampled_from(",;\t|"), st.booleans())
def test_clean_files_read_as_the_csv_module_reads_them(rows, delimiter, everything):
    buffer = io.StringIO()
    quoting = csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL
    csv.writer(buffer, delimiter=delimiter, quoting=quoting).writerows(rows)
    text = buffer.getvalue()
    wanted = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    _, _, goods, bads = scan(text.encode(), 3, delimiter=delimiter)
    assert bads == []
    assert [[field.decode() for field in fields] for _, fields in goods] == wanted


@given(DENSE, st.integers(1, 3), st.data())
def test_cutting_at_any_newline_changes_nothing(parts, columns, data):
    text = "".join(parts).encode()
    _, lines, goods, bads = scan(text, columns, limit=12)
    ends = [i + 1 for i, byte in enumerate(text) if byte == 10]
    cuts = sorted({*data.draw(st.lists(st.sampled_from(ends), max_size=4)), len(text)}) if ends else [len(text)]
    at, line, got_good, got_bad = 0, 0, [], []
    for cut in cuts:
        last = cut == len(text)
        pos, more, some_good, some_bad = scan(text[at:cut], columns, limit=12, last=last)
        got_good += [(number + line, fields) for number, fields in some_good]
        got_bad += [(number + line, why) for number, why in some_bad]
        at, line = at + pos, line + more
    assert (at, line, got_good, got_bad) == (len(text), lines, goods, bads)


@given(DENSE, st.integers(1, 3), st.integers(0, 60))
def test_it_stops_at_the_first_record_past_the_mark(parts, columns, stop):
    text = "".join(parts).encode()
    pos, line, goods, bads = scan(text, columns, stop=min(stop, len(text)))
    _, _, all_good, all_bad = scan(text, columns)
    assert goods == all_good[: len(goods)]
    assert bads == all_bad[: len(bads)]
    assert pos >= min(stop, len(text))
    assert line == text[:pos].count(b"\n") + (pos == len(text) and not text.endswith(b"\n") and pos > 0)


def test_an_unclosed_quote_costs_its_line_alone():
    lines = [f'{n},"said ""{n}"", twice",end' for n in range(10_000)]
    lines[5_000] = '5000,"never closed,end'
    _, _, goods, bads = scan("\n".join(lines).encode(), 3)
    assert [number for number, _ in goods] == [n for n in range(10_000) if n != 5_000]
    assert bads == [(5_000, "stray quote")]


def test_an_unclosed_quote_before_unquoted_rows_costs_its_line_alone():
    lines = [f"{n},plain,end" for n in range(10_000)]
    lines[5_000] = '5000,"never closed,end'
    _, _, goods, bads = scan("\n".join(lines).encode(), 3)
    assert len(goods) == 9_999
    assert bads == [(5_000, "open quote")]


@pytest.mark.parametrize(
    "line", ['"', '"a', '"""a', 'a","', '"a","b', ',"x""', '"a"b', '","', '"""'], ids=lambda line: line
)
def test_hostile_files_take_linear_time(line):
    small, large = ((line + "\n").encode() * count for count in (20_000, 200_000))
    scan(small, 9)
    started = time.process_time()
    pos, _, _, _ = scan(large, 9)
    assert pos == len(large)
    assert time.process_time() - started < 1.5


def test_many_columns_and_open_quotes_take_linear_time():
    started = time.process_time()
    scan(b'a","\n' * 200_000, 4000)
    assert time.process_time() - started < 4


def test_a_field_of_five_megabytes_is_a_field():
    text = b'1,"' + b"x" * 5_000_000 + b'",2\n3,4,5\n'
    _, _, goods, bads = scan(text, 3)
    assert bads == []
    assert [len(fields[1]) for _, fields in goods] == [5_000_000, 1]


def test_a_record_over_lines_may_be_as_long_as_the_limit_and_no_longer():
    assert scan(b'"a\nb",1\n', 2, limit=8)[2] == [(0, (b"a\nb", b"1"))]
    assert scan(b'"a\nb",1\n', 2, limit=7)[2:] == ([(1, (b'b"', b"1"))], [(0, "open quote")])


@given(st.binary(max_size=12) | st.text(max_size=5).map(str.encode))
def test_the_first_bad_byte_is_where_python_says(raw):
    try:
        raw.decode()
        wanted = -1
    except UnicodeDecodeError as error:
        wanted = error.start
    assert csv_fields.first_bad_byte(np.frombuffer(raw, np.uint8), 0, len(raw)) == wanted

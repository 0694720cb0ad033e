"""What sessions need to know of requests equals what regular expressions and Python's own address module say."""

from __future__ import annotations

import re
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.kernels.request_facts import ASSET_ENDINGS, plain_ipv4, request_facts, row_numbers
from vigie.kernels.sessions import ASSET, DENIED, FAILED, MISSING, POST, ROBOTS
from vigie.rules.plain import texts_of
from vigie.text.address import origin_address

_ASSET = re.compile(rf"\.({'|'.join(ASSET_ENDINGS)})\Z", re.IGNORECASE | re.ASCII)
_PATHS = [
    *(f"/a.{e}" for e in ASSET_ENDINGS),
    "/a.PNG",
    "/a.png/",
    ".js",
    "js",
    "",
    "/robots.txt",
    "/robots.txt2",
    "/é.Css",
]
_PATHS += ["/a.woff22", "/x.jp\u017f", "/a.b.mjs", "."]


def slow_facts(path, method, status):
    found = ASSET if _ASSET.search(path) else 0
    found |= ROBOTS if path == "/robots.txt" else 0
    found |= POST if method == "POST" else 0
    if status in {404, 410}:
        return found | MISSING
    if status in {400, 401, 403, 405, 406, 429, 444}:
        return found | DENIED
    return found | (FAILED if (status or 0) >= 500 else 0)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(_PATHS),
            st.sampled_from(["GET", "POST", "post", "POSTS", "", None]),
            st.sampled_from([0, 200, 400, 401, 404, 410, 429, 444, 499, 500, 999, 1_000, 32_767, -1]),
        ),
        max_size=40,
    )
)
def test_facts_equal_those_of_expressions(rows):
    paths, methods = (texts_of(pa.array([r[n] for r in rows], pa.string())) for n in (0, 1))
    found = request_facts(paths, methods, np.array([r[2] for r in rows], np.int16))
    assert found.tolist() == [slow_facts(*row) for row in rows]


def plain(texts):
    return plain_ipv4(texts_of(pa.array(texts, pa.string()))).tolist()


def test_a_plain_address_is_its_own_origin_under_any_first_two_numbers():
    draw = Random(1)
    texts = [f"{n >> 8}.{n & 255}.{draw.randrange(256)}.{draw.randrange(256)}" for n in range(65_536)]
    special = ["192.0.0.9", "192.0.2.1", "192.88.99.1", "198.51.100.1", "203.0.113.1", "100.64.0.1", "172.31.0.1"]
    texts += [*special, "169.254.0.1", "192.168.3.4", "224.0.0.1", "255.255.255.255", "0.1.0.0", "127.0.0.1"]
    assert all(plain(texts))
    for text in (*special, *draw.sample(texts, 10_000)):
        assert origin_address(text, None, ())[0] == text


@pytest.mark.parametrize(
    "text",
    ["", "8", "8.8.8", "8.8.8.8.", "8.8.8.8.8", "08.8.8.8", "8.8.8.256", "8.8.8.8 ", "8..8.8", "::8", "8.8.8.1000"],
)
def test_what_is_written_otherwise_is_not_plain(text):
    assert plain([text, "8.8.8.8"]) == [False, True]


def test_row_ids_are_numbers_and_back():
    ids = ["0123456789ab:1", "ffffffffffff:9223372036854775807", "000000000000:0"]
    sources, records = row_numbers(texts_of(pa.array(ids))).tolist()
    assert [f"{s:012x}:{r}" for s, r in zip(sources, records, strict=True)] == ids


@pytest.mark.parametrize("wrong", ["", "abc", "0123456789ab", "0123456789ab:", "0123456789AB:1", "0123456789ab:1x"])
def test_what_is_no_row_id_is_refused(wrong):
    with pytest.raises(AssertionError):
        row_numbers(texts_of(pa.array([wrong])))

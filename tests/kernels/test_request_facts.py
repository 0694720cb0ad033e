"""What sessions need to know of requests equals what regular expressions say."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.kernels.request_facts import ASSET_ENDINGS, request_facts
from vigie.kernels.sessions import ASSET, DENIED, FAILED, MISSING, POST, QUERY, REFERER, ROBOTS
from vigie.rules.plain import texts_of

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


def slow_facts(path, method, query, referer, status):
    found = (query is not None) * QUERY + (referer is not None) * REFERER
    found |= ASSET if _ASSET.search(path) else 0
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
            st.sampled_from(["", "q=1", None]),
            st.sampled_from(["", "https://a.example/", None]),
            st.sampled_from([0, 200, 400, 401, 404, 410, 429, 444, 499, 500, 999, 1_000, 32_767, -1]),
        ),
        max_size=40,
    ),
    st.integers(0, 9),
)
def test_facts_equal_those_of_expressions(rows, cut):
    # A slice, as a column's bitmap of nulls begins anywhere.
    columns = [texts_of(pa.array([r[n] for r in rows], pa.string())[cut:]) for n in range(4)]
    found = request_facts(*columns, np.array([r[4] for r in rows[cut:]], np.int16))
    assert found.tolist() == [slow_facts(*row) for row in rows[cut:]]

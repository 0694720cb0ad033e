import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.entities import entities, word_characters


def column(*texts):
    raw = [text.encode() for text in texts]
    return np.frombuffer(b"".join(raw), np.uint8), np.cumsum([0, *map(len, raw)]).astype(np.int32)


def found(*texts):
    """Return (addresses, hashtags, mentions) of each text."""
    values, offsets = column(*texts)
    counts, starts, ends = entities(values, offsets, word_characters())
    out = []
    for row in range(len(texts)):
        kinds = []
        for kind in range(3):
            spans = range(counts[kind, row], counts[kind, row + 1])
            kinds.append([values[starts[kind, i] : ends[kind, i]].tobytes().decode() for i in spans])
        out.append(tuple(kinds))
    return out


def is_word(c):
    category = unicodedata.category(c)
    return c in "_\u200c\u200d" or ((category[0] in "LM" or category == "Nd") and not 0xFE00 <= ord(c) < 0xFE10)


def slow(text):
    """The same rules, over characters: what begins here, then how far it goes."""
    urls, tags, handles = [], [], []
    at, before = 0, " "
    while at < len(text):
        address = re.compile(r"https?://", re.IGNORECASE | re.ASCII).match(text, at)
        glued = re.fullmatch(r"[A-Za-z0-9_]", before)
        if address and not glued:
            end, after = address_end(text, address.end())
            if end > address.end():
                urls.append(text[at:end])
            at, before = after, " "
            continue
        opening = not (is_word(before) or before == "&")
        if text[at] in "#\N{FULLWIDTH NUMBER SIGN}" and opening:
            end = at + 1
            while end < len(text) and is_word(text[end]):
                end += 1
            if re.search(r"[^0-9_]", text[at + 1 : end]):
                tags.append(text[at + 1 : end])
                at, before = end, "a"
                continue
        elif text[at] in "@\N{FULLWIDTH COMMERCIAL AT}" and opening:
            handle = re.compile(
                r"[A-Za-z0-9_]+(?:@[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)+)?"
            ).match(text, at + 1)
            if handle:
                whole = handle[0].rstrip("-") if "@" in handle[0] else handle[0]
                handles.append(whole)
                at, before = at + 1 + len(whole), "a"
                continue
        before = text[at]
        at += 1
    return urls, tags, handles


def address_end(text, start):
    short = re.compile(r"t\.co/([A-Za-z0-9_]*)").match(text, start)
    if short:
        at = short.end()
        cut_short = text[at : at + 1] == "…" and len(short[1]) < 10
    else:
        at, rounds, squares = start, 0, 0
        stops = '"<>`\x7f…«»\xa0\u3000\u3001\u3002\N{FULLWIDTH COMMA}'
        while at < len(text):
            c = text[at]
            if c <= " " or c in stops or "\u2018" <= c <= "\u201f" or "\u2000" <= c <= "\u200b":
                break
            rounds += (c == "(") - (c == ")")
            squares += (c == "[") - (c == "]")
            if rounds < 0 or squares < 0:
                break
            at += 1
        cut_short = text[at : at + 1] == "…"
    if cut_short:
        return start, at
    end = start + len(text[start:at].rstrip(".,;:!?'*([{}|"))
    return end, end


SIGNS = "#@\N{FULLWIDTH NUMBER SIGN}aé日0_.,)( …&-»/h[]\u200d\u0301"
WORDS = ["http://", "https://t.co/", "HTTP://", "a.example/x", "0123456789", "ña", "🇫🇷", "x@y.z"]
PIECES = st.sampled_from([*SIGNS, *WORDS])


@given(st.lists(st.lists(PIECES, max_size=14).map("".join), max_size=4))
def test_it_finds_what_the_slow_reading_finds(texts):
    assert found(*texts) == [slow(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "urls", "hashtags", "mentions"),
    [
        ("see https://a.example/x, now", ["https://a.example/x"], [], []),
        ("(https://fr.wikipedia.org/wiki/A_(b)).", ["https://fr.wikipedia.org/wiki/A_(b)"], [], []),
        ("cut https://t.co/abc…", [], [], []),
        ("whole https://t.co/0123456789…", ["https://t.co/0123456789"], [], []),
        ("cut https://a.example/news/about…", [], [], []),
        ("東京https://t.co/0123456789東京", ["https://t.co/0123456789"], [], []),
        ("« https://a.example/é »", ["https://a.example/é"], [], []),
        ("#Présidentielle2017, #2017 #АнГмар #选举 #हिन्दी", [], ["Présidentielle2017", "АнГмар", "选举", "हिन्दी"], []),
        ("it&#x27;s &#39; C# a#b", [], [], []),
        ("RT @TEN_GOP: mail me@a.example @u@mast.example.", [], [], ["TEN_GOP", "u@mast.example"]),
        ("https://a.example/#top @", ["https://a.example/#top"], [], []),
    ],
)
def test_examples(text, urls, hashtags, mentions):
    assert found(text) == [(urls, hashtags, mentions)]


def test_nothing_in_nothing_out():
    assert found() == []
    assert found("", "") == [([], [], []), ([], [], [])]


def test_a_text_of_signs_alone_takes_linear_time_and_space():
    assert found("#@:" * 100_000) == [([], [], [])]

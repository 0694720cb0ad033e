from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from tests.sources.laws import mutated, survives, whole
from vigie.sources import Head, all_sources
from vigie.sources.page import SOURCES

(SOURCE,) = SOURCES

BODY = """<nav><a href="/">accueil</a></nav><article><h1>Le titre</h1>
<p>Le premier dit ceci, avec <a href="https://a.example/1">un lien</a>, et assez de mots pour faire un texte.</p>
<p>Le second dit autre chose de la campagne, et cela assez longuement pour compter comme paragraphe &lt;b&gt; ©.</p>
<script>document.write("injected words")</script></article><footer>Copyright 2016</footer>"""
HEAD = """<meta charset="utf-8"><title>Le titre - Journal</title><meta property="og:site_name" content="Journal">
<meta property="og:title" content="Le titre"><link rel="canonical" href="https://www.journal.example/a/1">"""
DATE = '<meta property="article:published_time" content="2017-02-15T10:00:00+01:00">'


def html(head: str = HEAD + DATE, body: str = BODY) -> bytes:
    return f'<!DOCTYPE html>\n<html lang="fr"><head>{head}</head><body>{body}</body></html>'.encode()


def test_an_article():
    (row,), refused = whole(SOURCE, html())
    assert not refused
    assert row["time"] == datetime(2017, 2, 15, 9, tzinfo=UTC)
    assert (row["platform"], row["post_id"]) == ("web", "https://www.journal.example/a/1")
    assert (row["channel_id"], row["channel_name"]) == ("journal.example", "Journal")
    assert (row["title"], row["lang"], row["urls"]) == ("Le titre", "fr", ["https://a.example/1"])
    assert "avec un lien, et assez de mots" in row["text"]
    assert "<b> ©" in row["text"]
    assert not any(word in row["text"] for word in ("injected", "accueil", "Copyright", "]("))


@pytest.mark.parametrize(
    ("date", "when"),
    [
        ('<meta itemprop="datePublished" content="2017-02-15T09:00:00Z">', (15, 9)),
        (
            '<script type="application/ld+json">{"@type":"Article","datePublished":"2017-02-15T09:00:00Z"}</script>',
            (15, 9),
        ),
        ('<meta name="pubdate" content="Wed, 15 Feb 2017 10:00:00 CET">', (15, 9)),
        ('<meta name="date" content="2017-02-15">', (14, 23)),
    ],
    ids=["itemprop", "json-ld", "rfc822", "day"],
)
def test_dates_that_pages_state(date, when):
    (row,), _ = whole(SOURCE, html(HEAD + date))
    assert row["time"] == datetime(2017, 2, when[0], when[1], tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (html(HEAD), "no publication date found"),
        (html(DATE), "no address found"),
        (html(body=""), "no article text found"),
        (html(HEAD + DATE.replace("2017", "1900")), "time 1900-02-15T09:00:00Z is outside 1990 to 2100"),
        (html(HEAD + DATE.replace("2017", "2200")), "time 2200-02-15T09:00:00Z is outside 1990 to 2100"),
        (html(HEAD + DATE.replace("2017-02-15", "soon")), "time 'soonT10:00:00+01:00' is not written"),
        (html().replace(b"second", b"\0"), "NUL byte"),
        (html().replace(b"second", b"\xff").replace(b'<meta charset="utf-8">', b""), "invalid UTF-8"),
        (html().replace(b"second", b"\xff"), "not in the encoding the page declares"),
        (b"<html>" + b" " * (17 << 20), "longer than"),
    ],
    ids=["date", "address", "text", "1900", "2200", "soon", "nul", "utf-8", "declared", "long"],
)
def test_refusals(data, reason):
    rows, (refusal,) = whole(SOURCE, data)
    assert not rows
    assert refusal.reason.startswith(reason)
    assert refusal.raw == data


def test_the_declared_encoding_is_read():
    data = html().decode().replace("utf-8", "windows-1252").replace("©", "é").encode("cp1252")
    assert "é" in whole(SOURCE, data)[0][0]["text"]


def test_the_day_of_reading_plays_no_part():
    (row,), _ = whole(SOURCE, html(HEAD + DATE.replace("2017", "2099")))
    assert row["time"].year == 2099
    (row,), _ = whole(SOURCE, html(HEAD + '<meta name="date" content="2098-02-15">'))
    assert row["time"].year == 2098


def test_files_and_networks_are_not_read(tmp_path):
    secret = tmp_path / "secret.html"
    secret.write_text("<p>hidden words</p>")
    uri = secret.as_uri()
    doctype = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{uri}">]>'.encode()
    inside = f'<iframe src="{uri}"></iframe><object data="{uri}"></object><p>&x;</p><img src="http://127.0.0.1:9/x">'
    (row,), _ = whole(SOURCE, html(body=BODY + inside).replace(b"<!DOCTYPE html>", doctype))
    assert "hidden" not in str(row)


def test_sniff():
    for data in (html(), html().lower(), b'<?xml version="1.0"?>' + html(), b"\n<html><head>"):
        scores = sorted((s.sniff(Head("a.html", data, whole=True)), s.name) for s in all_sources())
        assert scores[-1] == (80, "page")
        assert scores[-2][0] < 80
    assert SOURCE.sniff(Head("a.txt", b"a line about <html>", whole=True)) == 0


def test_locate():
    assert SOURCE.locate(html(), 1) == (1, html().decode())
    assert SOURCE.locate(html(), 2) is None


@settings(max_examples=60)
@given(mutated(html(), html(HEAD, BODY)))
def test_nothing_raises_whatever_the_file(data):
    survives(SOURCE, data)

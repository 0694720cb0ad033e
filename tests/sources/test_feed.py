from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.laws import mutated, survives, whole
from vigie.sources import Head, all_sources
from vigie.sources.feed import SOURCES

(SOURCE,) = SOURCES

RSS = """<?xml version="1.0" encoding="utf-8"?>
<!-- <item>not one</item> -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Le Journal</title><atom:link href="https://journal.example/feed" rel="self"/>
<link>https://www.journal.example/</link><language>fr</language>
<item><media:title>no</media:title><title>Un &amp; deux</title><link>https://www.journal.example/1</link>
  <guid isPermaLink="false">x1</guid><pubDate>Wed, 15 Feb 2017 10:00:00 CET</pubDate><description>court</description>
  <content:encoded><![CDATA[<p>Long&nbsp;: <a href="https://a.example/1">là</a></p><item><script>alert(1)</script>]]></content:encoded>
</item>
<item><title>hier</title><pubDate>hier</pubDate></item>
<item><title>trois</title><guid>https://other.example/3</guid><dc:date>2017-02-15T09:00:00Z</dc:date>
  <description>caf&eacute; &lt;b&gt;fort&lt;/b&gt;</description></item>
<item><title>vieux</title><link>https://journal.example/4</link><pubDate>Mon, 01 Jan 1900 00:00:00 GMT</pubDate></item>
<item><title>relatif</title><link>/5</link><pubDate>Wed, 15 Feb 2017 09:00:00 GMT</pubDate></item>
</channel></rss>""".encode()
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Blatt</title>
<link rel="self" href="https://blatt.example/atom"/><link href="https://blatt.example/"/><updated>2017-02-15T09:00:00Z</updated>
<entry><title type="html">A &amp;amp; B</title><link rel="enclosure" href="https://cdn.example/x.mp3"/>
<link rel="alternate" href="https://blatt.example/1"/><id>tag:blatt.example,2017:1</id><published>2017-02-15T09:00:00Z</published>
<updated>2017-02-16T09:00:00Z</updated><summary>kurz</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Lang <a href="https://a.example/1">da</a></p></div></content></entry>
<entry xml:lang="en"><title>C</title><id>tag:blatt.example,2017:2</id><updated>2017-02-15T09:00:00+00:00</updated>
<content type="text">1 &lt; 2</content></entry></feed>"""
RDF = b"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://r.example/rss"><title>R</title><link>https://r.example/</link>
<items><rdf:Seq><rdf:li resource="https://r.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://r.example/1"><title>T</title><link>https://r.example/1</link><dc:date>2017-02-15T10:00+01:00</dc:date>
<dc:language>ru</dc:language><description>D</description></item></rdf:RDF>"""
NINE = datetime(2017, 2, 15, 9, tzinfo=UTC)


def test_rss():
    (one, three, five), (yesterday, old) = whole(SOURCE, RSS)
    assert one["time"] == three["time"] == five["time"] == NINE
    assert (one["platform"], one["post_id"], one["channel_id"]) == (
        "web",
        "https://www.journal.example/1",
        "journal.example",
    )
    assert (one["channel_name"], one["title"], one["lang"]) == ("Le Journal", "Un & deux", "fr")
    assert (one["text"], one["urls"]) == ("Long\xa0: là", ["https://a.example/1"])
    assert (three["post_id"], three["channel_id"], three["text"]) == (
        "https://other.example/3",
        "other.example",
        "café fort",
    )
    assert (five["post_id"], five["record"]) == ("https://www.journal.example/5", 5)
    assert (yesterday.record, yesterday.reason) == (2, "time 'hier' is not written as RFC 822 or ISO 8601")
    assert (old.record, old.reason) == (4, "time 1900-01-01T00:00:00Z is outside 1990 to 2100")
    assert yesterday.raw == b"<item><title>hier</title><pubDate>hier</pubDate></item>"


def test_atom():
    (one, two), refused = whole(SOURCE, ATOM)
    assert not refused
    assert one["time"] == two["time"] == NINE
    assert (one["post_id"], one["channel_id"], one["channel_name"]) == (
        "https://blatt.example/1",
        "blatt.example",
        "Blatt",
    )
    assert (one["title"], one["text"], one["urls"], one["lang"]) == ("A & B", "Lang da", ["https://a.example/1"], "de")
    assert (two["post_id"], two["channel_id"]) == ("tag:blatt.example,2017:2", "blatt.example")
    assert (two["text"], two["lang"]) == ("1 < 2", "en")


def test_rdf():
    (one,), refused = whole(SOURCE, RDF)
    assert not refused
    assert (one["time"], one["post_id"], one["channel_id"]) == (NINE, "https://r.example/1", "r.example")
    assert (one["title"], one["text"], one["lang"], one["channel_name"]) == ("T", "D", "ru", "R")


def test_the_declared_encoding_is_read():
    russian = (
        RDF.decode().replace('"1.0"?', '"1.0" encoding="windows-1251"?').replace(">T<", ">Выборы<").encode("cp1251")
    )
    assert whole(SOURCE, russian)[0][0]["title"] == "Выборы"
    rows, (refusal,) = whole(SOURCE, RDF.replace(b">T<", b">\xff<"))
    assert not rows
    assert refusal.reason == "not in the encoding of the feed, utf-8"


def test_a_broken_item_costs_no_other():
    broken = RSS.replace(b"<pubDate>hier</pubDate></item>", b"<pubDate>Wed, 15 Feb 2017 09:00:00 GMT</pub")
    rows, refused = whole(SOURCE, broken)
    assert [r["record"] for r in rows] == [1, 3, 5]
    assert (refused[0].record, refused[0].reason) == (2, "the item does not end before the next begins")
    rows, refused = whole(SOURCE, RSS[: RSS.index(b"<item><title>trois")])
    assert (refused[-1].record, refused[-1].reason) == (3, "the file ends before the feed closes")
    rows, refused = whole(SOURCE, RSS[: RSS.index(b"<title>relatif")])
    assert [r["record"] for r in rows] == [1, 3]
    assert (refused[-1].record, refused[-1].reason) == (5, "the file ends within this item")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b"<item/>", "no publication date"),
        (b"<item><title>\0</title></item>", "NUL byte"),
        (
            b"<item><pubDate>Wed, 15 Feb 2017 09:00:00 ZZZ</pubDate></item>",
            "time 'Wed, 15 Feb 2017 09:00:00 ZZZ' ends in",
        ),
        (b"<item><pubDate>2200-01-01</pubDate></item>", "time 2199-12-31T23:00:00Z is outside 1990 to 2100"),
    ],
    ids=["empty", "nul", "zone", "2200"],
)
def test_refusals(item, reason):
    rows, (refusal,) = whole(SOURCE, b"<rss><channel><link>https://a.example</link>" + item + b"</channel></rss>")
    assert not rows
    assert refusal.reason.startswith(reason)
    assert refusal.raw == item


def test_an_item_of_a_site_unknown_is_refused():
    _, (refusal,) = whole(SOURCE, b"<rss><item><guid>1</guid><pubDate>2017-02-15</pubDate></item></rss>")
    assert refusal.reason == "no channel_id"


def test_entities_are_not_expanded_and_files_not_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    data = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        "<rss><channel><link>https://a.example</link><item><title>&l11; &x;</title><description>&x; fin</description>"
        "<pubDate>2017-02-15T09:00:00Z</pubDate></item></channel></rss>"
    ).encode()
    assert SOURCE.sniff(Head("f.xml", data, whole=True)) == 95
    (row,), _ = whole(SOURCE, data)
    assert "hidden" not in str(row)
    assert "haha" not in str(row)


def test_sniff():
    for data in (RSS, ATOM, RDF, b"\n  " + ATOM):
        scores = sorted((s.sniff(Head("f.xml", data, whole=True)), s.name) for s in all_sources())
        assert scores[-1] == (95, "feed")
        assert scores[-2][0] < 95
    for data in (b"<html><body><rss></rss>", b"<?xml?><sitemapindex><feed/>", b"<opml>", b"hello <rss>", b""):
        assert SOURCE.sniff(Head("f.xml", data, whole=True)) == 0


def test_locate():
    assert SOURCE.locate(RSS, 2) == (11, "<item><title>hier</title><pubDate>hier</pubDate></item>")
    assert SOURCE.locate(RSS, 6) is None


@given(mutated(RSS, ATOM, RDF))
def test_nothing_raises_whatever_the_file(data):
    survives(SOURCE, data)


@given(st.binary(max_size=80))
def test_nothing_raises_on_any_bytes(data):
    survives(SOURCE, data)
    survives(SOURCE, b"<rss><item>" + data + b"</item></rss>")

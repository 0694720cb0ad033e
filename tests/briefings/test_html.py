from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from tests.briefings import sample, sample_coincidences, sample_networks, sample_polls, sample_web
from vigie.briefings import words, write
from vigie.briefings.html import inert, page, prose
from vigie.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "full": sample.sample,
    "many": lambda: sample.sample(co_shares=40),
    "real": lambda: sample.sample(simulated=False),
    "none": sample.nothing_found,
    "empty": sample.nothing_at_all,
    "web": lambda: replace(sample.sample(), web=sample_web.web()),
    "quiet web": lambda: replace(sample.nothing_found(), web=sample_web.quiet()),
    "networks": lambda: replace(sample.sample(), networks=sample_networks.networks(14, 9, 3, 2, 5, explained=1)),
    "no networks": lambda: replace(sample.nothing_found(), networks=sample_networks.none()),
    "polls": lambda: replace(sample.sample(), polls=sample_polls.polls(sample_polls.question(), others=2)),
    "one poll": lambda: replace(sample.nothing_found(), polls=sample_polls.polls(sample_polls.question(11, 1, 1))),
    "no polls used": lambda: replace(sample.nothing_found(), polls=sample_polls.polls(apart=0)),
    "coincidences": lambda: replace(sample.sample(), coincidences=sample_coincidences.coincidences()),
    "no shifts": lambda: replace(sample.nothing_found(), coincidences=sample_coincidences.none()),
    "one day": lambda: replace(sample.sample(), coincidences=sample_coincidences.bare()),
}
pages = pytest.mark.parametrize("case", CASES)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {name: page(make(), cards=20, rows=25) for name, make in CASES.items()}


@pages
def test_page_is_well_formed_and_its_ids_are_unique(texts, case):
    text = texts[case]
    parser = html.HTMLParser(encoding="utf-8")
    tree = html.document_fromstring(text.encode(), parser=parser)
    # libxml2 knows HTML 4 only: the names of newer elements are its one complaint.
    assert [e.message for e in parser.error_log if "invalid" not in e.message] == []
    void = re.sub(r"<(meta|br|img|link|input|hr)\b([^>]*)>", r"<\1\2/>", text.split("\n", 1)[1])
    etree.fromstring(void.encode())  # every element is closed, every attribute quoted
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert tree.xpath("/html/@lang") == ["en"]
    assert len(tree.xpath("//main")) == len(tree.xpath("//h1")) == 1


@pages
def test_page_holds_no_script_and_loads_nothing(texts, case):
    text = texts[case]
    tree = html.document_fromstring(text.encode())
    assert "<script" not in text.lower()
    assert not tree.xpath(
        "//script|//iframe|//img|//link|//object|//embed|//form|//base|//a[starts-with(@href,'http')]"
    )
    attributes = {a for e in tree.iter(etree.Element) for a in e.attrib}
    assert not {a for a in attributes if a.startswith("on") or a in ("src", "style", "srcset", "xlink:href")}
    own = re.compile(
        r"#[\w.-]+|(evidence/[\w.-]+|findings|series|coverage|refused|web-days|web-origins|web-succeeded|network(s|-[a-z]+)|coincidence(s|-windows)|polls-[a-z-]+)\.(csv|json)"
    )
    assert [h for h in tree.xpath("//@href") if not own.fullmatch(h)] == []
    assert not re.search(r"url\(|@import|expression\(", text.split("</style>")[0])
    [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@pages
def test_nothing_unseen_is_left_in_the_page(texts, case):
    left = {c for c in texts[case] if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert left <= {"\n", "\u200d"}  # the joiner stands in honest emoji only
    assert not re.search(r"[^\U0001f000-\U0001faff\ufe0f]\u200d", texts[case])


@pages
def test_every_link_inside_the_page_leads_somewhere(texts, case):
    tree = html.document_fromstring(texts[case].encode())
    ids = set(tree.xpath("//@id"))
    inside = {h[1:] for h in tree.xpath("//@href") if h.startswith("#")}
    assert inside <= ids
    assert {i for v in tree.xpath("//@aria-labelledby") for i in v.split()} <= ids
    for ident in CASES[case]().findings["id"].to_pylist():
        assert f"finding-{ident}" in ids


@pages
def test_every_chart_has_words_and_every_table_a_caption(texts, case):
    tree = html.document_fromstring(texts[case].encode())
    for svg in tree.xpath("//svg[@role='img']"):
        assert [c.tag for c in svg][:2] == ["title", "desc"]
        assert all(len(c.text) > 5 for c in svg[:2])
    assert not tree.xpath("//svg[not(@role) and not(@aria-hidden)]")
    assert not tree.xpath("//table[not(caption)]")
    assert not tree.xpath("//th[not(@scope)]")
    assert not tree.xpath("//div[@class='scroll'][not(@tabindex) or not(@aria-label)]")


@pages
def test_the_same_brief_gives_the_same_page(texts, case):
    made = CASES[case]()
    shuffled = replace(
        made,
        findings=made.findings.take(sample.pa.array(range(made.findings.num_rows)[::-1], "int64")),
        inputs=made.inputs[::-1],
        coverage=made.coverage[::-1],
        refused=made.refused[::-1],
        detectors=dict(reversed(made.detectors.items())),
        evidence=dict(reversed(made.evidence.items())),
    )
    assert page(shuffled, cards=20, rows=25) == texts[case]


def test_a_simulated_case_says_so_in_every_section_and_card_and_a_real_one_nowhere(texts):
    tree = html.document_fromstring(texts["full"].encode())
    assert len(tree.xpath("//h2")) == len(tree.xpath("//h2/span[.='Simulated exercise']")) == 8
    assert len(tree.xpath("//article")) == len(tree.xpath("//article//span[.='Simulated']")) == 6
    assert tree.xpath("string(//title)").startswith("Simulated exercise: ")
    assert "Simulated exercise:" in tree.xpath("string(//aside)")
    assert '@top-center { content: "Simulated exercise' in texts["full"]
    assert "Simulated" not in texts["real"].replace("/* ", "")


def test_order_is_by_q_then_p_then_magnitude():
    found = sample.sample().by_weight()
    assert [f.id for f in found] == [
        "http_attack-00c0ffee",
        "co_share-00000000",
        "co_share-00000001",
        "co_share-00000002",
        "poll_shift-0badcafe",
        "co_share-deadbeef",
    ]
    equal = [sample.finding(f"co_share-{n}", value=v) for n, v in enumerate((-3.0, 2.0, 7.0))]
    table = sample.pa.Table.from_pylist(equal, schema=sample.FINDINGS)
    made = replace(sample.sample(), findings=table, evidence={f"co_share-{n}": sample.rows(1) for n in range(3)})
    assert [f.value for f in made.by_weight()] == [7.0, -3.0, 2.0]


def test_findings_beyond_the_cards_of_their_kind_are_listed(texts):
    tree = html.document_fromstring(texts["many"].encode())
    assert len(tree.xpath("//article")) == 22
    assert len(tree.xpath("//table[contains(caption, 'Further')]/tbody/tr")) == 21
    assert "43 findings of 3 kinds" in tree.xpath("string(//p[@class='lede'])")


def test_no_findings_is_stated_with_what_was_looked_at(texts):
    summary = html.document_fromstring(texts["none"].encode()).xpath("string(//section[@aria-labelledby='summary'])")
    assert "No findings. 3 detectors had something to read" in summary
    assert "nothing to read" in summary
    assert "Nothing was looked at" in texts["empty"]


def test_what_has_no_null_model_gets_no_probability(texts):
    card = html.document_fromstring(texts["full"].encode()).get_element_by_id("finding-co_share-deadbeef")
    assert "no null model" in card.text_content()
    assert "p =" not in card.text_content()
    assert "Expected under the null model" in card.text_content()


def test_card_says_how_much_evidence_there_is_and_the_page_shows_the_first_rows(texts):
    tree = html.document_fromstring(texts["full"].encode())
    assert "the first 25 rows of 60" in tree.get_element_by_id("finding-http_attack-00c0ffee").text_content()
    table = tree.get_element_by_id("rows-http_attack-00c0ffee")
    assert len(table.xpath(".//tbody/tr")) == 25
    assert "and 35 more in evidence/http_attack-00c0ffee.csv" in table.text_content()


@pytest.mark.parametrize("ident", ["../up", "", "a/b", ".hidden", 'x"y', "a" * 200])
def test_an_id_that_is_no_file_name_is_refused(ident):
    made = sample.sample()
    table = sample.pa.Table.from_pylist([sample.finding(ident)], schema=sample.FINDINGS)
    with pytest.raises(InputError, match="not an id"):
        page(replace(made, findings=table, evidence={ident: sample.rows(1)}), cards=1, rows=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"evidence": {}}, "no evidence rows of finding"),
        ({"detectors": {}}, "no note of detector"),
        ({"evidence": {"co_share-1": sample.rows(1).drop_columns(["place"])}}, "begins with"),
        ({"twice": True}, "comes twice"),
    ],
)
def test_a_brief_that_does_not_hang_together_is_refused(change, message):
    change = dict(change)
    found = [sample.finding("co_share-1")] * (2 if change.pop("twice", False) else 1)
    table = sample.pa.Table.from_pylist(found, schema=sample.FINDINGS)
    made = replace(sample.sample(), findings=table, evidence={"co_share-1": sample.rows(1)}, series={})
    with pytest.raises(InputError, match=message):
        replace(made, **change).by_weight()


@given(st.text(st.sampled_from("<>&\"'\u202e⟦⟧a/=`{}\x00") | st.characters(), max_size=40), st.integers(1, 30))
def test_inert_text_is_one_isolated_element_that_reads_as_it_stood(text, limit):
    element = html.fragment_fromstring(str(inert(text, limit)))
    assert element.tag == "bdi"
    assert {e.get("class") for e in element.iter() if e is not element} <= {"mark", "more"}
    for span in element.xpath(".//span[@class='more']"):
        span.getparent().text = (span.getparent().text or "").rstrip(" ") if span.getprevious() is None else None
        span.clear(keep_tail=False)
    shown = re.sub(r"⟦U\+([0-9A-F]+)⟧", lambda m: chr(int(m[1], 16)), element.text_content())
    if "<" not in text and len(text) <= limit:
        assert shown == text


@given(st.text(st.sampled_from("-` \nab<>&_"), max_size=60))
def test_prose_is_well_formed_whatever_the_docstring_holds(text):
    etree.fromstring(f"<div>{prose(text)}</div>")


def test_prose_makes_paragraphs_lists_and_code():
    made = prose("One `x < y`\nline.\n\n- first\n- second")
    assert made == "<p>One <code><bdi>x &lt; y</bdi></code>\nline.</p>\n<ul><li>first</li><li>second</li></ul>"


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_have_the_contrast_wcag_aa_asks_for(texts):
    style = texts["full"].split("</style>")[0]
    palettes = [
        dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(palettes) == 3  # light, dark, print
    for colours in palettes:
        pairs = [(ink, ground) for ink in ("ink", "soft", "accent", "vote") for ground in ("page", "sheet")]
        for ink, ground in [*pairs, ("notice-ink", "notice")]:
            light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground, colours)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium to lay out the page")
def test_page_fits_360_pixels_without_scrolling_sideways(tmp_path):
    polls = sample_polls.polls(sample_polls.question(), others=3)
    brief = replace(sample.sample(co_shares=25), networks=sample_networks.networks(14, 9, 2), polls=polls)
    made = write(brief, tmp_path / "b")
    # A headless window is never narrower than 500 pixels, so the page stands in a frame, and tells its width by title.
    frame = tmp_path / "frame.html"
    frame.write_text(
        f"<body><iframe id=f style='width:360px;height:800px' srcdoc='{_attribute(made)}'></iframe><script>"
        "onload=()=>{const d=f.contentDocument.documentElement;"
        "document.title=`width ${d.scrollWidth} of ${d.clientWidth}`}</script>",
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", frame.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "<title>width 360 of 360</title>" in done.stdout, done.stdout[:300] + done.stderr[-300:]


def _attribute(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("&", "&amp;").replace("'", "&#39;")


def test_what_may_have_succeeded_and_what_made_the_server_fail_are_counted_apart(texts):
    made = sample_web.web()
    [section] = html.document_fromstring(texts["web"].encode()).xpath("//section[@aria-labelledby='web']")
    text = " ".join(section.text_content().split())
    failed = sum(line.failed for line in made.succeeded)
    assert 0 < failed < len(made.succeeded)
    assert f"{len(made.succeeded) - failed} requests may have succeeded" in text
    assert f"{failed} requests made the server fail" in text
    rows = section.xpath(".//table[caption='Pages that failed over attack requests']/tbody/tr")
    assert sum(int(row.xpath("td[2]")[0].text_content()) for row in rows) == failed
    assert "Ukraine UA" in text


def test_without_a_sign_of_success_the_page_says_so_and_one_day_is_one_day():
    made = sample_web.web()
    one = replace(made, days=made.days[:1], succeeded=())
    tree = html.document_fromstring(page(replace(sample.sample(), web=one), cards=1, rows=1))
    text = " ".join(tree.text_content().split())
    assert "None stands out" in text
    assert "made the server fail (status 500)" not in text
    assert "a mean of" not in text
    [section] = tree.xpath("//section[@aria-labelledby='web']")
    headings = " ".join(t.text_content() for t in section.xpath(".//caption | .//th"))
    day = words.day(made.days[0])
    assert day in headings
    assert f"{day} to {day}" not in headings


def test_databases_of_addresses_are_named_beside_the_rows_and_are_no_rows():
    made = sample.sample()
    line = replace(made.inputs[0], name="x.mmdb", table="ip_ranges", rows=7_000_000, sha256="f" * 64)
    before, after = (
        html.document_fromstring(page(replace(made, inputs=inputs), cards=1, rows=1)).xpath("//p[@class='lede']")[0]
        for inputs in (made.inputs, (*made.inputs, line))
    )
    plain = before.text_content().strip().removesuffix(".")
    assert after.text_content().strip() == f"{plain}, with 1 database of addresses beside them."

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree, html

from tests.briefings import sample
from tests.briefings import sample_networks as made
from tests.briefings.reading import section_of, words_of
from vigie.briefings import DetectorNote, write
from vigie.briefings import network_picture as picturing
from vigie.briefings.charts import Axis
from vigie.briefings.charts_networks import against_null, hours, lane, powers, tails
from vigie.briefings.html import page
from vigie.briefings.network_layout import apart, shelves, spread
from vigie.briefings.networks import Tail

NOTE = DetectorNote(
    title="Coordinated network: channels that share the same things together",
    what_it_measures="Pairs beyond chance.",
    what_it_cannot_say="Coordinated is not inauthentic.",
    spoofable=2,
    reads=("posts",),
)


def brief(networks, *, findings=()):
    rows = [
        sample.finding(ident, detector="coordinated_network", subject_ids=sorted(m.channel for m in network.members))
        for ident, network in findings
    ]
    return replace(
        sample.sample(),
        findings=sample.pa.Table.from_pylist(rows, schema=sample.FINDINGS),
        evidence={row["id"]: sample.rows(2) for row in rows},
        series={},
        detectors=sample.NOTES | {"coordinated_network": NOTE},
        networks=networks,
    )


def section(networks, **given):
    return section_of(brief(networks, **given), "networks")


def drawing(networks):
    markup = picturing.picture(picturing.drawn(networks.networks, networks.pairs), ident="map")
    return etree.fromstring(str(markup))


def centres(svg):
    for node in svg.xpath("//*[contains(@class, 'node')]"):
        if node.tag == "circle":
            yield float(node.get("cx")), float(node.get("cy")), float(node.get("r"))
        elif node.tag == "rect":
            half = float(node.get("width")) / 2
            yield float(node.get("x")) + half, float(node.get("y")) + half, half
        else:
            points = [tuple(map(float, p.split(","))) for p in node.get("points").split()]
            x, y = points[0][0], (points[0][1] + 2 * points[1][1]) / 3
            yield x, y, points[1][1] - y


SIZES = {"one": (3,), "pair": (2,), "some": (14, 9, 6, 5, 4, 3, 8, 2, 2), "300": (300,), "pairs": (2,) * 150}
sizes = pytest.mark.parametrize("case", SIZES)


@sizes
def test_every_channel_is_drawn_once_inside_the_picture_with_its_name_in_words(case):
    networks = made.networks(*SIZES[case])
    svg = drawing(networks)
    _, _, width, height = map(float, svg.get("viewBox").split())
    nodes = list(centres(svg))
    assert len(nodes) == sum(SIZES[case])
    for x, y, r in nodes:
        assert r <= x <= width - r
        assert r <= y <= height - r
    titles = Counter(svg.xpath("//*[contains(@class, 'node')]/*[local-name()='title']/text()"))
    assert set(titles.values()) == {1}
    assert svg[0].text
    assert svg[1].text
    assert not re.search(r"nan|inf", " ".join(svg.xpath("//@*")))


@sizes
def test_nodes_do_not_cover_one_another_and_names_cover_nothing(case):
    svg = drawing(made.networks(*SIZES[case]))
    nodes = list(centres(svg))
    for n, (x, y, r) in enumerate(nodes):
        for other_x, other_y, other_r in nodes[:n]:
            assert math.hypot(x - other_x, y - other_y) > 0.75 * (r + other_r)
    boxes = []
    for name in svg.xpath("//*[@class='name']"):
        wide = 6.4 * picturing.columns(name.text)
        x, y = float(name.get("x")), float(name.get("y"))
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[name.get("text-anchor")]
        boxes.append((left, y - 10.5, left + wide, y + 2.5))
    assert boxes
    for n, (x0, y0, x1, y1) in enumerate(boxes):
        assert not any(x0 < b[2] - 0.2 and b[0] < x1 - 0.2 and y0 < b[3] - 0.2 and b[1] < y1 - 0.2 for b in boxes[:n])
        assert not any(x0 < x < x1 and y0 < y < y1 for x, y, _ in nodes)


def test_beyond_300_channels_the_largest_networks_are_drawn_and_the_page_says_so():
    networks = made.networks(3, 150, 2, 120, 40, 20)
    drawn = picturing.drawn(networks.networks, networks.pairs)
    assert [(number, len(members)) for number, _, members in drawn.networks] == [
        (1, 3),
        (2, 150),
        (3, 2),
        (4, 120),
        (6, 20),
    ]
    assert drawn.left_out == 1
    assert "until 300 channels; 1 network is left out" in words_of(section(networks))


def test_of_one_network_above_300_the_channels_of_most_objects_are_drawn():
    networks = made.networks(340)
    [(_, network, members)] = picturing.drawn(networks.networks, networks.pairs).networks
    left = {m.channel for m in network.members} - {m.channel for m in members}
    assert len(members) == 300
    objects = {m.channel: m.objects for m in network.members}
    assert max(objects[c] for c in left) <= min(m.objects for m in members)
    assert "the 300 channels of most objects are drawn, of 340" in words_of(section(networks))


@sizes
def test_the_table_twin_holds_every_pair_of_the_picture_with_its_figures(case):
    networks = made.networks(*SIZES[case])
    drawn = picturing.drawn(networks.networks, networks.pairs)
    edges = sum(d.count("M") for d in drawing(networks).xpath("//*[contains(@class, 'edge')]/@d"))
    assert edges == len({(p.a, p.b) for p in drawn.pairs})
    rows = section(networks).xpath(".//table[contains(@class, 'pairs')]/tbody/tr")
    assert len(rows) == len(drawn.pairs)
    told = Counter((r[3].text_content(), r[4].text_content()) for r in rows)
    assert told == Counter(
        ({"url": "address", "text": "same text"}.get(p.kind, p.kind), str(p.objects)) for p in drawn.pairs
    )
    assert all(cell.text_content() for r in rows for cell in r)
    if len(networks.pairs) == len(drawn.pairs):
        assert drawn.pairs_left_out == 0
    else:
        assert f"{len({(p.a, p.b) for p in networks.pairs}) - edges:,} are not".replace(",", " ") in words_of(
            section(networks)
        )


def test_no_channel_of_a_dense_network_stands_alone():
    networks = made.networks(300)
    drawn = picturing.drawn(networks.networks, networks.pairs)
    assert drawn.pairs_left_out > 0
    joined = {channel for p in drawn.pairs for channel in (p.a, p.b)}
    assert joined == {channel for p in networks.pairs for channel in (p.a, p.b)}


def test_the_same_networks_give_the_same_bytes_whatever_the_order_of_their_pairs():
    networks = made.networks(14, 9, 2, explained=1)
    first = page(brief(networks), cards=20, rows=25)
    assert page(brief(made.networks(14, 9, 2, explained=1)), cards=20, rows=25) == first
    assert page(brief(replace(networks, pairs=networks.pairs[::-1])), cards=20, rows=25) == first


def test_a_finding_and_its_network_lead_to_each_other():
    networks = made.networks(5, 4)
    tree = html.document_fromstring(
        page(brief(networks, findings=[("coordinated_network-00000001", networks.networks[1])]), cards=20, rows=25)
    )
    card = tree.get_element_by_id("network-net-00000001")
    assert card.xpath(".//a[@href='#finding-coordinated_network-00000001']")
    finding = tree.get_element_by_id("finding-coordinated_network-00000001")
    assert finding.xpath(".//a[@href='#network-net-00000001']")
    assert not tree.get_element_by_id("network-net-00000000").xpath(".//a[starts-with(@href, '#finding-')]")


def test_explained_networks_stand_apart_and_small_ones_in_the_table_only():
    found = section(made.networks(9, 2, 7, explained=1))
    cards = found.xpath(".//article/@id")
    assert cards == ["network-net-00000000", "network-net-00000002"]
    heading = found.get_element_by_id("networks-explained")
    assert [a.get("id") for a in heading.itersiblings("article")] == cards[1:]
    standing = [row[2].text_content() for row in found.xpath(".//table[contains(@class, 'nets')]/tbody/tr")]
    assert standing == ["finding", "too small", "explained"]
    assert "1 finding, 1 that an ordinary cause explains, 1 of fewer than 3 channels" in words_of(found)


def test_every_explanation_is_printed_and_those_that_fit_are_marked():
    for card in section(made.networks(5, 4, explained=1)).xpath(".//article"):
        rows = card.xpath(".//table[contains(@class, 'why')]/tbody/tr")
        assert [row[0].text_content() for row in rows] == list(made.NAMES)
        fits = [row[0].text_content() for row in rows if "fits" in (row.get("class") or "")]
        assert fits == [row[0].text_content() for row in rows if words_of(row[1]) == "yes"]
        assert fits == ["appointment"] if card.get("id") == "network-net-00000001" else ["one feed"]
        assert all(row[3].text_content().strip() for row in rows)


def test_no_network_is_stated_with_what_was_tested():
    text = words_of(section(made.none()))
    assert "No network was found. No two channels shared at least two objects" in text
    tested = words_of(section(replace(made.none(), tests=1_200, tails=(Tail(p_value=1.0, pairs=3, expected=1200.0),))))
    assert "Of 1 200 pairs of channels that could be tested, none" in tested
    assert "inauthentic" in text


def test_a_case_without_posts_has_no_section():
    text = page(replace(sample.sample(), networks=None), cards=20, rows=25)
    assert "Accounts that act together" not in text


def test_crowds_and_limits_are_told():
    found = section(made.networks(4))
    [table] = found.xpath(".//table[contains(caption, 'crowd')]")
    assert len(table.xpath("./tbody/tr")) == 8
    assert "Coordinated is not inauthentic." in words_of(found)


def test_names_that_would_act_are_inert():
    text = page(brief(made.networks(*range(3, 15))), cards=20, rows=25)
    assert "<script" not in text.lower()
    left = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert left <= {"\n", "\u200d"}
    tree = html.document_fromstring(text.encode())
    assert not tree.xpath("//@onerror | //@src | //@style | //script | //img")


def _csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_is_in_the_folder_whole_and_inert(tmp_path):
    networks = made.networks(40, 9, 2, explained=1)
    write(brief(networks), tmp_path)
    rows = {p.stem: _csv(p) for p in sorted(tmp_path.glob("network*.csv"))}
    assert {name: len(found) for name, found in rows.items()} == {
        "networks": 3,
        "network-members": 51,
        "network-pairs": len(networks.pairs),
        "network-objects": 90,
        "network-times": sum(len(n.hours) for n in networks.networks),
        "network-explanations": 24,
        "network-crowds": 8,
    }
    for found in rows.values():
        for value in (v for row in found for v in row.values()):
            assert not re.match(r"\s*[=@\t]", value)
            assert not re.match(r"\s*[+-]", value) or float(value)
    assert rows["networks"][2]["standing"] == "explained"
    assert float(rows["network-pairs"][0]["p_value"]) == networks.pairs[0].p_value
    write(replace(brief(networks), networks=None), tmp_path / "none")
    assert not list((tmp_path / "none").glob("network*.csv"))


edges = st.integers(1, 24).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.floats(0.1, 1e6)), max_size=60),
    )
)


@given(edges)
def test_places_lie_in_the_unit_square_and_are_the_same_again(nodes_edges):
    nodes, joined = nodes_edges
    places = spread(nodes, [e for e in joined if e[0] != e[1]])
    assert places.shape == (2, nodes)
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= 1)).all()
    assert np.array_equal(places, spread(nodes, [e for e in joined if e[0] != e[1]]))


def test_whoever_is_joined_stands_nearer():
    group = [(a, b, 5.0) for side in (0, 6) for a in range(side, side + 6) for b in range(a + 1, side + 6)]
    places = spread(12, [*group, (0, 6, 1.0)])
    far = np.hypot(*(places[:, :, None] - places[:, None, :]))
    inside = [far[a, b] for a, b, _ in group]
    across = [far[a, b] for a in range(6) for b in range(6, 12)]
    assert max(inside) < np.mean(across)


@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300), st.floats(3, 12)), min_size=1, max_size=30))
@example([(0.0, 0.0, 3.0), (0.0, 0.0, 3.0)])
@example([(400.0, 300.0, 9.0)] * 12)
def test_discs_come_apart_and_stay_inside(discs):
    places = apart(np.array([[x, y] for x, y, _ in discs]).T, np.array([r for *_, r in discs]), 400, 300)
    for n, (x, y) in enumerate(places.T):
        r = discs[n][2]
        assert r <= x <= 400 - r
        assert r <= y <= 300 - r
        for m in range(n):
            assert math.hypot(x - places[0, m], y - places[1, m]) > 0.6 * (r + discs[m][2])


@given(st.lists(st.tuples(st.floats(20, 960), st.floats(10, 700)), min_size=1, max_size=40))
def test_shelves_keep_cells_apart_and_as_large_as_asked(wanted):
    cells, high = shelves(wanted, 960, 14)
    for n, (x, y, width, height) in enumerate(cells):
        assert width >= wanted[n][0] - 1e-6
        assert height >= wanted[n][1]
        assert -1e-6 <= x <= 960 - width + 1e-6
        assert y + height <= high + 1e-6
        for other_x, other_y, other_width, other_height in cells[:n]:
            beside = other_x + other_width <= x + 1e-6 or x + width <= other_x + 1e-6
            assert beside or other_y + other_height <= y + 1e-6


def parsed(markup):
    svg = etree.fromstring(str(markup))
    for name in ("x", "x1", "x2", "cx", "width"):
        for value in svg.xpath(f".//@{name}"):
            assert -0.01 <= float(value.rstrip("%")) <= 100.01
    assert not re.search(r"nan|inf", " ".join(svg.xpath(".//@*")))
    assert svg[0].text
    assert svg[1].text
    return svg


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=2, max_size=25))
def test_tails_of_anything_are_well_formed(tests, pairs):
    lines = [
        Tail(p_value=10 ** (-n / 2), pairs=some, expected=tests * 10 ** (-n / 2))
        for n, some in enumerate(sorted(pairs, reverse=True))
    ]
    svg = parsed(tails(lines, ident="a"))
    assert len(svg.xpath("//*[@class='dot']")) == sum(line.pairs > 0 for line in lines)
    for value in svg.xpath("//*[@class='dot']/@cy"):
        assert 15 <= float(value) <= 197


def test_where_chance_alone_is_at_work_dots_lie_on_the_dashed_line():
    lines = [Tail(p_value=10 ** (-n / 2), pairs=10**6 // 10 ** (n // 2), expected=10 ** (6 - n / 2)) for n in range(12)]
    svg = parsed(tails(lines[::2], ident="a"))
    [line] = svg.xpath("//*[@class='expected']")
    x1, x2 = (float(line.get(k).rstrip("%")) for k in ("x1", "x2"))
    y1, y2 = (float(line.get(k)) for k in ("y1", "y2"))
    for dot in svg.xpath("//*[@class='dot']"):
        x, y = float(dot.get("cx").rstrip("%")), float(dot.get("cy"))
        assert y == pytest.approx(y1 + (y2 - y1) * (x - x1) / (x2 - x1), abs=0.2)


@given(
    st.dictionaries(
        st.tuples(st.dates(date(2016, 1, 1), date(2018, 1, 1)), st.integers(0, 23)), st.integers(1, 50), max_size=40
    )
)
def test_days_and_hours_of_anything_are_well_formed(counts):
    days = [d for d, _ in counts] or [date(2017, 1, 1)]
    axis = Axis(min(days), max(days))
    svg = parsed(hours(axis, counts, ident="a", name="<b>"))
    assert len(svg.xpath("//*[local-name()='rect']")) == len({(axis.bin(d), h) for d, h in counts})


def test_the_twin_of_days_and_hours_adds_up():
    networks = made.spread_over(200)
    [card] = section(networks).xpath(".//article")
    rows = card.xpath(".//table[contains(caption, 'Posts that met')]/tbody/tr")
    assert sum(int(row[1].text_content()) for row in rows) == sum(networks.networks[0].hours.values())
    assert len(rows) < 40  # weeks


def test_posts_at_one_instant_make_one_higher_stroke():
    start = sample.at(0)
    times = [start, *[start + timedelta(days=3)] * 8]
    svg = parsed(lane(times, start, start + timedelta(days=4), ident="a", name="x"))
    first, second = svg.xpath("//*[@class='tick']")
    assert float(second.get("y1")) < float(first.get("y1"))
    assert svg[1].text == "9 posts"


@given(st.floats(0, 1e7), st.integers(0, 10**7))
def test_null_against_observed_is_on_a_scale_that_holds_both(expected, observed):
    network = replace(made.network(0, 3), pair_objects=observed, expected=expected)
    scale = powers([network])
    svg = parsed(against_null(network, scale, ident="a", name="x"))
    dot = float(svg.xpath("//*[@class='dot']/@cx")[0].rstrip("%"))
    null = float(svg.xpath("//*[@class='expected']/@x1")[0].rstrip("%"))
    if min(observed, expected) >= 1e-6:
        assert (dot >= null - 0.02) == (observed >= expected) or abs(dot - null) < 0.05

from random import Random

import pytest

from vigie.detectors.http_flood import MEASURE, http_flood
from vigie.measures import measured
from vigie.testing import EPOCH, rows

DAYS = 14
PAGES = [f"/programme/{n}" for n in range(12)]
START = 9 * 86_400 + 20 * 3_600 + 100


def readers(random, begins, seconds, visits, *, landing=None, base="a"):
    """Readers: a page with three files of its own, then with some luck a second page."""
    cells = []
    for number in range(visits):
        at = begins + random.randrange(seconds)
        client = f"{base}{number}.reader.example"
        page = landing or random.choice(PAGES)
        referer = random.choice([None, "https://search.example/", "https://h.example/"])
        seen = [
            (page, referer),
            *((f"/static/{n}.css", f"https://h.example{page}") for n in range(random.randint(0, 3))),
        ]
        if random.random() < 0.5:
            seen.append((random.choice(PAGES), f"https://h.example{page}"))
        cells += [
            {"time": at + n, "client_ip": client, "host": "h.example", "path": p, "referer": r, "status": 200}
            for n, (p, r) in enumerate(seen)
        ]
    return cells


def usual(random, days=DAYS, per_hour=25):
    cells = []
    for day in range(days):
        level = random.uniform(0.7, 1.4)
        for hour in range(24):
            busy = 0.2 if hour < 6 else 1.5 if hour > 17 else 1.0
            n = round(per_hour * level * busy * random.uniform(0.7, 1.3))
            cells += readers(random, day * 86_400 + hour * 3_600, 3_600, n, base=f"d{day}h{hour}n")
    # A crawler that says nothing, and a monitor.
    cells += [
        {"time": 1200 * n, "client_ip": "66.66.66.66", "host": "h.example", "path": f"/all/{n}", "status": 200}
        for n in range(days * 72)
    ]
    cells += [
        {"time": 300 * n + 7, "client_ip": "77.77.77.77", "host": "h.example", "path": "/", "status": 200}
        for n in range(days * 288)
    ]
    return cells


def flood(sources, requests, seconds, *, path="/", query=None, status=200, **more):
    return [
        {
            "time": START + n * seconds // requests,
            "client_ip": f"9.{n % sources // 250}.{n % sources % 250}.9",
            "host": "h.example",
            "path": path() if callable(path) else path,
            "query": query() if query else None,
            "status": status,
        }
        | more
        for n in range(requests)
    ]


def found(*cells, **parameters):
    made = rows("requests", *sorted((c for part in cells for c in part), key=lambda c: c["time"]))
    table = http_flood(measured(MEASURE, {"requests": made}), **parameters).to_pylist()
    clients = dict(zip(made["row_id"].to_pylist(), made["client_ip"].to_pylist(), strict=True))
    return [f | {"clients": [clients[i] for i in f["evidence_ids"]]} for f in table]


USUAL = usual(Random(1))


def test_a_usual_fortnight_gives_nothing():
    assert found(USUAL) == []


@pytest.mark.parametrize(
    ("sources", "requests", "seconds"),
    [
        (1, 2_000, 170),
        (50, 2_000, 170),
        (2_000, 6_000, 280),
        (1, 30_000, 20_000),
        (50, 6_000, 6 * 3_600),
        (2_000, 8_000, 9_000),
    ],
)
def test_planted_floods_are_found_with_their_requests_as_evidence(sources, requests, seconds):
    random = Random(2)
    (one,) = found(USUAL, flood(sources, requests, seconds, query=lambda: str(random.random()), status=503))
    planted = sum(c.endswith(".9") and c.startswith("9.") for c in one["clients"])
    assert planted >= 0.9 * len(one["evidence_ids"])
    assert planted >= 0.8 * requests
    assert one["p_value"] <= 1e-6
    assert one["subject_ids"] == ["h.example"]
    assert " to / from " in one["title"]
    assert "no query twice" in one["title"]
    assert "answered with a server error" in one["title"]


def test_the_title_has_the_figures():
    (one,) = found(USUAL, flood(3, 3_000, 170, path="/\x1b[2J"))
    assert one["title"].startswith(
        "Flood at h.example of 3,000 requests in 3 minutes to /⟦U+001B⟧[2J from 3 addresses, about "
    )
    assert (one["value"], one["first_seen"].timestamp()) == (3_000, EPOCH.timestamp() + START)


def test_a_night_with_five_times_the_readers_is_none():
    assert found(USUAL, readers(Random(3), START, 3 * 3_600, 5 * 25 * 3)) == []
    assert found(USUAL, readers(Random(3), START, 3 * 3_600, 40 * 25 * 3)) == []


def test_a_link_that_everybody_follows_is_none():
    assert found(USUAL, readers(Random(4), START, 1_800, 1_500, landing="/programme/3")) == []


def test_a_flood_among_five_times_the_readers_is_found():
    night = readers(Random(3), START - 3_600, 3 * 3_600, 5 * 25 * 3)
    (one,) = found(USUAL, night, flood(200, 6_000, 600))
    assert sum(c.startswith("9.") for c in one["clients"]) >= 0.95 * len(one["clients"])


def test_a_crawler_and_a_scan_are_none():
    pages = iter(range(100_000))
    assert found(USUAL, flood(1, 3_000, 3 * 3_600, path=lambda: f"/all/{next(pages)}")) == []
    assert found(USUAL, flood(2, 5_000, 280, path=lambda: f"/x{next(pages)}", status=404)) == []


def test_many_sources_that_ask_for_pages_that_do_not_exist_are_a_flood():
    pages = iter(range(100_000))
    (one,) = found(USUAL, flood(300, 6_000, 280, path=lambda: f"/x{next(pages)}", status=404))
    assert "for pages that do not exist, from at least 300 addresses" in one["title"]


def test_a_few_sources_on_a_few_paths_are_a_flood_when_fast():
    random = Random(7)
    fast, slow = (flood(2, n, 280, path=lambda: random.choice(["/a", "/b", "/c", "/d"])) for n in (4_000, 1_000))
    (one,) = found(USUAL, fast)
    assert "to a few paths from 2 addresses" in one["title"]
    assert found(USUAL, slow) == []


def test_forged_referers_of_other_sites_do_not_hide_a_flood():
    assert found(USUAL, flood(100, 4_000, 280, referer="https://search.example/?q=h.example"))


def test_where_nothing_tells_readers_apart_many_sources_once_each_are_none():
    def plain(cells):
        return [c | {"referer": None, "path": c["path"].replace(".css", "")} for c in cells]

    link = plain(readers(Random(4), START, 1_800, 1_500, landing="/programme/3"))
    assert found(plain(USUAL), link) == []
    assert found(plain(USUAL), flood(50, 6_000, 280))


def test_with_a_day_of_log_the_size_decides_and_there_is_no_p():
    global START  # noqa: PLW0603 - the flood is planted on the one day there is
    begun, START = START, 20 * 3_600 + 100
    try:
        day = usual(Random(1), days=1)
        (one,) = found(day, flood(3, 3_000, 170))
        assert (one["p_value"], one["expected"]) == (None, None)
        assert found(day) == []
        assert found(day, readers(Random(3), START, 3 * 3_600, 5 * 25 * 3)) == []
    finally:
        START = begun


def test_parameters_bound_what_is_reported():
    small = flood(3, 3_000, 170)
    assert found(USUAL, small, requests_min=5_000) == []
    assert found(USUAL, small, rate_min=1_000.0) == []
    assert found(USUAL, small, times_min=1_000.0) == []

import collections
import re
import time

from tests.exercise.held import LINE, SMALLEST, exports, parsed, records, second, truth_records
from vigie.exercise import draws, readers, requests_log, site, web_attacks, web_crowds, world
from vigie.exercise.truth import Truth, read_days, read_truth


def test_log_lines_are_combined_lines_in_the_order_of_time(folder):
    for path in exports(folder, "*access*"):
        clocks = []
        for line in records(path).values():
            match = LINE.fullmatch(line)
            assert match, line
            clocks.append(time.strptime(match["at"], "%d/%b/%Y:%H:%M:%S %z"))
        moments = [time.mktime(c) - c.tm_gmtoff for c in clocks]
        assert moments == sorted(moments)


def test_a_day_written_in_many_slices_is_in_order_and_loses_nothing_that_is_planted(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(draws, "SLICE_ROWS", 40)
    truth = Truth()
    files = requests_log.write(tmp_path / "exports", truth, scale=SMALLEST, seed=7, step=lambda _: None)
    truth.write(tmp_path / "truth")
    for path in files:
        moments = [second(LINE.fullmatch(line)) for line in records(path).values()]
        assert moments == sorted(moments)
    sizes = {o: sum(map(len, r.values())) for o, r in read_truth(tmp_path)[1].items() if o != "web-debate-night"}
    assert sizes == {o: sum(map(len, r.values())) for o, r in read_truth(folder)[1].items() if o in sizes}
    assert len(sizes) > 10


def test_attack_rows_are_attacks_and_half_come_from_one_country(folder):
    rows = parsed(folder, "web-attack")
    assert len(rows) == 260
    payload = re.compile(r"%27|%2527|\+AND\+|%20AND%20|/etc/|%2[ef]|%252f|%5c|%c0|php://|\.\./|proc/self|extractvalue")
    assert all(payload.search(r["target"]) for r in rows)
    assert truth_records(folder, "web-attack-evenings") == truth_records(folder, "web-attack")
    of_country = {r["ip"] for r in parsed(folder, "web-attack-origin")}
    everybody = {r["ip"] for r in rows}
    assert of_country < everybody
    (origin,) = (o for o in read_truth(folder)[0] if o.operation_id == "web-attack-origin")
    assert (origin.share, origin.subjects, origin.detectors) == (0.5, ("UA",), ("origin_share",))


def test_the_planted_share_is_drawn_for_each_address_and_does_not_depend_on_what_it_sends():
    inside, requests = [], []
    for seed in range(60):
        truth = Truth()
        sources = {}
        for event in web_attacks.planted(truth, scale=SMALLEST, seed=seed):
            named = dict(event.operations)
            if "web-attack" in named:
                held = sources.setdefault(event.client, ["web-attack-origin" in named, 0])
                held[1] += 1
        inside.append(sum(inside for inside, _ in sources.values()) / len(sources))
        requests.append(sum(n for inside, n in sources.values() if inside) / sum(n for _, n in sources.values()))
    assert len(set(inside)) > 5
    for shares in (inside, requests):
        # 60 means of 12 addresses: the standard error is 0.02.
        assert abs(sum(shares) / 60 - 0.5) < 0.08


def test_the_attack_is_aimed_at_pages_that_readers_use_and_some_are_read_before(folder):
    pages = {page.partition("?")[0] for page in site.main_site().pages}
    rows = parsed(folder, "web-attack")
    assert sum(r["target"].partition("?")[0] in pages for r in rows) > 0.85 * len(rows)
    assert any("campagne" in r["target"] and "simulee" in r["target"] for r in rows)
    reading = parsed(folder, "web-attack-reading")
    assert {(r["ip"], r["agent"]) for r in reading} <= {(r["ip"], r["agent"]) for r in rows}
    assert all("?" not in r["target"] and ".." not in r["target"] for r in reading)


def test_the_scan_looks_like_a_scanner_and_not_by_its_user_agent(folder):
    rows = parsed(folder, "web-scan")
    assert len(rows) == 300
    assert 1 <= len({r["ip"] for r in rows}) <= 3
    assert all(r["agent"] in readers.BROWSERS and not r["target"].startswith("/static/") for r in rows)
    assert 0.2 < sum(r["status"] == "404" for r in rows) / len(rows) < 0.6
    moments = [second(r) for r in rows]
    assert moments == sorted(moments)
    assert 30 < moments[-1] - moments[0] < 120
    pages = set(site.main_site().pages)
    assert all(r["target"] in pages for r in rows[:50])
    assert len({r["target"] for r in rows}) > 200


def test_the_flood_stands_far_out_of_what_is_ordinary_at_every_scale(folder):
    rows = parsed(folder, "web-flood")
    assert len({r["target"] for r in rows}) == len(rows) == 800
    assert {r["target"].partition("?")[0] for r in rows} == {"/recherche"}
    assert {r["referer"] for r in rows} == {"-"}
    assert {r["status"] for r in rows} == {"200", "503"}
    assert 40 <= len({r["ip"] for r in rows}) <= 60
    for scale in (0.01, 0.1, 1, 10, 100):
        ordinary_an_hour = requests_log.REQUESTS * scale / world.DAYS / 24
        assert max(800, web_attacks.FLOOD_REQUESTS * web_attacks.lasting(scale)) > 4 * ordinary_an_hour


def test_logins_are_guessed_by_one_and_by_many_and_members_only_mistype(folder):
    guessing, stuffing = parsed(folder, "web-login-guessing"), parsed(folder, "web-stuffing")
    for rows in (guessing, stuffing):
        assert {(r["method"], r["target"]) for r in rows} == {("POST", "/connexion")}
        assert len({r["size"] for r in rows if r["status"] == "200"}) == 1
    assert {r["ip"] for r in guessing} == {guessing[0]["ip"]}
    assert [r["status"] for r in guessing] == ["200"] * 47 + ["302"]
    assert [r["target"] for r in parsed(folder, "web-login-guessing-pages")] == ["/connexion", *site.ACCOUNT]
    assert len({r["ip"] for r in stuffing}) == 40
    assert max(collections.Counter(r["ip"] for r in stuffing).values()) <= 4
    assert sum(r["status"] == "302" for r in stuffing) < 0.1 * len(stuffing)
    members = [r for r in parsed(folder, "web-members-evening") if r["method"] == "POST"]
    assert len({r["ip"] for r in members}) == 40
    assert sum(r["status"] == "302" for r in members) > 0.8 * len(members)
    every = [LINE.fullmatch(line) for p in exports(folder, "www*") for line in records(p).values() if "POST" in line]
    ordinary = len(every) - len(guessing) - len(stuffing) - len(members)
    assert ordinary > 10


def test_planted_scenes_lie_on_days_of_their_own(folder):
    operations = [o for o in read_truth(folder)[0] if o.operation_id.startswith("web-")]
    single = [o for o in operations if o.aim == "aimed" and o.operation_id != "web-attack"]
    spans = [(o.first_seen.date(), o.last_seen.date()) for o in single]
    assert len({day for span in spans for day in span}) == len(single) == 4
    evenings = {time.strftime("%Y-%m-%d", time.gmtime(second(r))) for r in parsed(folder, "web-attack")}
    assert not {day.isoformat() for span in spans for day in span} & evenings


def test_readers_load_what_pages_need_and_come_from_somewhere(folder):
    lines = [LINE.fullmatch(line) for p in exports(folder, "dons*") for line in records(p).values()]
    asked = [r for r in lines if r["agent"] in readers.BROWSERS]
    assert 0.4 < sum(r["target"].startswith("/static/") for r in asked) / len(asked) < 0.8
    assert sum(r["referer"] != "-" for r in asked) > 0.7 * len(asked)
    assets = [r for r in asked if r["target"].startswith("/static/")]
    assert all(r["referer"].startswith(site.donation_site().origin) for r in assets)


def test_web_look_alikes_are_what_they_say(folder):
    debate = parsed(folder, "web-debate-night")
    assert len(debate) > 50
    assert all(r["at"].startswith("04/Apr/2017:2") for r in debate)
    quiet = sum("[11/Apr/2017:2" in line for p in exports(folder, "www*w15*") for line in records(p).values())
    assert len(debate) > 2.5 * quiet
    scans = parsed(folder, "web-scanners")
    assert len({r["at"][:11] for r in scans}) >= 30
    askers = collections.defaultdict(set)
    for r in scans:
        askers[r["target"]].add(r["ip"])
    assert sum(len(ips) >= 5 for ips in askers.values()) >= 15
    assert sum(len(ips) == 1 for ips in askers.values()) >= 10
    sweeps = collections.Counter(r["ip"] for r in parsed(folder, "web-sweeps"))
    assert len(sweeps) == 5
    assert min(sweeps.values()) >= 20
    assert all("/recherche?q=" in line for line in truth_records(folder, "web-search-words"))
    link = parsed(folder, "web-famous-link")
    assert len({r["ip"] for r in link}) >= 10
    assert {r["target"] for r in link if not r["target"].startswith("/static/")} == {web_crowds.LINK_PAGE}
    assert len({r["ip"] for r in parsed(folder, "web-monitor")}) == 1
    assert all("ple" in r["agent"] or "Imaginaire" in r["agent"] for r in parsed(folder, "web-crawlers"))
    checked = parsed(folder, "web-link-checker")
    assert {r["status"] for r in checked} == {"200", "404"}


def test_days_say_with_which_record_each_begins(folder):
    for file, days in read_days(folder).items():
        (path,) = exports(folder, file)
        clocks = [time.gmtime(second(LINE.fullmatch(line))) for line in records(path).values()]
        dates = [time.strftime("%Y-%m-%d", clock) for clock in clocks]
        ends = [record - 1 for _, record in days[1:]] + [len(dates)]
        for (day, record), end in zip(days, ends, strict=True):
            assert set(dates[record - 1 : end]) <= {day.isoformat()}
        assert len(days) == 7

"""Hostile web logs from file to briefing: nothing crashes, everything is counted, and all counts say the same."""

import csv
import gzip
import io
import json
import random
import re
import sys
from collections import Counter
from dataclasses import asdict

import pytest
from lxml import html

from tests.run.builders import log_lines, make_case, take
from tests.sources.mmdb_files import database
from vigie import case as case_file
from vigie.cli import main
from vigie.errors import InputError
from vigie.measures import named
from vigie.rules.indicators import KINDS
from vigie.run.add import STORE
from vigie.run.analyse import CACHE, Measured, analyse
from vigie.run.brief import brief, compose
from vigie.run.claim import claim
from vigie.run.drop import drop
from vigie.run.explain import explain
from vigie.run.weighed import Only
from vigie.tables.store import Store
from vigie.text.address import origin_address
from vigie.text.claim import read_claim

HALF = "half of the attacks come from UA"
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069]")
AGENTS = (
    b"Mozilla/5.0",
    b"=cmd|' /C calc'!A0",
    b"\x1b[31mred\x1b[0m sqlmap/1.0",
    b"<img src=x onerror=alert(2)>",
    b"\xe2\x80\xaeevil",
    b"@SUM(1)",
    b'\\"quoted\\" \\x22',
    b"\xff\xfe\xfd",
    b"() { :; }; /bin/cat /etc/passwd",
)
CLIENTS = (
    b"5.9.1.2",
    b"fe80::1%eth0",
    b"::ffff:5.9.1.3",
    b"::ffff:0509:0103",
    b"10.0.0.1",
    b"127.0.0.1",
    b"240.0.0.1",
    b"scanner.example.org",
    b"SCANNER.example.org",
    b"2a00:1450::1",
    b"0.0.0.0",
    b"999.1.1.1",
    b"\x1b[31mhost",
    b"=1+1",
)
TARGETS = (
    b"/a?q=\xff\xfe\x80'+union+select+1,2--",
    b"/a?q=%27%20union%20select%20\x1b[2J\x1b]0;gone\x07",
    b"/a?q=<script>\xe2\x80\xaeevil</script>",
    b"/a?q=\\x22\\x27 or 1=1--",
    b"/=cmd|' /C calc'!A0?q=../../../../etc/passwd",
    b"/@SUM(1)/-1/../../../etc/passwd",
    b"/a?q=" + b"%25" * 10_000 + b"27%20or%201=1--",
    b"/a?q=" + b"/*" * 10_000 + b"union/**/select" + b"*/" * 10_000,
    b"/a?q=" + b"&amp;" * 10_000 + b"lt;script>",
    b"/a?q=" + b"../" * 20_000 + b"etc/passwd",
    b"/a?q=" + b"${" * 5_000 + b"jndi:ldap://x/" + b"}" * 5_000,
    b"/a?q=" + b"' or " * 5_000,
    b"/a?q=" + b"union select " * 3_000,
    b"/a?q=" + b"%c0%ae%c0%ae/" * 500 + b"etc/passwd",
    b"/a?q=%0d%0a5.9.1.2 - - [10/Apr/2017:00:00:00 +0000] %22GET / HTTP/1.1%22 200 1",
    b"/?q=\xe2\x80\x8b<svg/onload=alert(1)>\xe2\x80\xa8",
    b"/%00.php?cmd=id;cat+/etc/passwd",
    b"",
)
STATUSES = (b"200", b"404", b"-", b"0", b"500", b"999", b"200", b"304", b"200", b"302", b"-5")
SIZES = (b"1", b"-", b"0", b"9" * 12, b"5", b"2", b"3", b"4", b"6", b"-5", b"7", b"8", b"9" * 20)
BROKEN = (
    b'5.9.1.2 - - [10/Apr/2017:00:10:00 +0000] "GET /a?q=1\r\n'
    b'5.9.1.2 - - [10/Apr/2017:00:10:00 +0000] "GET /fake?q=<script>alert(1)</script> HTTP/1.1" 200 1 "-" "x"\r\n'
    b'5.9.1.2 - - [10/Apr/2017:00:11:00 +0000] "GET /a\0b HTTP/1.1" 200 1 "-" "x"\n'
    b'5.9.1.2 - - [10/Apr/2017:00:12:00 +0000] "GET /a?q=' + b"'" * (1 << 20) + b' HTTP/1.1" 200 1 "-" "x"\n'
    b'5.9.1.2 - - [10/Apr/2017:00:12:01 +0000] "/?q=<script>alert(1)</script>" 400 1 "-" "x"\n'
    b'5.9.1.2 - - [10/Apr/2017:00:12:02 +0000] "\\x16\\x03\\x01" 400 1 "-" "-"\n'
    b'5.9.1.2 - - [10/Apr/2017:00:12:03 +0000] "" 408 - "" ""\n'
)


def hostile_lines():
    lines = []
    for number, target in enumerate(t for t in TARGETS for _ in range(3)):
        client, agent = CLIENTS[number % len(CLIENTS)], AGENTS[number % len(AGENTS)]
        status, size = STATUSES[number % len(STATUSES)], SIZES[number % len(SIZES)]
        when = b"%02d/Apr/2017:%02d:%02d:00 +0000" % (10 + number % 4, number // 60, number % 60)
        asked = b'"GET ' + target + b' HTTP/1.1" ' + status + b" " + size + b' "' + AGENTS[number % 3] + b'" "'
        lines.append(client + b" - - [" + when + b"] " + asked + agent + b'"\n')
    return lines


def attack_lines():
    """Return the lines of one aimed tool, a scan, guessed passwords and readers, on two servers an hour apart."""
    draw = random.Random(5)
    lines = log_lines(80).splitlines(keepends=True)
    said = b'%s - - [%02d/Apr/2017:%02d:%02d:%02d +0000] "%s %s HTTP/1.1" %d %d "-" "%s"\n'
    for n in range(60):
        attack = b"/page/%d?id=1%%27+union+select+1,2,%d--" % (n % 9, n)
        lines.append(said % (b"5.9.1.2", 10, 9 + n % 2, n % 60, n % 7, b"GET", attack, 200, 900, AGENTS[2]))
    for n in range(150):
        lines.append(said % (b"31.9.1.2", 11, 9, n // 60, n % 60, b"GET", b"/old/%d.php" % n, 404, 9, b"=scan"))
    for n in range(120):
        lines.append(said % (b"77.1.1.1", 12, 9, n // 60, n % 60, b"POST", b"/wp-login.php", 200, 9, b"<b>x</b>"))
    for n in range(60):
        client = b"46.%d.%d.9" % (draw.randrange(200), draw.randrange(200))
        lines.append(said % (client, 10 + n % 5, 9, 0, n, b"GET", b"/.env", 404, 9, b"curl"))
    draw.shuffle(lines)
    return lines


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Return a case of hostile and attacking lines, analysed, and what became of the hostile file."""
    folder = tmp_path_factory.mktemp("hostile")
    made = make_case(folder / "case")
    (folder / "=1+1 \x1b[31m.log").write_bytes(b"".join(hostile_lines()) + BROKEN)
    (folder / "attacks.log").write_bytes(b"".join(attack_lines()))
    networks = {"5.0.0.0/8": {"country": {"iso_code": "UA"}, "autonomous_system_organization": "=cmd|\x1b[2J<script>"}}
    (folder / "own\x1b[31m.mmdb").write_bytes(database(networks))
    added = take(made, folder / "=1+1 \x1b[31m.log", folder / "attacks.log", folder / "own\x1b[31m.mmdb")
    analyse(made)
    return made, added


def measured_in(folder):
    loaded, store = case_file.load(folder), Store(folder / STORE)
    return Measured(folder, loaded, store, store.manifest())


def tables_of(folder, *names):
    measured = measured_in(folder)
    return [measured.table(named(name), {}).to_pylist() for name in names]


def units(rows):
    return (sum(r["requests"] for r in rows), len({r["session_id"] for r in rows}), len({r["address"] for r in rows}))


def run_command(monkeypatch, capsys, *arguments):
    """Return the exit code of a command and what it printed; nothing but an exit may come out of it."""
    monkeypatch.setattr(sys, "argv", ["vigie", *map(str, arguments)])
    code = 0
    try:
        main()
    except SystemExit as left:
        code = left.code or 0
    printed = capsys.readouterr()
    assert not UNSEEN.search((printed.out + printed.err).replace("\n", ""))
    return code, printed.out, printed.err


def test_every_line_is_a_row_or_refused_with_its_reason(case):
    _, (hostile, attacks, own) = case
    assert hostile.rows + hostile.refused + hostile.skipped == len(hostile_lines()) + BROKEN.count(b"\n")
    assert sum(hostile.reasons.values()) == hostile.refused
    assert {"NUL byte", "longer than 1,048,576 bytes"} <= set(hostile.reasons)
    assert (attacks.rows, attacks.refused) == (len(attack_lines()), 0)
    assert own.rows == 1


def test_a_log_that_begins_with_a_request_longer_than_what_is_sniffed_is_recognised(tmp_path):
    line = b'5.9.1.2 - - [10/Apr/2017:00:12:00 +0000] "GET /a?q=' + b"'" * 200_000 + b' HTTP/1.1" 200 1 "-" "x"\n'
    (tmp_path / "a.txt").write_bytes(line + b"".join(attack_lines()[:5]))
    (added,) = take(make_case(tmp_path / "case"), tmp_path / "a.txt")
    assert (added.format, added.rows, added.refused, added.error) == ("access-log", 6, 0, "")


def test_every_row_is_in_one_session(case):
    folder, added = case
    (sessions,) = tables_of(folder, "http_sessions")
    assert sum(s["requests"] for s in sessions) == added[0].rows + added[1].rows
    assert {"scan", "login_guessing"} <= {s["called"] for s in sessions}


def test_an_address_is_one_source_however_it_is_spelt(case):
    folder, _ = case
    (sessions,) = tables_of(folder, "http_sessions")
    places = {s["address"]: s["place"] for s in sessions}
    assert not [a for a in places if a.startswith("::ffff:") or "%" in a or a != a.lower()]
    assert places["5.9.1.3"] == places["2a00:1450::1"] == "public"
    assert places["fe80::1"] == places["10.0.0.1"] == places["240.0.0.1"] == "private or reserved"
    assert places["scanner.example.org"] == places["999.1.1.1"] == "not an address"
    assert origin_address("PROXY.example.fr", "5.9.1.3", ("Proxy.example.fr",)) == ("5.9.1.3", "public")


def test_all_counts_of_attacks_say_the_same(case):
    folder, _ = case
    attacks, days, sessions, placed = tables_of(
        folder, "http_attacks", "http_attack_days", "http_sessions", "http_origins"
    )
    counted = units(attacks)
    assert counted[0] > 300
    assert sum(d["requests"] for d in days if d["kind"] is not None) == counted[0]
    cells = Counter()
    for row in attacks:
        cells[row["day"], row["host"], row["kind"]] += row["requests"]
    assert cells == {(d["day"], d["host"], d["kind"]): d["requests"] for d in days if d["kind"] is not None}
    for database_name in {r["database"] for r in placed}:
        rows = [r for r in placed if r["database"] == database_name and r["session_id"] is not None]
        assert units(rows) == counted
    weighed = claim(folder, read_claim(HALF), Only(), sentence=HALF)
    (everything,) = (c for c in weighed.counted if c.what == "all")
    assert (everything.requests, everything.sessions, everything.sources) == counted
    assert tuple(f.known + f.unknown for f in weighed.parts[0].figures) == counted
    store = Store(folder / STORE)
    web = compose(folder, case_file.load(folder), store.manifest(), analyse(folder)).web
    assert (web.counted.requests, web.counted.sessions, web.counted.sources) == counted
    assert web.all_requests == sum(s["requests"] for s in sessions)
    assert sum(line.counted.requests for line in web.kinds) == counted[0]
    assert sum(line.counted.requests for line in web.aims) == counted[0]


def test_every_evidence_id_exists_and_belongs_to_its_kind_once(case):
    folder, _ = case
    attacks, verdicts, sessions = tables_of(folder, "http_attacks", "http_verdicts", "http_sessions")
    of_kind = {v["row_id"]: v["kind"] for v in verdicts}
    called = {s["session_id"]: s for s in sessions}
    listed = Counter(i for row in attacks for i in row["evidence_ids"])
    assert set(listed.values()) == {1}
    assert set(of_kind) <= set(listed)
    for row in attacks:
        assert len(row["evidence_ids"]) == row["requests"]
        assert set(row["succeeded_ids"]) <= set(row["evidence_ids"])
        if row["kind"] in KINDS:
            assert {of_kind[i] for i in row["evidence_ids"]} == {row["kind"]}
        else:
            assert called[row["session_id"]]["called"] == row["kind"]
            assert of_kind.keys().isdisjoint(row["evidence_ids"])
            assert set(row["evidence_ids"]) <= set(called[row["session_id"]]["request_ids"])


def test_every_finding_opens_to_as_many_rows_as_it_rests_on(case):
    folder, _ = case
    findings = analyse(folder).findings.to_pylist()
    assert {"http_attack", "http_scan"} <= {f["detector"] for f in findings}
    for finding in findings:
        shown = explain(folder, finding["id"], limit=None)
        assert len(shown.rows) == len(set(finding["evidence_ids"])) > 0


def test_nothing_hostile_reaches_the_terminal(case, monkeypatch, capsys):
    folder, _ = case
    code, out, _ = run_command(monkeypatch, capsys, "run", folder, "--json")
    assert code == 0
    commands = [("run", folder), ("sources", folder), ("claim", folder, HALF), ("claim", folder, HALF, "--json")]
    commands += [("explain", folder, f["id"], "--rows", "0") for f in json.loads(out)]
    for command in commands:
        assert run_command(monkeypatch, capsys, *command)[0] == 0


def test_nothing_hostile_acts_on_the_page_or_in_a_spreadsheet(case):
    folder, _ = case
    page = brief(folder)
    text = page.read_text(encoding="utf-8")
    assert not UNSEEN.search(text)
    tree = html.fromstring(text)
    assert not tree.xpath("//script | //img | //iframe | //object | //link | //*[@onerror or @onload or @style]")
    assert all(re.fullmatch(r"#[\w.-]+|(evidence/)?[\w.-]+\.csv", href) for href in tree.xpath("//@href | //@src"))
    assert "sqlmap" in tree.text_content()
    sheets = sorted(page.parent.rglob("*.csv"))
    assert {"web-days.csv", "web-origins.csv", "web-succeeded.csv"} <= {s.name for s in sheets}
    for sheet in sheets:
        content = sheet.read_text(encoding="utf-8-sig")
        assert not UNSEEN.search(content)
        cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
        assert not [c for c in cells if re.match(r"\s*[=@+]|\s*-[^\d]", c) and c != "-"], sheet.name
    assert (page.parent / "findings.json").read_bytes().isascii()


def made_of(tmp_path, name, *files):
    folder = make_case(tmp_path / name)
    take(folder, *files)
    return folder, analyse(folder).findings


def test_the_order_of_files_and_packed_copies_change_no_finding(tmp_path):
    lines = attack_lines()
    a, b, packed = tmp_path / "a.log", tmp_path / "b.log", tmp_path / "a-old.log.gz"
    a.write_bytes(b"".join(lines[::2]))
    b.write_bytes(b"".join(lines[1::2]))
    packed.write_bytes(gzip.compress(a.read_bytes(), mtime=0))
    folder, findings = made_of(tmp_path, "ab", a, b)
    other, turned = made_of(tmp_path, "ba", b, a)
    assert findings.num_rows > 0
    assert turned.equals(findings)
    names = ("http_sessions", "http_attacks", "http_attack_days")
    assert tables_of(folder, *names) == tables_of(other, *names)
    (added,) = take(folder, packed)
    assert (added.rows, added.refused) == (0, 0)
    assert analyse(folder).findings.equals(findings)
    # Lines in another order are other rows, but the same counts.
    (tmp_path / "sorted.log").write_bytes(b"".join(sorted(lines)))
    last, in_order = made_of(tmp_path, "sorted", tmp_path / "sorted.log")
    counts = ("detector", "subject_ids", "value", "first_seen", "last_seen")
    assert sorted(map(str, in_order.select(counts).to_pylist())) == sorted(
        map(str, findings.select(counts).to_pylist())
    )
    assert units(tables_of(last, "http_attacks")[0]) == units(tables_of(folder, "http_attacks")[0])


def test_a_database_counts_from_when_it_is_added_to_when_it_is_dropped(tmp_path):
    (tmp_path / "a.log").write_bytes(b"".join(attack_lines()))
    networks = {f"{n}.0.0.0/8": {"country": {"iso_code": "UA"}} for n in (5, 31, 46, 77)}
    (tmp_path / "own.mmdb").write_bytes(database(networks))
    (tmp_path / "cut.mmdb").write_bytes(database(networks)[:-300])
    (tmp_path / "cities.mmdb").write_bytes(database({"5.0.0.0/8": {"city": {"names": {"en": "Kyiv"}}}}))
    folder, _ = made_of(tmp_path, "case", tmp_path / "a.log")

    def said():
        return asdict(claim(folder, read_claim(HALF), Only(), sentence=HALF))

    before = said()
    added = take(folder, tmp_path / "own.mmdb", tmp_path / "own.mmdb", tmp_path / "cut.mmdb", tmp_path / "cities.mmdb")
    assert [(a.rows, a.already) for a in added] == [(4, 0), (0, 4), (0, 0), (0, 0)]
    assert all(a.reasons for a in added[2:])
    during = said()
    assert any("own.mmdb" in d["name"] for d in during["databases"])
    assert len(during["databases"]) == len(before["databases"]) + 1
    for name in ("own.mmdb", "cut.mmdb", "cities.mmdb"):
        drop(folder, name)
    assert said() == before


@pytest.mark.parametrize("damage", [b"", b"garbage", b"PAR1" + bytes(200)])
def test_a_damaged_cache_is_made_anew(case, damage):
    folder, _ = case
    want = analyse(folder).findings
    cached = sorted((folder / CACHE).glob("http_attack_days-*.parquet")) + sorted(
        (folder / CACHE).glob("http_origins-*.parquet")
    )
    assert cached
    for path in cached:
        path.write_bytes(damage)
    assert analyse(folder).findings.equals(want)
    assert all(len(path.read_bytes()) > len(damage) for path in cached)


ODD = (
    ("", "nothing is claimed"),
    ("x " * 5_000, "longer than 1,000 characters"),
    ("x" * 999, "no share of a country"),
    ("-5 attacks a day", "is no share and no rate"),
    ("\N{MINUS SIGN} 20 % from UA", "is no share and no rate"),
    ("minus 5 a day", "'minus' is not read"),
    ("200 % from UA", "'200 %' is no share"),
    ("9" * 400 + " % from UA", "is no share"),
    ("9" * 400 + " attacks a day", "is no rate of attacks"),
    ("half of the attacks come from Atlantis", "'Atlantis' is no country"),
    ("all attacks by the GRU", "names an actor"),
    ("1 in 0 from UA", "in what time?"),
    ("\x1b[2J\u202e\x07 50.5.5 \udcff", "in what time?"),
)


@pytest.mark.parametrize(("sentence", "reason"), ODD)
def test_an_odd_claim_says_what_is_wrong_and_what_to_do(case, monkeypatch, capsys, sentence, reason):
    code, _, err = run_command(monkeypatch, capsys, "claim", case[0], "--", sentence)
    assert code == 2
    assert reason in err
    assert "hint: " in err
    assert len(err) < 1_000


OPTIONS = (
    (HALF, "--share", "0.5", "--country", "UA"),
    ("--share", "0.5"),
    ("--share", "nan", "--country", "UA"),
    ("--share", "2", "--country", "UA"),
    ("--share", "0.5", "--country", "\x1b[31m"),
    ("--per-day", "inf"),
    ("--per-day", "nan"),
    ("--per-day", "1e300"),
    ("300 a day", "--kind", "\x1b[31m"),
    ("300 a day", "--unit", "people"),
    ("300 a day", "--from", "2017-05-01", "--to", "2017-04-01"),
    ("300 a day", "--from", "yesterday"),
)


@pytest.mark.parametrize("options", OPTIONS)
def test_odd_options_of_a_claim_are_wrong_use(case, monkeypatch, capsys, options):
    code, _, err = run_command(monkeypatch, capsys, "claim", case[0], *options)
    assert code == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "sentence",
    ["0 % from UA", "100 % from UA", "\x1bhalf\x07 of \u202eattacks from UA \x1b]", "la moitié viennent d'Ukraine"],
)
def test_an_odd_claim_that_can_be_read_is_weighed(case, monkeypatch, capsys, sentence):
    code, out, err = run_command(monkeypatch, capsys, "claim", case[0], sentence)
    assert (code, err) == (0, "")
    assert "claimed" in out


def test_a_dash_between_words_is_no_sign():
    (part, _) = read_claim("attacked - 300 times a day - half of them from Ukraine").parts
    assert part.point == 300
    with pytest.raises(InputError, match="is no rate"):
        read_claim("1000000000000000 attacks a day")


def test_a_claim_needs_no_run_and_no_log(tmp_path, monkeypatch, capsys):
    folder = make_case(tmp_path / "case")
    code, out, _ = run_command(monkeypatch, capsys, "claim", folder, HALF)
    assert code == 0
    assert "nothing can be said" in out
    (folder / CACHE).rename(folder / "away")
    (folder / CACHE).write_text("")
    for command in (("run", folder), ("claim", folder, HALF), ("brief", folder)):
        code, _, err = run_command(monkeypatch, capsys, *command)
        assert code == 2
        assert "cannot write" in err


DETECT = (
    ("http_attack]\nrequests_min = 0", "out of bounds"),
    ("http_attack]\nnope = 1", "unknown parameter 'nope'"),
    ("http_attacks]\nrequests_min = 5", "did you mean 'http_attack'"),
    ("attack_burst]\np_max = nan", "p_max"),
    ("http_flood]\nrequests_min = 99999999999999999999", "out of bounds"),
    ('http_scan]\nrequests_min = "5"', "requests_min is str"),
    ("login_spray]\n= ", "not TOML"),
)


@pytest.mark.parametrize(("text", "reason"), DETECT)
def test_a_wrong_parameter_is_said_with_its_line(tmp_path, monkeypatch, capsys, text, reason):
    folder = make_case(tmp_path / "case")
    path = folder / "case.toml"
    path.write_text(path.read_text() + f"\n[detect.{text}\n")
    code, _, err = run_command(monkeypatch, capsys, "run", folder)
    assert code == 2
    assert reason in err
    assert re.search(r"case\.toml:\d+: ", err)

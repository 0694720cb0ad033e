"""The command line: help with an example and at once, exit codes, JSON, inert text, the whole way from log to page."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run.builders import log_lines, make_case

COMMANDS = [
    "new",
    "add",
    "formats",
    "sources",
    "drop",
    "run",
    "explain",
    "families",
    "polls",
    "trace",
    "networks",
    "brief",
    "claim",
    "coshare",
    "exercise",
    "score",
]


def vigie(*arguments, **options):
    command = [sys.executable, "-m", "vigie.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    done = vigie(command, "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert f"vigie {command}" in done.stdout


def test_the_commands_tested_here_are_all_there_are():
    shown = vigie("--help").stdout
    listed = [line.split()[0] for line in shown.partition("Commands:")[2].splitlines() if line.startswith("  ")]
    assert [name for name in listed if name in COMMANDS] == listed


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['vigie', '--help']\n"
        "from vigie.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'duckdb', 'numba', 'pyarrow', 'numpy', 'scipy', 'pydantic', 'rich', 'jinja2', 'lxml'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout


def test_an_interrupt_says_what_stays():
    code = (
        "import sys; sys.argv = ['vigie', 'sources', 'x']\n"
        "import vigie.run.held\n"
        "def interrupted(_): raise KeyboardInterrupt\n"
        "vigie.run.held.held = interrupted\n"
        "from vigie.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr.startswith("vigie: stopped; what was taken in so far stays")


def test_help_keeps_examples_on_lines_of_their_own():
    assert "\n  Examples:\n      vigie add france-2027 logs/access.log*.gz posts.csv\n" in vigie("add", "--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["new", "x"],
        ["add", "nowhere", "x"],
        ["run", "nowhere"],
        ["explain", "nowhere", "x"],
        ["brief", "nowhere"],
        ["explain", "nowhere", "net-x"],
        ["explain", "nowhere", "fam-x"],
        ["families", "nowhere"],
        ["families", "nowhere", "--channels", "0"],
        ["polls", "nowhere"],
        ["polls", "nowhere", "--at", "soon"],
        ["networks", "nowhere"],
        ["networks", "nowhere", "--windows", "5", "--period", "7"],
        ["claim", "nowhere", "half of the attacks come from UA"],
        ["claim", "nowhere", "nonsense"],
        ["claim", "nowhere"],
        ["claim", "nowhere", "--share", "2", "--country", "UA"],
        ["claim", "nowhere", "--share", "0.5"],
        ["claim", "nowhere", "300 attacks a day", "--per-day", "300"],
        ["claim", "nowhere", "300 attacks a day", "--from", "yesterday"],
        ["score", "nowhere"],
        ["new", "x", "--country", "ZZ", "--name", "x"],
    ],
)
def test_wrong_use_exits_2_without_a_traceback(arguments, tmp_path):
    done = vigie(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_what_was_never_run_says_how(tmp_path):
    case = make_case(tmp_path / "case")
    done = vigie("explain", case, "x")
    assert (done.returncode, "vigie run" in done.stderr) == (2, True)


def test_a_case_without_anything_has_no_findings_and_says_what_was_not_looked_at(tmp_path):
    case = make_case(tmp_path / "case")
    done = vigie("run", case)
    assert done.returncode == 0
    assert done.stdout.startswith("no findings\n")
    assert "not looked with coordinated_network, copied_text, " in done.stdout
    assert json.loads(vigie("run", case, "--json").stdout) == []


def test_add_counts_in_json_and_exits_by_what_was_taken(tmp_path):
    case = make_case(tmp_path / "case")
    log, empty, bad = tmp_path / "access.log", tmp_path / "empty.log", tmp_path / "bad"
    log.write_bytes(log_lines(10) + b"nonsense\n")
    empty.write_bytes(b"")
    bad.write_bytes(b"\0\1\2" * 100)
    done = vigie("add", case, log, empty, "--json")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert {k: said[k] for k in ("rows", "refused", "already")} == {"rows": 10, "refused": 1, "already": 0}
    assert [s["file"] for s in said["sources"]] == ["access.log", "empty.log"]
    again = vigie("add", case, log, bad, "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["already"] == 10
    assert vigie("add", case, empty).returncode == 1


def test_a_file_of_which_every_record_is_refused_is_not_done(tmp_path):
    case = make_case(tmp_path / "case")
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(10))
    done = vigie("add", case, log, "--as", "polls-csv")
    assert done.returncode == 1
    assert "every record was refused; if the file is not polls-csv" in done.stdout


def test_a_hostile_file_name_does_nothing_to_the_terminal(tmp_path):
    case = make_case(tmp_path / "case")
    log = tmp_path / "\x1b[2J\u202ereversed.log"
    log.write_bytes(log_lines(3))
    for arguments in (["add", case, log], ["sources", case], ["add", case, tmp_path / "\x1b]0;x\x07"]):
        done = vigie(*arguments)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\u202e" not in done.stdout + done.stderr


def test_from_log_to_evidence(tmp_path):
    case = make_case(tmp_path / "case")
    log = tmp_path / "access.log"
    attack = log_lines(40).replace(b"/page/", b"/page?id=1%27%20union%20select%20password%20from%20users--&n=")
    log.write_bytes(log_lines(5) + attack)
    assert vigie("add", case, log).returncode == 0
    findings = json.loads(vigie("run", case, "--json").stdout)
    finding = next(f for f in findings if f["detector"] == "http_attack")
    assert finding["value"] == 40
    shown = json.loads(vigie("explain", case, finding["id"][:-2], "--rows", "2", "--json").stdout)
    assert shown["total"] == 40
    assert [(r["file"], r["line"]) for r in shown["rows"]] == [("access.log", 6), ("access.log", 7)]
    assert shown["rows"][0]["text"] == attack.decode().splitlines()[0]
    text = vigie("explain", case, finding["id"]).stdout
    assert "access.log:6" in text
    assert "union%20select" in text
    pages = [json.loads(vigie("brief", case, "--json").stdout)["briefing"] for _ in range(2)]
    assert pages[0] != pages[1]
    first, second = (Path(page).read_bytes() for page in pages)
    assert first == second
    assert finding["id"].encode() in first
    log.unlink()
    gone = json.loads(vigie("explain", case, finding["id"], "--rows", "1", "--json").stdout)
    assert gone["rows"][0]["line"] is None
    assert "add the file again" in gone["rows"][0]["why_not"] or "cannot be read" in gone["rows"][0]["why_not"]


@pytest.mark.parametrize("encoding", ["base64", "rot13", "idna", "undefined", "hex", "nonsense"])
def test_an_encoding_that_is_none_of_text_is_wrong_use(tmp_path, encoding):
    case = make_case(tmp_path / "case")
    (tmp_path / "x.log").write_bytes(log_lines(3))
    done = vigie("add", case, tmp_path / "x.log", "--encoding", encoding)
    assert (done.returncode, "unknown encoding" in done.stderr) == (2, True)


def test_a_terminal_of_ascii_shows_other_characters_as_escapes(tmp_path):
    case = make_case(tmp_path / "case")
    (tmp_path / "é\n.log").write_bytes(log_lines(3))
    for arguments in (["add", case, tmp_path / "é\n.log"], ["sources", case], ["add", case, tmp_path / "ñ"]):
        done = vigie(*arguments, env={**os.environ, "PYTHONIOENCODING": "ascii:strict"})
        assert "Traceback" not in done.stderr
        assert "\\x" in done.stdout


def test_a_claim_is_weighed_in_words_and_in_figures_and_exits_0_whatever_the_verdict(tmp_path):
    case = make_case(tmp_path / "case")
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(40))
    assert vigie("add", case, log).returncode == 0
    sentence = "hundreds of attacks a day, half of them from Ukraine, by the GRU \x1b[2J"
    done = vigie("claim", case, sentence)
    assert done.returncode == 0
    assert "share of attacks from Ukraine (UA)" in done.stdout
    assert "cannot be told" in done.stdout
    assert "only 1 day of log" in done.stdout
    assert "Vigie measures where requests came from, not who sent them" in done.stdout
    assert "\x1b" not in done.stdout
    said = json.loads(
        vigie("claim", case, "--share", "0.5", "--country", "Ukraine", "--per-day", "300", "--json").stdout
    )
    assert [(p["measure"], p["countries"]) for p in said["parts"]] == [("share", ["UA"]), ("rate", [])]
    assert {f["verdict"] for p in said["parts"] for f in p["figures"]} == {"cannot be told from these rows"}
    assert [said["days"][k] for k in ("covered", "first", "missing")] == [1, "2017-02-15", 0]


def test_a_claim_that_cannot_be_read_names_the_word_and_the_options(tmp_path):
    done = vigie("claim", make_case(tmp_path / "case"), "half of the attacks do not come from Ukraine")
    assert done.returncode == 2
    assert "'not' is not read" in done.stderr
    assert "hint:" in done.stderr


def test_families_of_a_case_without_posts_say_what_is_lacking(tmp_path):
    case = make_case(tmp_path / "case")
    done = vigie("families", case)
    assert (done.returncode, done.stdout) == (0, "no posts in this case, so nothing could be looked at (vigie add)\n")
    done = vigie("explain", case, "fam-1")
    assert (done.returncode, "no posts in this case" in done.stderr) == (2, True)


def test_networks_of_a_case_without_posts_say_what_is_lacking(tmp_path):
    case = make_case(tmp_path / "case")
    done = vigie("networks", case)
    assert (done.returncode, done.stdout) == (0, "no posts in this case, so nothing could be looked at (vigie add)\n")
    done = vigie("networks", case, "--graph", tmp_path / "out.gexf")
    assert (done.returncode, "no posts in this case" in done.stderr) == (2, True)
    assert not (tmp_path / "out.gexf").exists()

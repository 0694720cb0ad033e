import sys

import pytest

from bench import http_rules
from bench._http_corpus import Files, Row, as_logged, crowdsec, httpparams, libinjection, waf_bypass
from tests import shared_data
from vigie.text.decode import decode


def test_the_halves_do_not_move():
    # Rows that were sealed when the patterns were written must be sealed for ever.
    halves = [Row("httpparams sqli", f"text {n}").half for n in range(12)]
    assert [n for n, half in enumerate(halves) if half == "sealed"] == [1, 4, 8, 10]
    assert Row("httpparams xss", "text 0").half != Row("libinjection xss", "text 0").half


def test_one_payload_is_in_one_half_whatever_field_carries_it():
    assert Row("s", "x", query="x").half == Row("s", "x", user_agent="x").half


def test_sealed_rows_are_never_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["http_rules", "--half", "sealed", "--missed", "1"])
    with pytest.raises(SystemExit):
        http_rules.main()
    assert "never shown" in capsys.readouterr().err


@pytest.mark.parametrize("text", ['a "b" \\c', "tab\there", "é", "() { :;}; x"])
def test_a_header_reads_back_from_the_log(text):
    if text.isascii():
        assert decode(as_logged(text)).replace("\\\\", "\\") == decode(text)
    else:
        assert as_logged(text) == "\\xc3\\xa9"


@pytest.mark.shared
def test_every_set_is_read_whole():
    data = shared_data()
    if data is None:
        pytest.skip("no evaluation data beside the checkout")
    files = Files(data)
    sizes = {}
    for row in (*httpparams(files), *libinjection(files), *crowdsec(files)):
        sizes[row.set] = sizes.get(row.set, 0) + 1
    assert sizes == {
        "httpparams norm": 19_304,
        "httpparams sqli": 10_852,
        "httpparams xss": 532,
        "httpparams path-traversal": 290,
        "httpparams cmdi": 89,
        "libinjection sqli": 17_149,
        "libinjection xss": 1_646,
        "libinjection false positives": 421,
        "crowdsec-hub": 76,
    }
    rows = [row for row, blocked in waf_bypass(files, http_rules.Counter()) if blocked]
    assert sum(row.set == "waf-bypass SQLi" for row in rows) == 81
    assert all(row.path.startswith("/") for row in rows)


@pytest.mark.shared
def test_the_open_half_holds_the_bar():
    data = shared_data()
    if data is None:
        pytest.skip("no evaluation data beside the checkout")
    _, rates = http_rules.figures(data, "dev")
    assert rates["macro"] >= http_rules.BAR["macro"]
    assert rates["fpr"] <= http_rules.BAR["fpr"]

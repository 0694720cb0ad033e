"""Hostile text all the way: through add, run, explain and brief it stays text."""

import json
import re
from pathlib import Path

from lxml import html

from tests.run.builders import make_case
from tests.test_cli import vigie

HOSTILE = (
    "<script>alert(1)</script></style><img src=x onerror=alert(2)> \x1b[31mred\x1b[0m \u202egnp.exe\u202c "
    "zero\u200bwidth =HYPERLINK(1) https://evil.example/?a=<svg/onload=alert(3)>"
)
SEEN_BY_A_TERMINAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


def test_hostile_posts_stay_text_in_terminal_page_csv_and_json(tmp_path):
    case = make_case(tmp_path / "case")
    posts = tmp_path / "posts.jsonl"
    names = ["=cmd|' /C calc'!A0", "\x1b]0;title\x07", "<b>bold</b>", "\u202eevil", "@sum(1)", "-1+1"]
    with posts.open("w") as file:
        for number, name in enumerate(names * 2):
            row = {
                "time": f"2017-02-15T10:{number:02d}:00Z",
                "platform": "x",
                "post_id": str(number),
                "channel_id": name,
                "channel_name": name,
                "text": HOSTILE,
            }
            file.write(json.dumps(row) + "\n")
    assert "12 rows" in vigie("add", case, posts).stdout
    outputs = [vigie("run", case), vigie("sources", case)]
    findings = json.loads(vigie("run", case, "--json").stdout)
    assert [f["detector"] for f in findings].count("copied_text") == 1
    ident = next(f["id"] for f in findings if f["detector"] == "copied_text")
    outputs += [vigie("explain", case, ident), vigie("explain", case, ident, "--json"), vigie("run", case, "--json")]
    for done in outputs:
        assert done.returncode == 0
        assert not SEEN_BY_A_TERMINAL.search(done.stdout.replace("\n", "").replace("\r", ""))

    page = Path(json.loads(vigie("brief", case, "--json").stdout)["briefing"])
    text = page.read_text(encoding="utf-8")
    assert not SEEN_BY_A_TERMINAL.search(text)
    tree = html.fromstring(text)
    assert not tree.xpath("//script | //img | //iframe | //object | //link | //*[@onerror or @onload or @style]")
    # Nothing leads out of the briefing's folder.
    assert all(re.fullmatch(r"#[\w.-]+|(evidence/)?[\w.-]+\.csv", href) for href in tree.xpath("//@href"))
    assert "alert(1)" in tree.text_content()
    cells = (page.parent / "evidence" / f"{ident}.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd" in cells
    assert not re.search(r"(^|,)\"?[=@]", cells, re.MULTILINE)
    assert (page.parent / "findings.json").read_bytes().isascii()

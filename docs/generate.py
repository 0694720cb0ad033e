"""Write this folder's generated pages: tables, detectors, indicators, formats, commands; `--check` only compares."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any, Final

import typer.main

HERE: Final = Path(__file__).resolve().parent
NOTE: Final = "<!-- Written by `make docs`; do not edit. -->\n\n"
SPOOFABLE: Final = (
    "0: the evidence could hardly be staged",
    "1: staging the evidence needs access or money",
    "2: staging the evidence needs some accounts and an afternoon",
    "3: anybody can stage the evidence with a script",
)

TABLES_HEAD: Final = """\
# The tables

Time is UTC microseconds. A row's id is its provenance: the first twelve hex digits of the source file's SHA-256, a
colon, and the record's number. In a format of lines that is the number of the line on which the record begins; in a
document (one JSON value, a feed, a page) the ordinal of the record. Both count from 1.
"""


def tables() -> str:
    """Return docs/tables.md."""
    from vigie.tables import CASE_TABLES, FINDINGS, REFUSED, TABLES

    parts = [TABLES_HEAD]
    for table in (*TABLES.values(), REFUSED):
        key = f" Rows with the same `{'`, `'.join(table.key)}` count once." if table.key else ""
        parts.append(f"## {table.name}\n\nOne row is {table.one_row}.{key}\n")
        parts.append(_columns(table.columns))
    parts.append("## findings\n\nOne row is one thing worth a person's attention.\n")
    parts.append(_fields(FINDINGS))
    for name, schema in CASE_TABLES.items():
        parts.append(f"## {name}\n\nFrom the case file; measures join it.\n")
        parts.append(_fields(schema))
    return "\n".join(parts)


def _columns(columns: Any) -> str:
    head = "| column | type | what it is | unit | null means |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {c.name} | {c.type} | {c.doc} | {c.unit} | {c.null} |\n" for c in columns)


def _fields(schema: Any) -> str:
    head = "| column | type | what it is | unit | null means |\n|---|---|---|---|---|\n"
    rows = []
    for field in schema:
        said = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        unit, null = said.get("unit", ""), said.get("null", "")
        rows.append(f"| {field.name} | {field.type} | {said.get('doc', '')} | {unit} | {null} |\n")
    return head + "".join(rows)


def detectors() -> str:
    """Return docs/detectors.md: each detector's docstring, parameters and measure."""
    from vigie.detectors import all_detectors

    parts = ["# The detectors\n\nEach measures; none says who. Parameters go into `case.toml` under `[detect.NAME]`.\n"]
    for name, record in all_detectors():
        module = inspect.getmodule(record.run)
        title, _, body = inspect.cleandoc(getattr(module, "__doc__", "") or "").partition("\n")
        measure = inspect.getmodule(record.reads.steps)
        parts.append(f"## {name}\n\n{title}\n")
        parts.append(f"```text\n{body.strip()}\n```\n")
        parts.append(
            f"Subject: {record.subject}. Value: {record.measure}, in {record.unit}. Status: {record.status}. "
            f"Spoofable {SPOOFABLE[record.spoofable]}. "
            f"Techniques it resembles: {', '.join(record.techniques) or 'none'}.\n"
        )
        known = record.parameters
        if known:
            parts.append("| parameter | type | default | bounds |\n|---|---|---|---|")
            for p in known.values():
                bounds = f"{p.bounds.low:g} to {p.bounds.high:g}" if p.bounds else ""
                parts.append(f"| {p.name} | {p.type.__name__} | {p.default} | {bounds} |")
            parts.append("")
        doc = inspect.cleandoc(getattr(measure, "__doc__", "") or "")
        parts.append(f"The measure it reads, `{record.reads.name}`, from {', '.join(record.reads.tables)}:\n")
        parts.append(f"```text\n{doc}\n```\n")
    return "\n".join(parts)


def formats() -> str:
    """Return docs/formats.md: every format `vigie add` reads."""
    from vigie.sources import all_sources

    parts = ["# The formats\n\n`vigie add` recognises them; `--as FORMAT` says which where it cannot.\n"]
    parts.append("| format | table | what it is |\n|---|---|---|")
    parts += [f"| {s.name} | {s.table} | {s.title} |" for s in all_sources()]
    return "\n".join(parts) + "\n"


INDICATORS_HEAD: Final = """\
# The indicators

Patterns of attack in web requests, matched on the plain form of a field: percent signs, plus signs, entities,
escapes, overlong bytes, comments and capitals undone, again and again, before anything is compared. The patterns
themselves, each with examples that must match and examples that must not, stand in `src/vigie/rules/http/*.toml`. A
request that shows several kinds is counted under the first, in the order of this page. An indicator says what a
request resembles, not whether it worked, and not who sent it.
"""


def indicators() -> str:
    """Return docs/indicators.md: every indicator, by kind."""
    from vigie.rules.indicators import KINDS, http_indicators
    from vigie.rules.kinds import kind_name

    parts = [INDICATORS_HEAD]
    for kind in KINDS:
        parts.append(f"## {kind_name(kind)}\n\nCounted as `{kind}`.\n")
        parts.append("| indicator | looks in | resembles | it also takes |\n|---|---|---|---|")
        parts += [
            f"| {i.id} | {', '.join(i.fields)} | {i.technique}, {i.capec} | {i.false_positives} |"
            for i in http_indicators()
            if i.kind == kind
        ]
        parts.append("")
    return "\n".join(parts)


def cli() -> str:
    """Return docs/cli.md: every command's help."""
    from vigie.cli import app

    group = typer.main.get_group(app)
    width = {"max_content_width": 100, "terminal_width": 100}
    root = typer.Context(group, info_name="vigie", **width)
    parts = ["# The command line\n", f"```text\n{group.get_help(root).strip()}\n```\n"]
    for name in group.list_commands(root):
        sub = group.commands[name]
        context = typer.Context(sub, info_name=name, parent=root, **width)
        parts.append(f"## vigie {name}\n\n```text\n{sub.get_help(context).strip()}\n```\n")
    return "\n".join(parts)


PAGES: Final = {
    "tables.md": tables,
    "detectors.md": detectors,
    "indicators.md": indicators,
    "formats.md": formats,
    "cli.md": cli,
}


def main() -> int:
    """Write the pages, or say which are out of date."""
    stale = []
    for name, page in PAGES.items():
        text = NOTE + page()
        path = HERE / name
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"out of date: {', '.join(stale)}; run make docs")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())

"""What the template of the section on the web servers is given: its charts, and its answers that stand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from vigie.briefings import charts, charts_web, words
from vigie.text.country_names import country_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from zoneinfo import ZoneInfo

    from vigie.briefings.web import SuccessLine, WebAttacks

_ORIGINS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Failed:
    """Attack requests of one kind over which one page of the server failed; `one` is the first of them."""

    host: str | None
    page: str
    kind: str
    requests: int
    one: SuccessLine


def section(web: WebAttacks | None, rounds: tuple[date, ...], zone: ZoneInfo) -> dict[str, Any]:
    """Return what the template of the section is given beside its data; nothing where there is no section."""
    if web is None or not web.days:
        return {}
    axis = charts.Axis(web.days[0], web.days[-1], rounds)
    named = [(f"kind-{number}", line) for number, line in enumerate(web.kinds)]
    return {
        "web_axis": axis,
        "web_kinds": [
            (line, charts.strip(axis, line.days, ident=ident, name=line.name, gaps=True)) for ident, line in named
        ],
        "web_origins": [
            (
                what,
                [
                    (
                        line,
                        charts_web.shares(
                            line.shares, ident=f"{ident}-{number}", name=f"{country_name(line.country)} in {what}"
                        ),
                    )
                    for number, line in enumerate(lines[:_ORIGINS_MAX])
                ],
                len(lines),
            )
            for ident, what, lines in (
                ("origin", "all attacks", web.origins),
                ("aimed-origin", "attacks aimed at this site", web.aimed_origins),
            )
        ],
        "web_session": charts_web.session(
            web.session.steps,
            ident="session",
            first=words.moment(web.session.steps[0].time, zone),
            last=words.moment(web.session.steps[-1].time, zone),
        )
        if web.session is not None and web.session.steps
        else Markup(""),
        "web_succeeded": [line for line in web.succeeded if not line.failed],
        "web_failed": _failed(line for line in web.succeeded if line.failed),
    }


def _failed(lines: Iterable[SuccessLine]) -> list[Failed]:
    """Return the requests over which the server failed by page and kind, the most first."""
    pages: dict[tuple[str, str, str], list[SuccessLine]] = {}
    for line in lines:
        pages.setdefault((line.host or "", line.page, line.kind), []).append(line)
    found = [Failed(some[0].host, page, kind, len(some), some[0]) for (_, page, kind), some in pages.items()]
    return sorted(found, key=lambda f: (-f.requests, f.host or "", f.page, f.kind))

"""The tables behind the section on texts that were copied, as the folder of a briefing holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vigie.briefings.copies import Copies
    from vigie.rules.spread import Spread

    Table = tuple[tuple[str, ...], Iterable[Iterable[Any]]]


def tables_of(what: Copies) -> dict[str, Table]:
    """Return header and rows of families, family_members and spread, the last only where there is one."""
    tables: dict[str, Table] = {
        "families": (
            (
                *("family", "posts", "reposts", "channels", "same_instant", "first", "last", "precision_s"),
                *("first_channel", "platforms", "tiers", "kinds", "findings", "text"),
            ),
            (
                (
                    *(f.ident, f.posts, f.reposts, f.channels, f.same_instant, f.first, f.last, f.precision_s),
                    *(f.first_channel, _counts(f.platforms, ""), _counts(f.tiers, "not declared")),
                    *(_counts(f.kinds, "not compared"), f.findings, f.text),
                )
                for f in what.families
            ),
        ),
        "family_members": (
            (
                *("family", "row_id", "time", "precision_s", "channel", "outlet", "tier", "lag_s"),
                *("kind", "similarity", "agency"),
            ),
            (
                (
                    *(s.family.ident, m.row_id, m.time, m.precision_s, m.channel, m.outlet, m.tier),
                    *((m.time - s.family.first).total_seconds(), m.kind, m.similarity, m.agency),
                )
                for s in what.shown
                for m in s.members
            ),
        ),
    }
    if what.spread is not None:
        tables["spread"] = (
            (
                *("what", "before", "after", "families", "observed", "expected", "p_value", "q_value", "tied"),
                *("settled", "median_s", "low_s", "high_s", "examples"),
            ),
            _spread(what.spread),
        )
    return tables


def _counts(counts: Mapping[Any, int], lacking: str) -> list[str]:
    return [f"{value or lacking}: {n};" for value, n in counts.items()]


def _spread(spread: Spread) -> Iterator[tuple[Any, ...]]:
    for what, cells in (("tier", spread.tiers), ("platform", spread.platforms)):
        for c in cells:
            yield (
                *(what, c.before, c.after, c.families, c.observed, c.expected, c.p_value, c.q_value, c.tied),
                *(c.settled, None, None, None, None),
            )
    for what, lags in (("lag of tiers", spread.lags), ("lag of platforms", spread.platform_lags)):
        for lag in lags:
            yield (
                *(what, lag.before, lag.after, lag.families, None, None, None, None, None, None),
                *(lag.median_s, lag.low_s, lag.high_s, None),
            )
    for chain in spread.chains:
        yield "chain", " > ".join(chain.steps), None, chain.families, *[None] * 9, chain.examples
    for how, families in spread.arrivals.items():
        if how:
            yield "independent arrival", how, None, families, *[None] * 10

"""Charts of the section on texts that were copied: a panel for each family, and lanes of lags.

A mark is a post or a channel's first. Its shape tells the tier, so that it can be read without colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.charts import coordinate, svg
from vigie.briefings.words import counted, day
from vigie.text.inert import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from vigie.briefings.charts import Axis
    from vigie.briefings.copies import Arrival, Family, Member
    from vigie.rules.spread import Lag

TIERS: Final = ("official", "state-controlled", "state-linked", "state-aligned", "none", "")
_CLASSES: Final = ("n5", "n1", "n3", "n4", "n0 open", "n7 dots")
_WIDTH: Final = 320
_LEFT, _RIGHT = 8.0, 312.0
_TOP, _FLOOR, _STRIP = 18.0, 88.0, 102.0
# A family that lies within so small a part of the case's days would be one stroke there.
_ZOOM: Final = 0.2
_LANE: Final = 24
_TICKS: Final = (
    ("1 s", 1), ("10 s", 10), ("1 min", 60), ("10 min", 600), ("1 h", 3_600), ("6 h", 21_600), ("1 day", 86_400),
    ("1 week", 604_800), ("1 month", 2_592_000), ("1 year", 31_536_000),
)  # fmt: skip
_LABELS_APART: Final = 13.0
_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_PANEL: Final = Markup(
    '<svg class="chart panel" viewBox="0 0 {width} 122" role="img" aria-labelledby="{ident}-t {ident}-d">'
    '<title id="{ident}-t">{title}</title><desc id="{ident}-d">{desc}</desc>{body}</svg>'
)


@dataclass(frozen=True, slots=True)
class LagScale:
    """Seconds after the first, from none to `most_s` across a chart: even up to `unit_s`, then each step tenfold."""

    most_s: float
    unit_s: float = 1.0

    def left(self, seconds: float) -> float:
        """Return where a lag stands, in percent of the width.

        >>> scale = LagScale(9999)
        >>> [round(scale.left(s)) for s in (0, 99, 9999)]
        [3, 50, 97]
        """
        return 3 + 94 * min(1.0, math.log1p(max(0.0, seconds) / self.unit_s) / math.log1p(self.most_s / self.unit_s))

    def ticks(self) -> list[tuple[str, float]]:
        """Return the labels that fit with their places, in percent of the width."""
        found = [("first", self.left(0))]
        for label, seconds in _TICKS:
            at = self.left(seconds)
            if seconds <= self.most_s and at - found[-1][1] >= _LABELS_APART:
                found.append((label, at))
        return found


def lag_scale(seconds: Sequence[float]) -> LagScale:
    """Return the scale that holds these lags: to the next of the usual steps."""
    usual = [s for s in seconds if math.isfinite(s)]
    most = max(usual, default=0.0)
    end = float(next((step for _, step in _TICKS[1:] if step >= most), max(most, _MINUTE_S)))
    fine = any(0 < s < _MINUTE_S for s in usual) or end <= _MINUTE_S
    return LagScale(end, 1.0 if fine else _MINUTE_S)


def mark(tier: str | None, *, size: float = 4.5) -> Markup:
    """Return the mark of a tier around the origin."""
    place = _place(tier)
    return Markup('<path class="cm {}" d="{}"/>').format(_CLASSES[place], _shape(place, 0, 0, size))


def panel(family: Family, members: Sequence[Member], axis: Axis, zone: ZoneInfo, *, ident: str) -> Markup:
    """Return a family's posts: time across, how many there are by then upward; under it its place in the case's days.

    Across are the case's days, or the family's own span where that is short beside them (`zoomed`).
    """
    start, end = _bounds(axis, zone)
    first, last = members[0].time, members[-1].time
    close = zoomed(members, axis, zone)
    whole = (first, last) if close else (start, end)
    places = [_across(m.time, *whole) for m in members]
    heights = [_FLOOR - 3 - (_FLOOR - _TOP - 6) * n / max(1, len(members) - 1) for n in range(len(members))]
    bar = (_across(first, start, end), _across(last, start, end))
    bar = (min(bar[0], _RIGHT - 3), max(bar[1], min(bar[0], _RIGHT - 3) + 3))
    body: list[Markup] = []
    if close:
        body.append(
            Markup('<polygon class="cone" points="{},{} {},{} {},{} {},{}"/>').format(
                *(coordinate(v) for v in (_LEFT, _FLOOR, _RIGHT, _FLOOR, bar[1], _STRIP, bar[0], _STRIP))
            )
        )
    body.append(
        Markup(
            '<line x1="{l}" x2="{r}" y1="{t}" y2="{t}" class="grid"/>'
            '<line x1="{l}" x2="{r}" y1="{f}" y2="{f}" class="base"/>'
            '<line x1="{l}" x2="{r}" y1="{s}" y2="{s}" class="base"/>'
        ).format(l=_LEFT, r=_RIGHT, t=_TOP, f=_FLOOR, s=_STRIP)
    )
    for value in axis.rounds:
        noon = datetime.combine(value, time(12), zone)
        for top, bottom, around in ((_TOP - 4, _FLOOR, whole), (_STRIP - 5, _STRIP + 5, (start, end))):
            if around[0] <= noon <= around[1]:
                body.append(
                    Markup('<line x1="{x}" x2="{x}" y1="{}" y2="{}" class="vote"/>').format(
                        top, bottom, x=coordinate(_across(noon, *around))
                    )
                )
    body.append(
        Markup('<rect x="{}" y="{}" width="{}" height="6" rx="1" class="bar"/>').format(
            coordinate(bar[0]), _STRIP - 3, coordinate(bar[1] - bar[0])
        )
    )
    body += _marks(members, places, heights)
    body.append(
        Markup('<circle class="ringed" cx="{}" cy="{}" r="6.5"/>').format(coordinate(places[0]), coordinate(heights[0]))
    )
    labels = [_stamp(t.astimezone(zone), members) for t in (first, last)] if close else [
        day(axis.first), day(axis.last),
    ]  # fmt: skip
    body.append(
        Markup(
            '<text x="{}" y="{}">{}</text><text x="{}" y="119">{}</text>'
            '<text x="{}" y="119" text-anchor="end">{}</text>'
        ).format(_LEFT, _TOP - 5, counted(len(members), "post"), _LEFT, labels[0], _RIGHT, labels[1])
    )
    tiers = ", ".join(f"{tier or 'not declared'} {n}" for tier, n in sorted(family.tiers.items(), key=_by_tier))
    desc = (
        f"{counted(family.posts, 'post')} on {counted(family.channels, 'channel')}"
        f" from {day(first.astimezone(zone).date())} to {day(last.astimezone(zone).date())}; channels by tier: {tiers}"
    )
    return _PANEL.format(
        width=_WIDTH, ident=ident, title=visible(f"Posts of {family.ident} over time"), desc=visible(desc),
        body=Markup("").join(body),
    )  # fmt: skip


def zoomed(members: Sequence[Member], axis: Axis, zone: ZoneInfo) -> bool:
    """Return whether the panel of these posts shows their own span, not all days of the case."""
    start, end = _bounds(axis, zone)
    return (members[-1].time - members[0].time) < _ZOOM * (end - start)


def lane(arrival: Arrival, scale: LagScale, *, ident: str, name: str) -> Markup:
    """Return one channel's first post on a scale of lags, with the time its file leaves open as a bar."""
    at, middle = scale.left(arrival.lag_s), _LANE / 2
    body = _lane_grid(scale)
    if arrival.precision_s > 1:
        body.append(
            Markup('<rect x="{}%" y="{}" width="{}%" height="10" class="open-time"/>').format(
                coordinate(at), middle - 5, coordinate(max(1.0, scale.left(arrival.lag_s + arrival.precision_s) - at))
            )
        )
    body.append(
        Markup('<svg x="{}%" y="{}" width="1" height="1" overflow="visible">{}</svg>').format(
            coordinate(at), middle, mark(arrival.tier, size=5.5)
        )
    )
    return svg("lane", _LANE, ident, f"When: {name}", f"{round(arrival.lag_s)} s after the first", body)


def lag_axis(scale: LagScale) -> Markup:
    """Return the labels above lanes; the table says the same in words, so that they are for the eye only."""
    labels = [
        Markup('<text x="{}%" y="12" text-anchor="{}">{}</text>').format(
            coordinate(at), "start" if not n else "end" if at > 92 else "middle", label  # noqa: PLR2004  percent
        )
        for n, (label, at) in enumerate(scale.ticks())
    ]  # fmt: skip
    return Markup('<svg class="chart axis" width="100%" height="16" aria-hidden="true">{}</svg>').format(
        Markup("").join(labels)
    )


def lag_range(lag: Lag, scale: LagScale, *, ident: str, name: str) -> Markup:
    """Return a lag's median as a dot, and the line from its lowest tenth to its highest."""
    middle = _LANE / 2
    body = _lane_grid(scale)
    body += [
        Markup('<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="whisker"/>').format(
            coordinate(scale.left(lag.low_s)), coordinate(scale.left(lag.high_s)), y=middle
        ),
        Markup('<circle cx="{}%" cy="{}" r="5" class="dot"/>').format(coordinate(scale.left(lag.median_s)), middle),
    ]
    desc = f"Median {round(lag.median_s)} s, 10 % {round(lag.low_s)} s, 90 % {round(lag.high_s)} s"
    return svg("lane", _LANE, ident, f"Lag: {name}", desc, body)


def _lane_grid(scale: LagScale) -> list[Markup]:
    body = [Markup('<line x1="0" x2="100%" y1="{y}" y2="{y}" class="base"/>').format(y=_LANE / 2)]
    return body + [
        Markup('<line x1="{x}%" x2="{x}%" y1="0" y2="{}" class="grid"/>').format(_LANE, x=coordinate(at))
        for _, at in scale.ticks()
    ]


def _place(tier: str | None) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS) - 1


def _by_tier(item: tuple[str, int]) -> int:
    return _place(item[0])


def _bounds(axis: Axis, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = (datetime.combine(d, time(), zone) for d in (axis.first, axis.last + timedelta(days=1)))
    return start.astimezone(UTC), end.astimezone(UTC)


def _across(when: datetime, start: datetime, end: datetime) -> float:
    """Return where an instant stands in a panel; in its middle where it is all there is."""
    length = (end - start).total_seconds()
    part = (when - start).total_seconds() / length if length else 0.5
    return _LEFT + 4 + (_RIGHT - _LEFT - 8) * min(1.0, max(0.0, part))


def _marks(members: Sequence[Member], places: Sequence[float], heights: Sequence[float]) -> list[Markup]:
    """Return the marks, a path for each tier; of several at one place of the picture one is drawn."""
    paths: dict[int, dict[tuple[int, int], str]] = {}
    size = 4.5 if len(members) <= 60 else 3.5  # noqa: PLR2004  many stand close together
    for member, x, y in zip(members, places, heights, strict=True):
        place = _place(member.tier)
        paths.setdefault(place, {}).setdefault((round(2 * x), round(2 * y)), _shape(place, x, y, size))
    # Posts of declared outlets lie over those of others, which are many.
    return [
        Markup('<path class="cm {}" d="{}"/>').format(_CLASSES[place], "".join(paths[place].values()))
        for place in sorted(paths, reverse=True)
    ]


def _shape(place: int, x: float, y: float, r: float) -> str:
    """Return a tier's mark as a path: square, triangle, diamond, triangle on its head, circle, dot."""
    name = TIERS[place]
    if not name:
        return f"M{x:.1f} {y:.1f}h.01"
    if name == "none":
        r = round(0.85 * r, 1)
        return f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0z"
    if name == "official":
        r *= 0.9
        return f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z"
    if name == "state-linked":
        r *= 1.2
        return f"M{x:.1f} {y - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z"
    up = r * (1.2 if name == "state-controlled" else -1.2)
    return f"M{x:.1f} {y - up:.1f}l{1.2 * r:.1f} {1.8 * up:.1f}h{-2.4 * r:.1f}z"


def _stamp(local: datetime, members: Sequence[Member]) -> str:
    """Return a day, with the time of day where the files of all posts give one."""
    plain = day(local.date())
    exact = max(m.precision_s for m in members)
    if exact >= _DAY_S:
        return plain
    brief = members[-1].time - members[0].time < timedelta(seconds=_HOUR_S)
    return f"{plain} {local:{'%H:%M:%S' if brief and exact == 1 else '%H:%M'}}"

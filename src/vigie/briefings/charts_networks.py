"""Charts of the section on accounts that act together: null against observed, lanes of objects, days and hours."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.charts import coordinate, svg
from vigie.briefings.words import chance, counted, day, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from vigie.briefings.charts import Axis
    from vigie.briefings.networks import Network, Tail

_LANE: Final = 18
_HOUR: Final = 5
_HOURS: Final = 24
_SHADES: Final = 5


def against_null(network: Network, scale: tuple[int, int], *, ident: str, name: str) -> Markup:
    """Return one network's shared objects, summed over its pairs, beside what the null expects; each step is tenfold.

    `scale` are the powers of ten at either end (`powers`).
    """
    low, high = scale

    def x(value: float) -> float:
        power = math.log10(max(value, 10.0**low))
        return 2 + 96 * (min(power, high) - low) / (high - low)

    body = [
        Markup('<line x1="{0}%" x2="{0}%" y1="0" y2="22" class="grid"/>').format(coordinate(x(10.0**at)))
        for at in range(low, high + 1)
    ]
    body += [
        Markup('<line x1="{}%" x2="{}%" y1="11" y2="11" class="base"/>').format(
            coordinate(x(network.expected)), coordinate(x(network.pair_objects))
        ),
        Markup('<line x1="{0}%" x2="{0}%" y1="3" y2="19" class="expected"/>').format(coordinate(x(network.expected))),
        Markup('<circle cx="{}%" cy="11" r="5" class="dot"/>').format(coordinate(x(network.pair_objects))),
    ]
    desc = f"Observed {number(network.pair_objects)}, expected {number(network.expected)}"
    return svg("versus", 22, ident, f"Objects shared within the window by pairs of {name}", desc, body)


def powers(networks: Sequence[Network]) -> tuple[int, int]:
    """Return the powers of ten between which all networks' objects and their expectations lie."""
    values = [v for n in networks for v in (float(n.pair_objects), n.expected) if v > 0 and math.isfinite(v)]
    low = max(-6, math.floor(math.log10(min(values, default=1.0))))
    high = math.ceil(math.log10(max(values, default=10.0)))
    return low, max(high, low + 1)


def tails(lines: Sequence[Tail], *, ident: str) -> Markup:
    """Return how many pairs have so small a p, beside how many would by chance: dots against a dashed line.

    `lines` (at least two) go from p = 1 to smaller ones. Upward and to the right each step is tenfold.
    """
    top, floor, left = 16.0, 196.0, 15.0
    decades = -math.log10(lines[-1].p_value)
    high = max(1, math.ceil(math.log10(max(1.0, lines[0].expected, *(float(t.pairs) for t in lines)))))

    def y(value: float) -> float:
        return floor - (floor - top) * math.log10(max(value, 1.0)) / high

    def x(decade: float) -> float:
        return left + (97 - left) * decade / decades

    body: list[Markup] = []
    for power in range(0, high + 1, 1 if high <= 6 else 2):  # noqa: PLR2004  more levels would stand too close
        at = y(10.0**power)
        body.append(
            Markup(
                '<line x1="{}%" x2="100%" y1="{y}" y2="{y}" class="grid"/>'
                '<text x="{}%" y="{}" text-anchor="end">{}</text>'
            ).format(left - 1, left - 2, coordinate(at + 4), number(10**power), y=coordinate(at))
        )
    expected = lines[0].expected
    if expected > 1:
        # A tenth of the p, a tenth of the pairs: on these scales chance is a straight line, down to the last pair.
        end = min(decades, math.log10(expected))
        body.append(
            Markup('<line x1="{}%" y1="{}" x2="{}%" y2="{}" class="expected"/>').format(
                *(coordinate(v) for v in (x(0), y(expected), x(end), y(expected / 10**end)))
            )
        )
    said = [f"p at most {number(t.p_value)}: {counted(t.pairs, 'pair')}, {number(t.expected)} by chance" for t in lines]
    body += [
        Markup('<circle cx="{}%" cy="{}" r="4.5" class="dot"><title>{}</title></circle>').format(
            coordinate(x(-math.log10(tail.p_value))), coordinate(y(tail.pairs)), what
        )
        for tail, what in zip(lines, said, strict=True)
        if tail.pairs
    ]
    body += [
        Markup('<text x="{}%" y="{}" text-anchor="middle">{}</text>').format(
            coordinate(x(decade)), coordinate(floor + 16), number(10.0**-decade).removeprefix("1·")
        )
        for decade in range(0, math.floor(decades) + 1, 1 if decades <= 6 else 2)  # noqa: PLR2004
    ]
    return svg("tails", 216, ident, "Pairs by their p, beside chance", "; ".join(said[:: max(1, len(said) // 4)]), body)


def lane(times: Sequence[datetime], first: datetime, last: datetime, *, ident: str, name: str) -> Markup:
    """Return one object's lane on a network's time line from `first` to `last`: a stroke where posts met.

    It is the higher, the more posts would fall on one another there.
    """
    length = (last - first).total_seconds() or 1.0
    ticks = Counter(round(300 * (time - first).total_seconds() / length) for time in times)
    body = [Markup('<line x1="0" x2="100%" y1="16" y2="16" class="base"/>')]
    body += [
        Markup('<line x1="{0}%" x2="{0}%" y1="{1}" y2="16" class="tick"/>').format(
            coordinate(1 + 98 * at / 300), coordinate(max(2.0, 10 - 2 * math.log2(posts)))
        )
        for at, posts in sorted(ticks.items())
    ]
    return svg("lane", _LANE, ident, f"When: {name}", counted(len(times), "post"), body)


def hours(axis: Axis, counts: Mapping[tuple[date, int], int], *, ident: str, name: str) -> Markup:
    """Return posts by day (or longer) across and hour of the day down, the more the fuller the cell."""
    left = 10
    sums: dict[tuple[date, int], int] = defaultdict(int)
    for (when, hour), posts in counts.items():
        if axis.holds(when):
            sums[axis.bin(when), hour] += posts
    most = max(sums.values(), default=1)
    body = [
        Markup(
            '<line x1="{left}%" x2="100%" y1="{y}" y2="{y}" class="grid"/>'
            '<text x="{}%" y="{}" text-anchor="end">{}:00</text>'
        ).format(left - 1, 6 + _HOUR * hour, f"{hour:02d}", y=2 + _HOUR * hour, left=left)
        for hour in range(0, _HOURS + 1, 6)
    ]
    for (start, hour), posts in sorted(sums.items()):
        x, end = (left + (100 - left) * axis.left(value) / 100 for value in (start, axis.end(start)))
        body.append(
            Markup('<rect x="{}%" y="{}" width="{}%" height="{}" class="s{}"><title>{}</title></rect>').format(
                coordinate(x),
                2 + _HOUR * hour,
                coordinate(end - x),
                _HOUR,
                max(1, math.ceil(_SHADES * posts / most)),
                f"{day(start)}, {hour:02d}:00 to {hour + 1:02d}:00: {counted(posts, 'post')}",
            )
        )
    floor = 2 + _HOUR * _HOURS + 16
    body += [
        Markup('<text x="{}%" y="{}">{}</text>').format(left, floor, day(axis.first)),
        Markup('<text x="100%" y="{}" text-anchor="end">{}</text>').format(floor, day(axis.last)),
    ]
    busy = max(sums, key=lambda k: (sums[k], -k[0].toordinal(), -k[1]), default=None)
    desc = f"{counted(sum(sums.values()), 'post')} that met another's"
    if busy is not None:
        desc += f"; most from {busy[1]:02d}:00 on {day(busy[0])}: {number(sums[busy])}"
    return svg("hours", floor + 4, ident, f"Posts by {axis.step} and hour: {name}", desc, body)


def probability(value: float) -> str:
    r"""Return a p or q as a table's cell: a figure, or the bound below which floating point vouches for none.

    >>> probability(0.04), probability(1e-300)
    ('0.04', '<\xa010⁻⁹')
    """
    return chance(value).removeprefix("=\u00a0")

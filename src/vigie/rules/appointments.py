"""An appointment that people keep: at one hour of the day, on several days, minutes apart.

What a program does is no appointment, however round its hours: posts seconds apart, or all within half a minute. Nor is
what one member begins and the others follow: people come to an appointment in any order. What people who agreed to hide
do by hand at one hour of the day cannot be told from one, nor a program that takes its time.
"""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Final

from vigie.rules.met import DAY_S, FITS_MIN, Explanation, share_of
from vigie.text.counted import counted

if TYPE_CHECKING:
    from vigie.rules.met import Network, Occasion

DELAY_MIN_S: Final = 10
# Of an occasion only those are seen who met within the window of a minute: three of them seldom span more than one.
SPREAD_MIN_S: Final = 30
DAYS_MIN: Final = 3
SLOT_S: Final = 1800
EARLY_S, LATE_S = 120, 600
SAME_SECOND_MAX: Final = 0.1
# A text that several wrote word for word was handed out: nobody's own words.
HANDED_OUT: Final = frozenset({"text", "media"})


def appointment(network: Network) -> Explanation:
    """Test whether nearly all meetings begin at one half hour of the day (UTC), with the tempo of people."""
    pairs: Counter[int] = Counter()
    for met in network.occasions:
        if (slot := _slot(met)) is not None:
            pairs[slot] += met.pairs
    if not pairs:
        says = "No meeting began at a round hour or half hour, in words of the members' own."
        return Explanation("appointment", 0.0, fits=False, says=says)
    slot, most = min(pairs.items(), key=lambda one: (-one[1], one[0]))
    kept = [met for met in network.occasions if _slot(met) == slot]
    share = share_of(most, network)
    days = len({met.day for met in kept})
    spread_s = median(met.end_s - met.begin_s for met in kept)
    same = sum(met.same_second for met in kept) / most
    fits = (
        min(share, len(kept) / len(network.occasions)) >= FITS_MIN
        and days >= DAYS_MIN
        and network.delay_s > DELAY_MIN_S
        and median(met.delay_s for met in kept) > DELAY_MIN_S
        and spread_s >= SPREAD_MIN_S
        and same <= SAME_SECOND_MAX
        and not network.is_led
    )
    says = (
        f"{share:.0%} of the meetings began about {_clock(slot)} UTC, on {counted(days, 'day')}; two posts were "
        f"{network.delay_s:.3g} s apart (median), and an occasion took {spread_s:.3g} s."
        f"{' One member is first more often than chance has it.' if network.is_led else ''}"
    )
    return Explanation("appointment", share, fits=fits, says=says)


def _slot(met: Occasion) -> int | None:
    """Return the half hour of the day at which an occasion began, counted from midnight; nothing where at none.

    What goes on for longer than half an hour is no appointment, even if it began with one.
    """
    if met.object_kind in HANDED_OUT or met.end_s - met.begin_s > SLOT_S:
        return None
    second = met.begin_s % DAY_S
    slot = round(second / SLOT_S)
    after = second - slot * SLOT_S
    return slot % (DAY_S // SLOT_S) if -EARLY_S <= after <= LATE_S else None


def _clock(slot: int) -> str:
    minutes = slot * SLOT_S // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"

"""Access logs of two invented web servers: readers, members, machines, a debate night, and what is planted."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise import draws, readers, site, web_attacks, web_crowds
from vigie.exercise.draws import Lines, day_volumes, moments, rng
from vigie.exercise.web_event import PART
from vigie.exercise.world import DAY_S, DAYS, DONATIONS, START_S, WEB, day_s

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigie.exercise.truth import Truth
    from vigie.exercise.web_event import Event

REQUESTS: Final = 400_000
DEBATE: Final = (day_s(4, 4, 20, 40), day_s(4, 4, 23, 59))
DEBATE_FACTOR: Final = 5
DONATIONS_SHARE: Final = 0.12

_DEBATE_ID: Final = "web-debate-night"


def write(exports: Path, truth: Truth, *, scale: float, seed: int, step: Callable[[float], None]) -> list[Path]:
    """Write `exports`/web, a file per server and week, and return the files; `step` hears the share done."""
    truth.declare(
        _DEBATE_ID, "look_alike", "http_attack|http_flood|attack_burst",
        f"Debate night: {DEBATE_FACTOR} times the ordinary traffic",
        "readers only",
    )  # fmt: skip
    events: list[list[Event]] = [[] for _ in range(DAYS)]
    for event in (
        *web_attacks.planted(truth, scale=scale, seed=seed),
        *web_crowds.crowds(truth, scale=scale, seed=seed),
    ):
        events[int(event.time_s - START_S) // DAY_S].append(event)
    who = readers.readers(rng(seed, PART, 0), int(min(400_000, max(300, 8_000 * scale))))
    volumes = day_volumes(REQUESTS * scale / readers.REQUESTS_PER_VISIT)
    files: list[Path] = []
    weeks = DAYS // 7
    for week in range(weeks):
        # As log rotation leaves them: all but the last two weeks are compressed.
        ending = "access.log.gz" if week < weeks - 2 else "access.log"
        paths = [exports / "web" / f"{host}-2017w{12 + week}.{ending}" for host in (WEB, DONATIONS)]
        files += paths
        with ExitStack() as stack:
            part = _Part([stack.enter_context(Lines(path)) for path in paths], truth, who)
            for day in range(7 * week, 7 * week + 7):
                todays = [*events[day], *web_crowds.logins(day, scale=scale, seed=seed)]
                _write_day(part, day, float(volumes[day]), seed, sorted(todays, key=lambda e: e.time_s))
                step((day + 1) / DAYS)
    return files


def _write_day(part: _Part, day: int, expected: float, seed: int, events: list[Event]) -> None:
    draw = rng(seed, PART, 2, day)
    begins, ends = START_S + day * DAY_S, START_S + (day + 1) * DAY_S
    for out in part.outs:
        part.truth.day(out.name, day, out.count + 1)
    factor = DEBATE_FACTOR if begins < DEBATE[0] < ends else 1
    # A slice is so many requests, not visits.
    parts = ceil(expected * factor * readers.REQUESTS_PER_VISIT / draws.SLICE_ROWS)
    drawn = list(moments(rng(seed, PART, 1, day), day, expected * factor, parts))
    done = 0
    for at, times in enumerate(drawn):
        until_s = next((float(later[0]) for later in drawn[at + 1 :] if len(later)), float(ends))
        kept = times[_at_debate(times) | (draw.random(len(times)) < 1 / factor)]
        upto = done + sum(e.time_s < until_s for e in events[done:])
        part.write(draw, kept, until_s, events[done:upto])
        done = upto


@dataclass(frozen=True, slots=True)
class _Part:
    """The open files of a week, and all that a part of a day needs."""

    outs: list[Lines]
    truth: Truth
    who: readers.Readers

    def write(
        self, draw: np.random.Generator, begins: NDArray[np.float64], until_s: float, events: Sequence[Event]
    ) -> None:
        """Write visits from `begins` on and `events` in the order of time, each server's to its own file."""
        at_donations = draw.random(len(begins)) < DONATIONS_SHARE
        for server, (out, held) in enumerate(zip(self.outs, (site.main_site(), site.donation_site()), strict=True)):
            own, lines = readers.visits(draw, begins[at_donations == bool(server)], until_s, held, self.who)
            planned = [e for e in events if e.server == server]
            both = np.concatenate((own, [e.time_s for e in planned]))
            stamps = readers.stamps(both[len(own) :])
            lines += [f"{held.prefix}{e.client} - - [{t}] {e.rest}" for e, t in zip(planned, stamps, strict=True)]
            order = np.argsort(both, kind="stable")
            first = out.write_all([lines[i] for i in order.tolist()])
            debate = _at_debate(both)
            if not server and debate.any():
                for at in np.flatnonzero(debate[order] & (order < len(own))).tolist():
                    self.truth.row(_DEBATE_ID, out.name, first + at, float(both[order[at]]), WEB)
            for at in np.flatnonzero(order >= len(own)).tolist():
                event = planned[order[at] - len(own)]
                for operation, subject in event.operations:
                    self.truth.row(operation, out.name, first + at, event.time_s, subject)


def _at_debate(times: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (times >= DEBATE[0]) & (times < DEBATE[1])

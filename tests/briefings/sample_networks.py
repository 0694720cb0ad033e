"""A section's worth of invented networks, hostile where outside text can stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.briefings.sample import HOSTILE, START, at
from vigie.briefings.networks import (
    Burst,
    Crowd,
    Explanation,
    KindLine,
    KindOverlap,
    Member,
    Network,
    Networks,
    Pair,
    Pushed,
    Tail,
)

TEXTS = [t.encode("utf-8", "replace").decode() for t in HOSTILE]
NAMES = ("declared owner", "one feed", "scheduler", "cross-posting", "breaking news", "appointment", "volunteers",
         "one audience")  # fmt: skip


def channel(network: int, member: int) -> str:
    """Plain names but for each network's third member, whose name is hostile."""
    return f"x:{TEXTS[network % len(TEXTS)]}-{network}" if member == 2 else f"x:account_{network}_{member}"


def pairs_of(number: int, members: int) -> tuple[Pair, ...]:
    """Three circles of channels of different density, loosely joined; of two kinds."""
    ends = {
        (a, b)
        for a in range(members)
        for b in range(a + 1, members)
        if (a * 7 + b * 13 + number) % (4 if a % 3 == b % 3 and a % 4 < 3 else 17) == 0 or b == a + 1
    }
    return tuple(
        Pair(
            kind=kind,
            a=min(channel(number, a), channel(number, b)),
            b=max(channel(number, a), channel(number, b)),
            objects=2 + (7 * a + b + number) % 23,
            meetings=3 + (7 * a + b + number) % 31,
            expected=0.013 * (1 + (a + b) % 5),
            p_value=10.0 ** -(6 + (a + b) % 40),
            q_value=10.0 ** -(3 + (a + b) % 30),
            delay_s=4.5,
            a_first=2,
            first=at(3),
            last=at(9),
        )
        for a, b in sorted(ends)
        for kind in (("url", "text") if (a + b) % 3 == 0 else ("url",))
    )


def network(number: int, members: int, *, standing: str = "finding", objects: int = 30) -> Network:
    times = tuple(at(2 + n % 12, (n * n * 97) % 30_000) for n in range(60))
    hours: dict[tuple, int] = {}
    for when in times:
        key = (when.date(), when.hour)
        hours[key] = hours.get(key, 0) + 1
    return Network(
        ident=f"net-{number:08x}",
        standing=standing,
        members=tuple(
            Member(
                channel=channel(number, m),
                name=TEXTS[m % len(TEXTS)] if m % 3 == 0 else None,
                role=("first mover", "amplifier", "amplifier", "member")[m % 4] if m else "first mover",
                objects=1 + (m * 13 + number) % objects,
                firsts=m % 7,
                stability=1 - 0.01 * (m % 9),
                created=at(-900 + m) if m % 2 else None,
                outlet="RT" if m % 5 == 1 else None,
                tier="state-controlled" if m % 5 == 1 else None,
            )
            for m in range(members)
        ),
        kinds=(
            KindOverlap(kind="text", members=members // 2, pairs=members),
            KindOverlap(kind="url", members=members, pairs=3),
        ),
        pairs=len({(p.a, p.b) for p in pairs_of(number, members)}),
        objects=objects,
        pair_objects=sum(p.objects for p in pairs_of(number, members)),
        expected=sum(p.expected for p in pairs_of(number, members)),
        p_value=1e-12,
        q_value=0.003,
        stability=0.97,
        delay_s=7.5,
        same_second=0.125,
        days=12,
        hours=dict(sorted(hours.items())),
        pushed=tuple(
            Pushed(
                kind="url" if n % 3 else "text",
                thing=f"https://example.test/{TEXTS[n % len(TEXTS)]}" if n % 3 else f"f00dfeed{n:08x}",
                example=None if n % 3 else TEXTS[n % len(TEXTS)],
                members=max(2, members - n),
                others=n * 3,
                first=at(2 + n % 12),
                last=at(3 + n % 12),
                times=tuple(sorted(times[n::objects])) or times[:1],
            )
            for n in range(objects)
        ),
        candidates=(("Emmanuel Macron", 17), (TEXTS[0], 2)),
        created_burst=Burst(members=members // 2 + 1, days=9, p_value=0.002) if number % 2 else None,
        explanations=tuple(
            Explanation(
                name=name,
                share=0.95 if name == "appointment" and standing == "explained" else 0.02 * n,
                fits=name == ("appointment" if standing == "explained" else "one feed"),
                says=f"{n} of 30 objects; {TEXTS[n]}" if n % 3 == 0 else f"{n} of 30 objects begin so",
            )
            for n, name in enumerate(NAMES)
        ),
        explained=0.95 if standing == "explained" else 0.0,
        first=min(times),
        last=max(times),
    )


def networks(*sizes: int, explained: int = 0) -> Networks:
    """One network of each size, the last `explained` of them explained; pairs but one stay within their network."""
    made = tuple(
        network(n, size, standing="explained" if n >= len(sizes) - explained else "finding" if size > 2 else "small")
        for n, size in enumerate(sizes)
    )
    inside = tuple(p for n, size in enumerate(sizes) for p in pairs_of(n, size))
    between = tuple(
        Pair(
            kind="hashtag", a=channel(0, 0), b=channel(1, 0), objects=3, meetings=3, expected=0.2, p_value=1e-5,
            q_value=0.01, delay_s=9.0, a_first=1, first=at(4), last=at(5),
        )
        for _ in sizes[1:2]
    )  # fmt: skip
    return Networks(
        networks=made,
        pairs=inside + between,
        crowds=tuple(
            Crowd(
                kind="hashtag" if n % 2 else "text", thing=TEXTS[n % len(TEXTS)], example=TEXTS[n] if n % 2 else None,
                channels=900 - n, shares=1_200 - n, first=at(n), last=at(n, 60),
            )
            for n in range(8)
        ),
        kinds=(
            KindLine(kind="hashtag", window_s=60, pairs=3_204, beyond_chance=1, crowds=4, passed=0),
            KindLine(kind="url", window_s=60, pairs=902, beyond_chance=len(inside), crowds=0, passed=311),
        ),
        tails=tuple(
            Tail(p_value=p, pairs=int(4_106 * p) + len(inside), expected=61_002 * p)
            for p in (10 ** (-n / 2) for n in range(25))
        ),
        tests=61_002,
        q_max=0.05,
        explained_max=0.9,
        channels_min=3,
        objects_min=3,
    )  # fmt: skip


def none() -> Networks:
    """Posts in which no two channels met often enough."""
    return Networks(
        networks=(),
        pairs=(),
        crowds=(),
        kinds=(),
        tails=(),
        tests=0,
        q_max=0.05,
        explained_max=0.9,
        channels_min=3,
        objects_min=3,
    )


def spread_over(days: int) -> Networks:
    """One network whose posts lie on many days."""
    made = networks(5)
    hours = {(START + timedelta(days=n), (n * 7) % 24): 1 + n % 4 for n in range(days)}
    one = replace(made.networks[0], hours=hours, first=at(0), last=at(days))
    return replace(made, networks=(one,))

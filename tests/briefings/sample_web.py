"""A web section's worth of invented data, hostile where outside text can stand."""

from __future__ import annotations

from datetime import timedelta

from tests.briefings.sample import DAYS, HOSTILE, START, at
from vigie.briefings.web import (
    AimLine,
    KindLine,
    OriginLine,
    SessionLine,
    Share,
    Step,
    SuccessLine,
    Units,
    WebAttacks,
)
from vigie.rules.origin import UNITS

TEXTS = [t.encode("utf-8", "replace").decode() for t in HOSTILE]


def web() -> WebAttacks:
    """Attacks of five kinds on 35 days, two of which no log covers."""
    days = tuple(START + timedelta(days=n) for n in range(DAYS) if n not in {5, 6})
    kinds = ("SQL injection", "CMS probe", "Rest of scans", "Login guessing", "Traversal")
    origins = tuple(
        OriginLine(
            country=country,
            counted=Units(requests=40 * n, sessions=20 * n, sources=n),
            shares={u: Share(value=v, low=v * 0.7, high=min(100, v * 1.3 + k)) for k, u in enumerate(UNITS)},
        )
        for country, n, v in (("UA", 31, 51.5), ("US", 20, 22.0), ("FR", 9, 4.25), (TEXTS[0], 1, 0.0))
    )
    further = tuple(
        OriginLine(
            country=f"X{n}",
            counted=Units(requests=1, sessions=1, sources=1),
            shares={u: Share(value=0.1, low=None, high=None) for u in UNITS},
        )
        for n in range(14)
    )
    return WebAttacks(
        days=days,
        counted=Units(requests=9_412, sessions=1_204, sources=733),
        all_requests=812_345,
        posts=4_310,
        kinds=tuple(
            KindLine(
                name=name,
                counted=Units(requests=4_000 // (n + 1), sessions=400 // (n + 1), sources=300 // (n + 1)),
                aimed=1_200 * (n == 0),
                days={d: float((d.toordinal() * (n + 3)) % 17 * (n < 4 or d.day == 9)) for d in days},
            )
            for n, name in enumerate(kinds)
        ),
        aims=tuple(
            AimLine(name=name, meaning="the evidence in words", counted=Units(requests=r, sessions=s, sources=q))
            for name, r, s, q in (
                ("Aimed at this site", 2_600, 12, 9),
                ("Background", 6_012, 1_100, 700),
                ("Cannot be told", 800, 92, 24),
            )
        ),
        origins=origins + further,
        aimed_origins=origins[:2],
        elsewhere=Units(requests=12, sessions=3, sources=2),
        databases=(
            "iptocc 3.3.170, registries' own data, no date of its own: 733 addresses, 731 of them placed",
            TEXTS[1],
        ),
        succeeded=tuple(
            SuccessLine(
                row_id=f"0123456789ab:{n}",
                time=at(n),
                kind="Backup probe",
                host="www.parti.example",
                page=TEXTS[n % len(TEXTS)],
                what=f"GET {TEXTS[n % len(TEXTS)]}",
                status=500 if n >= 25 else 200 if n % 2 else None,
                why="answered 200 with 18 412 bytes where missing pages get 564",
                failed=n >= 25,
            )
            for n in range(60)
        ),
        session=SessionLine(
            address="203.0.113.7",
            user_agent=TEXTS[4],
            host="www.parti.example",
            called="scan",
            aim="aimed",
            why=("212 of 300 requests match an indicator", TEXTS[2]),
            requests=302,
            steps=tuple(
                Step(
                    time=at(3, 7 * n + n * n // 9),
                    lane=("other", "sql_injection", "other", "traversal", "xss")[n % 5 if n > 40 else 0],
                    what="GET /",
                    status=200,
                    succeeded="it answered" if n == 277 else "",
                )
                for n in range(300)
            ),
        ),
    )


def quiet() -> WebAttacks:
    """A log without an attack."""
    none = Units(requests=0, sessions=0, sources=0)
    return WebAttacks(
        days=(START,), counted=none, all_requests=120, posts=0, kinds=(), aims=(), origins=(), aimed_origins=(),
        elsewhere=none, databases=(), succeeded=(), session=None,
    )  # fmt: skip

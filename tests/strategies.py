"""Tables dense enough that detectors fire: a strategy under which nothing fires proves nothing.

Each builder takes a `random.Random`, so that a test can count over fixed seeds how often a detector fires; the
strategies draw the seed. `TABLE` names the builder of each table that measures read; a table without one is empty.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import strategies as st

from vigie.tables import CASE_TABLES, TABLES
from vigie.testing import polls, posts, requests, rows

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_S = 86_400
COPIED = (
    "the minister hid the report from all of us",
    "they will count the votes behind closed doors again",
    "nobody asked the fishermen before the harbour was sold",
)
TAKEN_UP = (
    "a bank in Lyon paid for every second poster of the campaign",
    "half of the ballots were printed on the wrong paper last week",
    "generals met at night to talk about the coming summer",
    "no ship has left the northern port since the strike began",
    "our children will learn three hours of handwriting a day again",
    "wheat costs twice what the ministry wrote in its spring report",
)


def dense_posts(random: Random) -> pa.Table:
    """Build posts of a crew that shares links together, copied texts, an agency's text, and many others."""
    lines = []
    crew = [f"crew{n}" for n in range(random.randint(3, 5))]
    for link in range(random.randint(7, 9)):
        start = random.randint(0, 6 * DAY_S)
        page = f"https://www.crew.example/{link}"
        present = crew if random.random() < 0.7 else random.sample(crew, len(crew) - 1)
        lines += [f"{c} {start + random.randint(0, 50)} look {page}?utm_source={c}" for c in present]
    for copied in COPIED:
        copiers = random.sample([f"copy{n}" for n in range(9)], random.randint(2, 9))
        start = random.randint(0, 6 * DAY_S)
        for c in copiers:
            for _ in range(random.choice([1, 1, 2])):
                marked = random.choice(["", "", "", "RT @source: "])
                text = random.choice(
                    [copied, copied.upper() + "!!", copied.replace(" ", "  ") + " https://c.example/1"]
                )
                lines.append(f"{c} {start + random.randint(0, DAY_S)} {marked}{text}")
    lines += [
        f"paper{n} {random.randint(0, DAY_S)} (AFP) the cabinet met on Monday to discuss the budget"
        for n in range(random.randint(0, 8))
        for _ in range(random.choice([1, 1, 2]))
    ]
    lines += [
        f"u{random.randint(0, 29)} {random.randint(0, 6 * DAY_S)} https://news{random.randint(0, 9)}.example/{n % 50}"
        for n in range(110)
    ]
    lines += apart_lines(random)
    random.shuffle(lines)
    return posts(*lines, *disguised_lines(random), *state_lines(random), *frame_lines(random))


def frame_lines(random: Random) -> list[str]:
    """Write a letter that signers fill with names, and reports that some fill with figures alone."""
    letter = "I am {} of {} and I shall not vote for as long as the harbour is closed to us"
    report = "the harbour office counts {} boats and {} crates at the quay this morning and opens the gate at noon"
    names, towns = ("Ana", "Bob", "Cem", "Dan Dun", "Eve", "Fay", "Gil"), ("Brest", "Lyon", "Port Said", "Metz")
    start = random.randint(0, 6 * DAY_S)
    lines = [
        f"sign{n} {start + random.randint(0, DAY_S)} {letter.format(random.choice(names), random.choice(towns))}"
        for n in random.sample(range(12), random.randint(7, 12))
        for _ in range(random.choice([1, 1, 2]))
    ]
    lines += [
        f"quay{n} {day * DAY_S + n} {report.format(random.randint(2, 99), random.randint(100, 999))}"
        for n in range(random.randint(2, 6))
        for day in range(random.randint(1, 6))
    ]
    return lines


def state_lines(random: Random) -> list[str]:
    """Write texts that an outlet publishes first and others take up within the day, but for one in five."""
    lines = []
    for day, text in enumerate(TAKEN_UP):
        start = day * DAY_S + random.randint(0, DAY_S // 2)
        others = random.sample([f"echo{n}" for n in range(6)], random.randint(3, 5))
        late = random.random() < 0.2
        lines += [f"{c} {start + random.randint(1, 9 * 3_600)} {text}" for c in others]
        lines.append(f"state {start + (10 * 3_600 if late else 0)} {text}")
        lines.append(f"cites {start + random.randint(1, 3_600)} {text} says An Organ")
    return lines


def disguised_lines(random: Random) -> list[str]:
    """Write posts of which one channel, four times in five, hides what it says, and one has slipped once."""
    tricks = ("bal\u200blot {} sp\u200boiled", "b\u0430llot {} sp\u043eiled", "b\u0336a\u0336llot {} spoiled")
    hidden = random.choice(tricks) if random.random() < 0.8 else "ballot {} spoiled"
    lines = [f"mask {random.randint(0, 6 * DAY_S)} {hidden.format(n)}" for n in range(random.randint(8, 14))]
    lines += [f"plain{n % 5} {random.randint(0, 6 * DAY_S)} ballot {n} counted" for n in range(60)]
    return [*lines, f"plain0 {random.randint(0, 6 * DAY_S)} b\u0430llot counted"]


def apart_lines(random: Random) -> list[str]:
    """Write pages that two or three people share within the hour, minutes apart: what chance does with moments."""
    lines = []
    for page in range(60):
        start = random.randint(0, 6 * DAY_S)
        lines += [
            f"u{random.randint(0, 29)} {start + random.randint(0, 3_000)} https://slow.example/{page}"
            for _ in range(random.randint(2, 3))
        ]
    return lines


def dense_requests(random: Random) -> pa.Table:
    """Build requests of one day, or of ten with a quiet background, and a burst of attacks from a few addresses."""
    days = random.choice([1, 10])
    lines = [
        f"8.8.{random.randint(0, 3)}.{random.randint(1, 60)} {random.randint(0, days * DAY_S - 1)} 200 GET /page/{n}"
        for n in range(120)
    ]
    lines += [f"8.8.4.{n} {n * DAY_S + random.randint(0, DAY_S - 1)} 404 GET /.git/config" for n in range(days)]
    burst = random.randint(0, days - 1) * DAY_S
    target = random.choice(["/news?id=1'+or+'1'='1", "/news?id=1+union+select+1,2", "/a?f=../../../../etc/passwd"])
    lines += [
        f"5.5.5.{random.randint(1, 12)} {burst + random.randint(0, 3600)} 200 GET {target}"
        for _ in range(random.randint(25, 50))
    ]
    lines += flood_lines(random, days) + login_lines(random, days) + aimed_lines(random, days)
    lines += scan_lines(random, days) + origin_lines(random, days)
    random.shuffle(lines)
    return requests(*lines)


def aimed_lines(random: Random, days: int) -> list[str]:
    """Write readers of one page, and two addresses that read it, too, and then send payloads to it."""
    start = random.randint(0, days * DAY_S - 3_600)
    lines = [f"8.9.0.{n} {random.randint(0, days * DAY_S - 1)} 200 GET /agenda?city={n}" for n in range(30)]
    for client in ("5.6.6.6", "5.6.6.7"):
        begins = start + random.randint(0, 600)
        lines.append(f"{client} {begins} 200 GET /agenda")
        lines += [
            f"{client} {begins + 7 * n} {random.choice([200, 403, 500])} GET /agenda?city=<script>alert({n})</script>"
            for n in range(1, random.randint(12, 20))
        ]
    return lines


def origin_lines(random: Random, days: int) -> list[str]:
    """Write, four times in five, eight addresses of one country that send payloads to a page that readers read."""
    lines = [f"8.9.1.{n} {random.randint(0, days * DAY_S - 1)} 200 GET /places?town={n}" for n in range(20)]
    begins = random.randint(0, days * 24 - 2) * 3_600
    for client in range(8 if random.random() < 0.8 else 0):
        start = begins + random.randint(0, 3_600)
        lines.append(f"90.1.{client}.7 {start} 200 GET /places")
        lines += [
            f"90.1.{client}.7 {start + 7 * n} 200 GET /places?town={n}'+or+'1'='{n}"
            for n in range(1, random.randint(7, 9))
        ]
    return lines


def scan_lines(random: Random, days: int) -> list[str]:
    """Write, four times in five, an address that tries many payloads and missing pages, and two small probers."""
    lines = []
    for n in range(2):
        start = random.randint(0, days * DAY_S - 100)
        lines += [
            f"6.6.{n}.1 {start + 9 * k} 404 GET /{d}" for k, d in enumerate((".env", ".git/HEAD", "wp-login.php"))
        ]
    if random.random() < 0.2:
        return lines
    start = random.randint(0, days * DAY_S - 3_600)
    tries = ("?id=1'+or+'1'='1", "?q=<script>alert(1)</script>", "?f=../../../../etc/passwd", "", "/old")
    return lines + [
        f"6.6.6.6 {start + 3 * n} {random.choice([200, 404, 404, 500])} GET /try/{n % 40}{random.choice(tries)}"
        for n in range(random.randint(60, 160))
    ]


def flood_lines(random: Random, days: int) -> list[str]:
    """Write a flood of one path from a few addresses, within five minutes."""
    start = random.randint(0, days * 288 - 1) * 300
    few = random.randint(1, 4)
    return [
        f"9.9.9.{random.randint(1, few)} {start + random.randint(0, 299)} {random.choice([200, 503])} GET /?{n * 7919}"
        for n in range(random.randint(340, 420))
    ]


def login_lines(random: Random, days: int) -> list[str]:
    """Write one address that guesses passwords, and many that fail once or twice within an hour, besides members."""
    start, night = (random.randint(0, days * 24 - 2) * 3600 for _ in range(2))
    lines = [f"7.7.7.7 {start + 20 * n} 200 POST /wp-login.php" for n in range(random.randint(32, 60))]
    lines += [
        f"7.7.{n}.8 {night + random.randint(0, 3599)} 200 POST /wp-login.php"
        for n in range(random.randint(15, 30))
        for _ in range(random.randint(1, 2))
    ]
    return lines + [f"2001:4860::{n} {random.randint(0, days * DAY_S - 1)} 302 POST /wp-login.php" for n in range(20)]


def dense_polls(random: Random) -> pa.Table:
    """Build waves of favourability polls by two houses, with a sudden change for one candidate in most of them."""
    lines = []
    for candidate, level in (("fillon", 43), ("macron", 39), ("hamon", 38)):
        fall = random.choice([0, 15, 18, 20]) if candidate == "fillon" else random.choice([0, 0, 0, -16])
        waves = random.randint(2, 6)
        for wave in range(waves):
            percent = level - (fall if wave >= waves // 2 else 0) + random.choice([-1, 0, 0, 1])
            house = random.choice(["Ipsos", "Ifop"])
            lines.append(f"{house} 2017-{1 + wave // 2:02}-{10 + 9 * (wave % 2)} 970 {candidate} {percent}")
    random.shuffle(lines)
    return rows("polls", *unnumbered(polls(*lines)), *race_figures(random))


def unnumbered(table: pa.Table) -> list[dict[str, object]]:
    """Return the rows without their ids, so that they can stand among others."""
    return [{k: v for k, v in row.items() if k != "row_id"} for row in table.to_pylist()]


def race_figures(random: Random) -> list[dict[str, object]]:
    """Build a first round whose houses agree; four times in five a count of posts and a poll that is far off."""
    houses = ("Ipsos", "Ifop", "BVA", "Elabe", "Odoxa", "Kantar")
    levels = {"macron": 24, "le-pen": 23, "fillon": 19, "melenchon": 16, "hamon": 10}
    lines = [
        f"{house} 2017-03-{1 + 7 * week + n:02} {size} {name} {percent + random.choice([0, 0, 0.5])}"
        for week in range(4)
        for n, house in enumerate(houses)
        for size in (random.choice([900, 1000]),)
        for name, percent in levels.items()
    ]
    if random.random() < 0.8:
        lines += [f"Hasty 2017-03-25 1000 {name} {p}" for name, p in zip(levels, (15, 33, 19, 16, 10), strict=True)]
        lines += [f"Buzz 2017-03-26 1 {name} {percent + 0.37}" for name, percent in levels.items()]
    figures = unnumbered(polls(*lines, question="voting_intention"))
    return [row | {"round": 1} | ({"sample_size": None} if row["pollster"] == "Buzz" else {}) for row in figures]


def case_channels(random: Random) -> pa.Table:
    """Build some channels of a case, those of one platform and those of any."""
    return rows_of_case(
        "case_channels",
        *(
            {"channel_id": f"copy{n}", "platform": random.choice(["x", None]), "outlet": "An Outlet", "tier": "none"}
            for n in random.sample(range(9), 3)
        ),
        {"channel_id": "state", "platform": "x", "outlet": "An Organ", "tier": "state-controlled"},
    )


def rows_of_case(table: str, *cells: dict[str, object]) -> pa.Table:
    """Build a table of the case."""
    return pa.Table.from_pylist(list(cells), schema=CASE_TABLES[table])


TABLE: dict[str, Callable[[Random], pa.Table]] = {
    "posts": dense_posts,
    "requests": dense_requests,
    "polls": dense_polls,
    "case_channels": case_channels,
}


def empty_tables() -> dict[str, pa.Table]:
    """Return every relation a measure may read, without rows."""
    stored = {name: table.seen.empty_table() for name, table in TABLES.items()}
    return stored | {name: schema.empty_table() for name, schema in CASE_TABLES.items()}


def dense_tables(seed: int, reads: tuple[str, ...]) -> dict[str, pa.Table]:
    """Return the relations named in `reads`, dense where there is a builder."""
    made = empty_tables()
    return {name: TABLE[name](Random(f"{seed} {name}")) if name in TABLE else made[name] for name in reads}


seeds = st.integers(0, 2**32 - 1)

__all__ = ["COPIED", "TABLE", "dense_tables", "empty_tables", "rows_of_case", "seeds"]

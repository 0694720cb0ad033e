"""Measured tables of web attacks, made by hand: who attacked on which day, from where, how much."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from vigie.measures import named
from vigie.run.claim import Tables

START = date(2017, 3, 20)


def attack(address, country, *, day=0, requests=1, session=0, aim="aimed", kind="sql_injection", **more):
    """One row of http_attacks with its origin; `more` may hold place, network_kind and `also`: database -> country."""
    own = {"address": address, "country": country, "day": START + timedelta(days=day), "requests": requests}
    return own | {"session_id": f"{address}/{session}", "aim": aim, "kind": kind, "place": "public"} | more


def tables(attacks, *, days=10, missing=(), posts=0, built=date(2017, 3, 1), database="iptocc"):
    """Build the tables that a claim is weighed on: a log of `days` days, but those that are `missing`."""
    covered = [START + timedelta(days=n) for n in range(days) if n not in missing]
    origins = []
    for row in attacks:
        countries = {database: row["country"], **row.get("also", {})}
        origins += [row | {"database": d, "country": c, "database_date": built} for d, c in countries.items()]
    counts = {"database": database, "country": "FR", "sessions": 90, "sources": 80, "requests": 900}
    sessions = [
        {"first_seen": datetime.combine(day, datetime.min.time(), UTC), "posts": posts, "requests": 100}
        for day in covered
    ]
    made = {
        "http_attacks": attacks,
        "http_origins": [*origins, counts] if covered else origins,
        "http_attack_days": [
            {"day": day, "requests": 0, "sources": 0, "host_requests": 100, "covered_s": 72_000} for day in covered
        ],
        "http_sessions": sessions,
    }
    return Tables(**{n: pa.Table.from_pylist(rows, schema=named(n).schema) for n, rows in made.items()})


def campaign(shares, *, days=10, each=3, **more):
    """Sources by country, each of which attacks on one of the days with `each` requests."""
    return [
        attack(f"{country}{n}", country, day=n % days, requests=each, **more)
        for country, sources in shares.items()
        for n in range(sources)
    ]

"""Tables that the measures of attacks read, from requests whose kind and session are said beside them."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pyarrow as pa

from tests.strategies import rows_of_case
from vigie.measures import http_sessions, http_verdicts
from vigie.tables import split_row_id
from vigie.testing import rows
from vigie.text.address import origin_address


def get(ip: str, seconds: int, target: str, status: int | None = 200, **cells: Any) -> dict[str, Any]:
    """Return one request; cells may hold `kind` (of the indicator it matches) and `called` (of its session)."""
    path, mark, query = target.partition("?")
    made = {"client_ip": ip, "time": seconds, "path": path, "query": query if mark else None, "status": status}
    return {"method": "GET", "host": "www.site.example", "bytes": 5_000} | made | cells


def tables(
    *requests: dict[str, Any], hosts: tuple[str, ...] = ("www.site.example",), aliases: tuple[str, ...] = ()
) -> dict[str, pa.Table]:
    """Return requests, http_verdicts, http_sessions and the case's tables: a session is an address and an agent."""
    plain = rows("requests", *({k: v for k, v in r.items() if k not in {"kind", "called"}} for r in requests))
    seen = plain.to_pylist()
    pairs = [(row | {"kind": r.get("kind"), "called": r.get("called")}) for row, r in zip(seen, requests, strict=True)]
    verdicts = [row for row in pairs if row["kind"]]
    return {
        "requests": plain,
        "http_verdicts": pa.Table.from_pylist(verdicts, schema=http_verdicts.MEASURE.schema),
        "http_sessions": pa.Table.from_pylist(list(_sessions(pairs)), schema=http_sessions.SCHEMA),
        "case_servers": rows_of_case("case_servers", *({"host": h, "role": "web"} for h in hosts)),
        "case_candidates": rows_of_case(
            "case_candidates", *({"candidate_id": a, "name": a, "alias": a, "alias_id": a} for a in aliases)
        ),
    }


def _sessions(requests: list[dict[str, Any]]) -> Any:
    def client(r: dict[str, Any]) -> tuple[str, str]:
        return origin_address(r["client_ip"], r["forwarded_for"], ())[0], r["user_agent"] or ""

    for (address, agent), group in groupby(sorted(requests, key=lambda r: (client(r), r["time"])), key=client):
        own = list(group)
        called = next((r["called"] for r in own if r["called"]), "other")
        yield {
            "session_id": min((r["row_id"] for r in own), key=split_row_id),
            "address": address,
            "place": origin_address(own[0]["client_ip"], own[0]["forwarded_for"], ())[1],
            "user_agent": agent or None,
            "first_seen": own[0]["time"],
            "last_seen": own[-1]["time"],
            "requests": len(own),
            "called": called,
            "attack_ids": [r["row_id"] for r in own if r["kind"]],
            "request_ids": [r["row_id"] for r in own] if called in {"scan", "login_guessing"} else [],
        }

"""Requests that match an indicator, one row each: what every measure of attacks begins with."""

from __future__ import annotations

from typing import Final

from vigie.engine import Rows, Step
from vigie.measures import Measure
from vigie.rules.matching import REQUEST_COLUMNS, VERDICTS, verdicts


def steps() -> tuple[Step, ...]:
    """Classify each request."""
    return (Rows(name="http_verdicts", input="requests", columns=REQUEST_COLUMNS, function=verdicts, schema=VERDICTS),)


MEASURE: Final = Measure(name="http_verdicts", version=1, reads=("requests",), steps=steps, schema=VERDICTS)

"""Findings to what a person reads: one HTML file that opens offline and prints, with its tables beside it."""

from vigie.briefings.export import write
from vigie.briefings.model import (
    Brief,
    CoverageCell,
    Daily,
    DetectorNote,
    Finding,
    RefusedLine,
    SourceLine,
    Trend,
    TrendPoint,
    Versus,
)

__all__ = [
    "Brief",
    "CoverageCell",
    "Daily",
    "DetectorNote",
    "Finding",
    "RefusedLine",
    "SourceLine",
    "Trend",
    "TrendPoint",
    "Versus",
    "write",
]

"""Vigie: the vigilance desk of an election, from raw exports to an evidence-backed briefing."""

__version__ = "0.1.0"

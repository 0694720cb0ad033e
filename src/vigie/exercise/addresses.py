"""Client addresses, drawn at random from broad national allocations so that a country can be looked up.

That an address appears in the exercise says nothing about whoever uses it.
"""

# ruff: noqa: PLR2004 - a share reads best where it is drawn
from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

# By country, blocks that the registries' statistics give to it as a whole (checked against a sample of 400 each).
BLOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "FR": ("90.0.0.0/10", "78.192.0.0/11", "82.64.0.0/14", "86.192.0.0/11", "92.128.0.0/10", "88.160.0.0/11"),
    "BE": ("91.176.0.0/13", "81.240.0.0/13"),
    "CH": ("178.192.0.0/13",),
    "DE": ("84.128.0.0/10", "79.192.0.0/10"),
    "GB": ("86.128.0.0/11", "81.128.0.0/11"),
    "US": ("73.0.0.0/8", "98.192.0.0/10", "68.32.0.0/11"),
    "CA": ("70.24.0.0/13", "99.224.0.0/11"),
    "NL": ("84.24.0.0/13", "77.160.0.0/12"),
    "ES": ("83.32.0.0/11", "88.0.0.0/11"),
    "IT": ("79.0.0.0/10", "87.0.0.0/12"),
    "PL": ("83.0.0.0/11", "79.184.0.0/13"),
    "UA": ("178.92.0.0/14", "46.200.0.0/14", "37.52.0.0/14"),
    "RU": ("95.24.0.0/13", "178.64.0.0/13", "37.144.0.0/14"),
    "CN": ("113.64.0.0/10", "117.128.0.0/10", "222.64.0.0/11"),
    "IN": ("117.192.0.0/10", "59.88.0.0/13"),
    "VN": ("14.160.0.0/11", "113.160.0.0/11"),
    "ID": ("36.64.0.0/11",),
    "TR": ("78.160.0.0/11", "88.224.0.0/11"),
    "MA": ("105.128.0.0/11", "41.248.0.0/14"),
    "DZ": ("41.96.0.0/12", "105.96.0.0/12"),
    "TN": ("197.0.0.0/11",),
    "SN": ("41.82.0.0/15", "154.124.0.0/15"),
    "RO": ("86.120.0.0/13",),
    "KR": ("121.128.0.0/10", "175.192.0.0/10"),
}
_V6_FR: Final = 0x2A01_0E0A << 96

# Per cent of readers of a French campaign's pages, and of those who probe any server on the Internet.
READERS: Final = {
    "FR": 78, "BE": 4, "CH": 3, "DE": 2, "GB": 3, "US": 3, "CA": 2, "MA": 1, "DZ": 1, "TN": 1, "SN": 1, "ES": 1,
}  # fmt: skip
SCANNERS: Final = {
    "US": 16, "CN": 16, "RU": 9, "VN": 7, "IN": 7, "ID": 6, "NL": 6, "DE": 6, "FR": 5, "TR": 5, "KR": 5, "PL": 4,
    "RO": 4, "UA": 4,
}  # fmt: skip


def address(draw: np.random.Generator, country: str) -> str:
    """Draw one address of `country`; readers in France have IPv6 now and then."""
    if country == "FR" and draw.random() < 0.1:
        return str(IPv6Address(_V6_FR | int(draw.integers(1 << 62))))
    ranges = _ranges(country)
    first, size = ranges[int(draw.integers(len(ranges)))]
    return str(IPv4Address(first + int(draw.integers(1, size - 1))))


def country(draw: np.random.Generator, shares: Mapping[str, float]) -> str:
    """Draw a country by its share."""
    codes = list(shares)
    total = sum(shares.values())
    return codes[int(draw.choice(len(codes), p=[shares[c] / total for c in codes]))]


def addresses(draw: np.random.Generator, shares: Mapping[str, float], n: int) -> list[str]:
    """Draw `n` addresses by their countries' shares."""
    codes = list(shares)
    total = sum(shares.values())
    picked = draw.choice(len(codes), n, p=[shares[c] / total for c in codes])
    return [address(draw, codes[i]) for i in picked.tolist()]


@cache
def _ranges(country: str) -> tuple[tuple[int, int], ...]:
    blocks = [ip_network(block) for block in BLOCKS[country]]
    return tuple((int(block.network_address), block.num_addresses) for block in blocks)

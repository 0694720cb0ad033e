"""The addresses many requests came from: what `origin_address` says of each pair of peer and header, asked rarely.

A peer written as a public IPv4 address, without a header, is its own origin; a pattern finds those. Of the others
each distinct pair is asked for once.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.text.address import origin_address

if TYPE_CHECKING:
    from collections.abc import Collection

# First numbers of IPv4 under which every address is globally reachable unicast: no special-purpose range touches them.
_MIXED: Final = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203}) | frozenset(range(224, 256))
_S: Final[pa.DataType] = pa.string()


@cache
def _plain() -> str:
    first = "|".join(str(n) for n in range(256) if n not in _MIXED)
    return rf"^(?:{first})(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){{3}}$"


# A log comes in many batches, and its clients in many of them.
_origin: Final = lru_cache(maxsize=1 << 16)(origin_address)


def origin_addresses(
    client_ips: pa.Array[Any], forwarded_for: pa.Array[Any], proxies: Collection[str]
) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """Return (address, place) of each pair, as `origin_address` gives them one by one.

    >>> import pyarrow as pa
    >>> ips, headers = pa.array(["8.8.8.8", "10.0.0.1"]), pa.array([None, "9.9.9.9"], pa.string())
    >>> [column.to_pylist() for column in origin_addresses(ips, headers, ())]
    [['8.8.8.8', '9.9.9.9'], ['public', 'public']]
    """
    # What is in `proxies` may be a plain address, too: without a header it still is its own origin.
    plain = pc.and_(forwarded_for.is_null(), pc.match_substring_regex(client_ips, _plain()))
    other = pc.invert(plain)
    own = tuple(sorted(proxies))
    pairs = zip(client_ips.filter(other).to_pylist(), forwarded_for.filter(other).to_pylist(), strict=True)
    found = [_origin(peer, header, own) for peer, header in pairs]
    addresses: pa.Array[Any] = pc.replace_with_mask(client_ips, other, pa.array([a for a, _ in found], _S))
    public = pa.array(["public"], _S).take(pa.array([0] * len(client_ips), pa.int64()))
    places: pa.Array[Any] = pc.replace_with_mask(public, other, pa.array([p for _, p in found], _S))
    return addresses, places

"""The addresses many requests came from: what `origin_address` says of each pair of peer and header, asked rarely.

A peer written as an IPv4 address, without a header, is its own origin; patterns find those whose first number says
whether they are public. Of the others each distinct pair is asked for once.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.text.address import origin_address

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# First numbers of IPv4 under which every address is globally reachable unicast: no special-purpose range touches them.
_MIXED: Final = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203}) | frozenset(range(224, 256))
# And those under which none is: this network, private, loopback, multicast and reserved.
_CLOSED: Final = frozenset({0, 10, 127}) | frozenset(range(224, 256))
_S: Final[pa.DataType] = pa.string()
ORIGINS: Final = pa.schema([("client_ip", _S), ("forwarded_for", _S), ("address", _S), ("place", _S)])


@cache
def _plain(*, public: bool) -> str:
    first = "|".join(str(n) for n in range(256) if (n not in _MIXED if public else n in _CLOSED))
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
    alone = forwarded_for.is_null()
    public = pc.and_(alone, pc.match_substring_regex(client_ips, _plain(public=True)))
    closed = pc.and_(alone, pc.match_substring_regex(client_ips, _plain(public=False)))
    other = pc.invert(pc.or_(public, closed))
    own = tuple(sorted(proxies))
    pairs = zip(client_ips.filter(other).to_pylist(), forwarded_for.filter(other).to_pylist(), strict=True)
    found = [_origin(peer, header, own) for peer, header in pairs]
    addresses: pa.Array[Any] = pc.replace_with_mask(client_ips, other, pa.array([a for a, _ in found], _S))
    known: Any = pc.if_else(closed, "private or reserved", "public")
    places: pa.Array[Any] = pc.replace_with_mask(known, other, pa.array([p for _, p in found], _S))
    return addresses, places


def proxies(servers: pa.Table) -> list[str]:
    """Return the hosts of the case's own servers (`case_servers`) that are proxies, ascending."""
    return sorted(row["host"] for row in servers.to_pylist() if row["role"] == "proxy")


def origins(servers: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that gives each peer (client_ip, forwarded_for) the address it stands for: as `ORIGINS`."""
    own = proxies(servers)

    def placed(peers: pa.Table) -> pa.Table:
        client_ip, forwarded_for = (peers[name].combine_chunks() for name in ("client_ip", "forwarded_for"))
        return pa.table([client_ip, forwarded_for, *origin_addresses(client_ip, forwarded_for, own)], schema=ORIGINS)

    return placed

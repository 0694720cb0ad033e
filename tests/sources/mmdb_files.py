"""A small writer of MaxMind DB files (format 2.0), for tests: trees as they are in use, and wrong ones."""

from ipaddress import ip_network

MARKER = b"\xab\xcd\xefMaxMind.com"
META = {
    "binary_format_major_version": 2,
    "binary_format_minor_version": 0,
    "build_epoch": 1_487_116_800,
    "database_type": "Test",
    "languages": ["en"],
    "description": {"en": "a test"},
}


def value(item):
    """Write one value."""
    if isinstance(item, bool):
        return bytes([int(item), 14 - 7])
    if isinstance(item, str):
        raw = item.encode()
        return head(2, len(raw)) + raw
    if isinstance(item, int):
        raw = item.to_bytes((item.bit_length() + 7) // 8, "big")
        return head(6 if len(raw) <= 4 else 9, len(raw)) + raw
    if isinstance(item, dict):
        return head(7, len(item)) + b"".join(value(k) + value(v) for k, v in item.items())
    return head(11, len(item)) + b"".join(map(value, item))


def head(kind, size):
    """Write the control bytes of a value."""
    extra = b""
    if size >= 29:
        few = size - 29 < 256
        extra = (size - 29).to_bytes(1, "big") if few else (size - 285).to_bytes(2, "big")
        size = 29 if few else 30
    return (bytes([kind << 5 | size]) if kind <= 7 else bytes([size, kind - 7])) + extra


def database(networks, *, bits=24, version=6, aliases=(), meta=()):
    """Write a file of `{network: record}`; IPv4 networks of a version 6 tree stand behind 96 zeros."""
    data, offsets = b"", {}
    for record in networks.values():
        if repr(record) not in offsets:
            offsets[repr(record)] = len(data)
            data += value(record)
    nodes = [[None, None]]
    for network, record in networks.items():
        set_in(nodes, path_of(network, version), ("data", offsets[repr(record)]))
    if version == 6 and aliases:
        node = walk(nodes, [0] * 96)
        for alias in aliases:
            set_in(nodes, path_of(alias, 6), ("node", node))
    return whole(nodes, data, bits=bits, version=version, meta=meta)


def whole(nodes, data, *, bits=24, version=6, meta=()):
    """Write a file of nodes: pairs of None, ("node", n), ("data", offset) or plain numbers."""
    count = len(nodes)

    def number(side):
        if side is None:
            return count
        if isinstance(side, int):
            return side
        return side[1] if side[0] == "node" else count + 16 + side[1]

    tree = b""
    for left, right in nodes:
        a, b = number(left), number(right)
        if bits == 28:
            tree += (
                (a & 0xFFFFFF).to_bytes(3, "big") + bytes([a >> 24 << 4 | b >> 24]) + (b & 0xFFFFFF).to_bytes(3, "big")
            )
        else:
            tree += a.to_bytes(bits // 8, "big") + b.to_bytes(bits // 8, "big")
    said = META | {"node_count": count, "record_size": bits, "ip_version": version} | dict(meta)
    return tree + bytes(16) + data + MARKER + value(said)


def path_of(network, version):
    """Return the bits of a network in a tree of the version."""
    net = ip_network(network)
    bits = [int(net.network_address) >> (net.max_prefixlen - 1 - n) & 1 for n in range(net.prefixlen)]
    return [0] * 96 + bits if version == 6 and net.version == 4 else bits


def walk(nodes, path):
    """Return the node at the end of a path, made on the way."""
    at = 0
    for bit in path:
        if nodes[at][bit] is None:
            nodes.append([None, None])
            nodes[at][bit] = ("node", len(nodes) - 1)
        assert nodes[at][bit][0] == "node"
        at = nodes[at][bit][1]
    return at


def set_in(nodes, path, what):
    """Put something at the end of a path."""
    nodes[walk(nodes, path[:-1])][path[-1]] = what

"""CooRTweet's two functions in their slowest and plainest form, and what is listed where there are crowds.

A share is (object, account, content, time); a pair of shares is (object, older content, newer content, delay, older
account, newer account), as `detect_groups` gives it.
"""

from collections import Counter, defaultdict
from itertools import combinations


def meetings(shares, window, least=2, *, loops=False, passed_over=()):
    """Return the pairs of shares (older, newer); objects in `passed_over` have none."""
    counts = Counter(account for _, account, _, _ in shares)
    shares = [share for share in shares if counts[share[1]] >= least]
    first = {}
    for _, account, _, _ in shares:
        first.setdefault(account, len(first))
    shares.sort(key=lambda share: first[share[1]])
    pairs = []
    for one, other in combinations(shares, 2):
        if one[0] != other[0] or one[0] in passed_over or abs(one[3] - other[3]) > window:
            continue
        if not loops and (one[0] in (one[2], other[2]) or one[2] == other[2] or one[1] == other[1]):
            continue
        pairs.append((one, other) if one[3] <= other[3] else (other, one))
    in_company = {share[2] for pair in pairs for share in pair}
    met = Counter(account for _, account, content, _ in shares if content in in_company)
    part = {content for _, account, content, _ in shares if content in in_company and met[account] >= least}
    return [pair for pair in pairs if pair[0][2] in part or pair[1][2] in part]


def detect_groups(shares, window, least=2, **options):
    """Return the pairs of shares as the package does."""
    found = meetings(shares, window, least, **options)
    return [(one[0], one[2], other[2], other[3] - one[3], one[1], other[1]) for one, other in found]


def edges(pairs):
    """Return {(account, account): (weight, sum of delays, older contents, newer contents)}, as the network has them."""
    of = defaultdict(list)
    for pair in pairs:
        of[min(pair[4:]), max(pair[4:])].append(pair)
    return {
        edge: (len(met), sum(p[3] for p in met), len({p[1] for p in met}), len({p[2] for p in met}))
        for edge, met in of.items()
    }


def _peak(shares, window):
    return max((len({s[1] for s in shares if 0 <= last[3] - s[3] <= window}) for last in shares), default=0)


def listed(shares, window, least, crowd_max, *, loops=False):
    """Return the pairs that are listed, and the objects that are crowds."""
    counts = Counter(account for _, account, _, _ in shares)
    able = [s for s in shares if counts[s[1]] >= least and (loops or s[0] != s[2])]
    by_object = defaultdict(list)
    for share in able:
        by_object[share[0]].append(share)
    crowds = {o for o, those in by_object.items() if _peak(those, window) > crowd_max}
    at_crowds = Counter(s[1] for s in able if s[0] in crowds)
    returning = {account for account, count in at_crowds.items() if count > 1}
    reduced = {o for o in crowds if _peak([s for s in by_object[o] if s[1] in returning], window) <= crowd_max}
    pairs = detect_groups(shares, window, least, loops=loops)

    def is_listed_by_itself(pair):
        return pair[0] not in crowds or (pair[0] in reduced and set(pair[4:]) <= returning)

    kept = {frozenset(pair[4:]) for pair in pairs if is_listed_by_itself(pair)}
    return [pair for pair in pairs if frozenset(pair[4:]) in kept], crowds

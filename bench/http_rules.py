"""How many attack requests the indicators find, and how many ordinary ones they take for an attack.

    python -m bench.http_rules [--data DATA] [--half dev|sealed] [--missed N] [--hits N]

Every set is split in two by hash (`bench._http_corpus`, which says what counts and why). Patterns are written on the
rows of "dev" alone. Of "sealed" only rates are ever printed: `--missed` and `--hits`, which show rows, need
`--half dev`. Each request goes through `vigie.rules.matching.verdicts`, as in a case.

The macro rate is the mean over the attack sets, so that the 13,000 rows of one set do not drown the 20 of another.
False positives are counted on the pooled legitimate rows. Sets without labels (an ordinary site's log that holds some
real probes; two scanners' logs, most of whose requests are harmless by themselves) are reported apart.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench._http_corpus import HALVES, Corpus, Row, corpus
from vigie.rules.matching import verdicts
from vigie.testing import rows as table_of
from vigie.text.decode import decode

if TYPE_CHECKING:
    import pyarrow as pa

DATA: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data"
BAR: Final = {"macro": 0.93, "fpr": 0.0005}
REFERENCE: Final = "OWASP CRS 4.29 at paranoia level 1: 0.892 / 0.0000; CrowdSec's lists 0.53 / 0.0080; Sigma 0.26"


def main() -> int:
    """Print the rates of a half."""
    parser = argparse.ArgumentParser(prog="bench.http_rules", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--half", choices=HALVES, default="dev")
    parser.add_argument("--missed", type=int, default=0, help="print up to N missed rows of each attack set")
    parser.add_argument("--hits", type=int, default=0, help="print up to N hits of each other set")
    asked = parser.parse_args()
    if asked.half == "sealed" and (asked.missed or asked.hits):
        parser.error("rows of the sealed half are counted, never shown")
    if not (asked.data / "cyber").is_dir():
        print(f"no evaluation sets in {asked.data}")
        return 0
    sets = corpus(asked.data)
    judged = _judged(sets, asked.half)
    _print(sets, judged, asked.half)
    if asked.half == "dev":
        _print_rows(judged, {r.set for r in sets.attack}, asked.missed, asked.hits)
    return 0


def figures(data: Path, half: str) -> tuple[str, dict[str, float]]:
    """Return the corpus' hash, and each attack set's true-positive rate, with "macro" and "fpr"."""
    sets = corpus(data)
    return sets.sha256, _rates(sets, _judged(sets, half))


Judged = list[tuple[Row, str | None, str | None]]


def _judged(sets: Corpus, half: str) -> Judged:
    """Return each row of the half with its kind and its indicator, or None where nothing matched."""
    rows = [r for r in (*sets.attack, *sets.legitimate, *sets.unlabelled) if r.half == half]
    found = verdicts(_requests(rows)).select(["row_id", "kind", "indicator"]).to_pylist()
    by_row = {cells["row_id"]: (cells["kind"], cells["indicator"]) for cells in found}
    return [(row, *by_row.get(f"0123456789ab:{n}", (None, None))) for n, row in enumerate(rows, start=1)]


def _requests(rows: list[Row]) -> pa.Table:
    keys = ("path", "query", "referer", "user_agent", "method", "status")
    cells: list[dict[str, Any]] = [{"client_ip": "192.0.2.1", **{k: getattr(row, k) for k in keys}} for row in rows]
    return table_of("requests", *cells)


def _counts(judged: Judged) -> dict[str, tuple[int, int]]:
    total = Counter(row.set for row, _, _ in judged)
    found = Counter(row.set for row, kind, _ in judged if kind)
    return {name: (found[name], n) for name, n in sorted(total.items())}


def _rates(sets: Corpus, judged: Judged) -> dict[str, float]:
    counts = _counts(judged)
    attack = {name: found / n for name, (found, n) in counts.items() if name in {r.set for r in sets.attack}}
    pooled = [counts[name] for name in {r.set for r in sets.legitimate} if name in counts]
    fpr = sum(found for found, _ in pooled) / sum(n for _, n in pooled)
    return {**attack, "macro": sum(attack.values()) / len(attack), "fpr": fpr}


def _alone(sets: Corpus, judged: Judged, half: str) -> Judged:
    """Return the rows whose payload stands in the other half in no set: published sets borrow from one another."""
    other = {decode(row.text) for row in sets.attack if row.half != half}
    return [(row, kind, indicator) for row, kind, indicator in judged if decode(row.text) not in other]


def _print(sets: Corpus, judged: Judged, half: str) -> None:
    counts, rates = _counts(judged), _rates(sets, judged)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for row, kind, _ in judged:
        kinds[row.set][kind or ""] += bool(kind)
    print(f"half {half}, corpus {sets.sha256[:12]}")
    for title, members in (("attack", sets.attack), ("legitimate", sets.legitimate), ("no labels", sets.unlabelled)):
        print(f"\n{title:28} found   rows    rate  as")
        for name in sorted({r.set for r in members} & counts.keys()):
            found, n = counts[name]
            shown = ", ".join(f"{kind} {c:,}" for kind, c in kinds[name].most_common() if c)
            print(f"{name:28} {found:5,} {n:6,} {found / n:7.4f}  {shown}")
    print("\nleft out, not in an access log: " + "; ".join(f"{k} {n}" for k, n in sorted(sets.left_out.items()) if n))
    print(f"\nmacro true-positive rate {rates['macro']:.4f} (bar {BAR['macro']}), over {len(rates) - 2} sets")
    alone = _alone(sets, judged, half)
    print(f"  without the {len(judged) - len(alone)} rows whose payload another set has in the other half: ", end="")
    print(f"{_rates(sets, alone)['macro']:.4f}")
    print(f"false-positive rate      {rates['fpr']:.5f} (bar {BAR['fpr']})")
    print(f"reference, on wider sets of the same kind (macro / false positives): {REFERENCE}")


def _print_rows(judged: Judged, attack: set[str], missed: int, hits: int) -> None:
    shown: Counter[str] = Counter()
    for row, kind, indicator in judged:
        limit = missed if row.set in attack else hits
        if bool(kind) == (row.set in attack) or shown[row.set] >= limit:
            continue
        shown[row.set] += 1
        print(f"{row.set} | {indicator or 'missed'} | {row.method} {row.status} {row.text!r}")


if __name__ == "__main__":
    sys.exit(main())

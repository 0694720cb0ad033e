"""The timing null beside its formula by hand."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.kernels._share_logs import EDGES, LOGS, always, arrays, edge_arrays, share_pairs
from vigie.kernels.co_share_timing import expected_timing, meeting_chances, meeting_rate
from vigie.kernels.share_by_channel import by_channel
from vigie.kernels.share_near import near_pairs


@given(LOGS, st.integers(0, 6), st.integers(6, 30), st.floats(0.1, 50))
def test_the_timing_null_is_the_formula(log, window, reach, prior):
    log, shares = arrays(log)
    close = Counter(one[0] for one, _ in share_pairs(log, window))
    far = Counter(one[0] for one, _ in share_pairs(log, reach))
    votes = [close[o] / far[o] for o in far]
    steady = (2 * window + 1) / (2 * reach + 1)
    rho = max(steady, (sum(votes) + 30 * min(1, 3 * steady)) / (len(votes) + 30))
    kept = min(1, rho * len(votes) / sum(votes)) if any(votes) else 1
    by_hand = {o: (close[o] + prior * rho) / (far[o] + prior) for o in sorted({o for o, _, _ in log})}
    close_by_object, far_by_object = (near_pairs(shares, always(log), window=w)[0] for w in (window, reach))
    assert meeting_rate(close_by_object, far_by_object, steady=steady) == pytest.approx((rho, kept))
    chances = meeting_chances(close_by_object, far_by_object, rho=rho, prior=prior)
    assert np.allclose(chances, list(by_hand.values()))
    expected = defaultdict(float)
    together = Counter((min(x[2], y[2]), max(x[2], y[2]), x[0]) for x, y in share_pairs(log, reach))
    for (a, b, o), near in together.items():
        expected[a, b] += 1 - (1 - by_hand[o]) ** near
    got, trials = expected_timing(*edge_arrays(), by_channel(shares), reach=reach, chances=chances)
    assert trials.tolist() == [sum((*edge, o) in together for o in by_hand) for edge in EDGES]
    event(f"edges with a mean: {min(3, len(expected))}")
    assert np.allclose(got, [expected[edge] for edge in EDGES], atol=1e-9)

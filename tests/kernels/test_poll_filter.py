import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.poll_filter import LEVEL_VARIANCE, Course, discounted, filtered, searched

SETTING = {"design": 0.7, "house_sd": 0.1, "drift": 0.004}
HOUSES = 3
FIELD = HOUSES + 2  # the first state of a field


@st.composite
def courses(draw, *, fields=True):
    """Figures of three houses, and of two fields beside the base, each begun before it is loaded."""
    seed = draw(st.integers(0, 10_000))
    n = draw(st.integers(1, 14))
    rng = np.random.default_rng(seed)
    loads = np.stack([rng.integers(1, HOUSES + 2, n), np.full(n, -1)], axis=1)
    begins = []
    state = draw(st.integers(0, n)) if fields else n
    if state < n:
        loads[state:, 1] = rng.choice([-1, FIELD], n - state)
        begins.append((state, FIELD, -1))
        second = draw(st.integers(state, n))
        if second < n:
            loads[second:, 1] = rng.choice([-1, FIELD, FIELD + 1], n - second)
            begins.append((second, FIELD + 1, draw(st.sampled_from([-1, FIELD]))))
            third = draw(st.integers(second, n))
            if third < n:
                begins.append((third, FIELD, FIELD + 1))
    jump = np.zeros(n)
    jump[draw(st.integers(0, n - 1))] = draw(st.sampled_from([0.0, 0.3]))
    share = rng.choice([1.0, 0.4, 0.0], n, p=[0.6, 0.2, 0.2])
    share[loads[:, 0] == HOUSES + 1] = 0.0  # the house whose figures change nothing
    event(f"begun {len(begins)}")
    return Course(
        seen=rng.normal(-1, 0.3, n),
        sampling=rng.uniform(0.003, 0.01, n),
        rounding=np.full(n, 0.0002),
        share=share,
        day=np.sort(rng.integers(0, 40, n)).astype(float),
        loads=loads.astype(np.int64),
        begins=np.array(begins, dtype=np.int64).reshape(-1, 3),
        begin_mean=rng.normal(0, 0.1, len(begins)),
        begin_variance=rng.uniform(0.01, 0.03, len(begins)),
        jump=jump,
        houses=HOUSES,
        states=HOUSES + 4,
    )


class Joint:
    """The slow way: all states of all times as sums of independent normals, conditioned by one linear system."""

    def __init__(self, course, design, house_sd, drift):
        k, n = course.states, course.seen.size
        own = np.zeros(k)
        own[0], own[1 : HOUSES + 2] = LEVEL_VARIANCE**0.5, house_sd
        roots = np.diag(own)
        shift = np.zeros(k)
        self.roots, self.shifts = [], []
        begun = 0
        for t in range(n):
            walk = drift * (course.day[t] - course.day[t - 1]) if t else 0.0
            roots = np.column_stack([roots, np.eye(k)[0] * np.sqrt(walk + course.jump[t])])
            while begun < len(course.begins) and course.begins[begun, 0] <= t:
                _, state, parent = course.begins[begun]
                shift = shift.copy()
                roots[state] = roots[parent] if parent >= 0 else 0.0
                shift[state] = course.begin_mean[begun] + (shift[parent] if parent >= 0 else 0.0)
                roots = np.column_stack([roots, np.eye(k)[state] * np.sqrt(course.begin_variance[begun])])
                begun += 1
            self.roots.append(roots.copy())
            self.shifts.append(shift)
        width = roots.shape[1]
        self.roots = [np.pad(r, ((0, 0), (0, width - r.shape[1]))) for r in self.roots]
        self.loaded = [np.eye(k)[0] + sum(np.eye(k)[at] for at in row if at >= 0) for row in course.loads]
        self.course = course
        self.noise = design * course.sampling + course.rounding

    def given(self, t, weight, first, other=None):
        """Return mean of weight'x at t given the first figures, and its covariance with that of `other` (t, weight)."""
        used = [i for i in range(first) if self.course.share[i] > 0]
        root = weight @ self.roots[t]
        to = root if other is None else other[1] @ self.roots[other[0]]
        seen = np.array([self.loaded[i] @ self.roots[i] for i in used]).reshape(len(used), root.size)
        miss = np.array([self.course.seen[i] - self.loaded[i] @ self.shifts[i] for i in used])
        noise = np.diag([self.noise[i] / self.course.share[i] for i in used])
        gain = np.linalg.solve(seen @ seen.T + noise, seen @ root) if used else np.zeros(0)
        return weight @ self.shifts[t] + gain @ miss, root @ to - gain @ (seen @ to)

    def level(self, t, houses):
        weight = np.eye(self.course.states)[0]
        for house in houses:
            weight[house] = 1 / len(houses)
        if self.course.loads[t, 1] >= 0:
            weight[self.course.loads[t, 1]] = 1.0
        return weight


@settings(max_examples=60, deadline=None)
@given(courses())
def test_filter_and_smoother_are_those_of_the_joint_normal(course):
    joint = Joint(course, **SETTING)
    made = filtered(course, **SETTING)
    n = course.seen.size
    everyone = range(1, HOUSES + 1)
    for t in range(n):
        assert joint.given(t, joint.loaded[t], t) == pytest.approx((made.expected[t], made.spread[t]), abs=1e-6)
        weight = joint.level(t, everyone)
        assert joint.given(t, weight, n) == pytest.approx((made.now_mean[t], made.now_variance[t]), abs=1e-6)
        met = sorted({int(course.loads[i, 0]) for i in range(t + 1) if course.share[i] > 0})
        then = joint.given(t, joint.level(t, met), t + 1)
        assert then == pytest.approx((made.then_mean[t], made.then_variance[t]), abs=1e-6)
        again = any(at > t and state == course.loads[t, 1] for at, state, _ in course.begins)
        if not again:
            last = joint.given(t, weight, n, (n - 1, weight))[1]
            assert last == pytest.approx(made.now_last[t], abs=1e-6)
    for i in range(course.states):
        end = joint.given(n - 1, np.eye(course.states)[i], n)
        assert end == pytest.approx((made.end_mean[i], made.end_covariance[i, i]), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(courses())
def test_the_search_forecasts_as_the_filter_does(course):
    mean, variance, fit = searched(course, np.array([0.5, 0.7]), np.array([0.1]), np.array([0.001, 0.004]))
    made = filtered(course, **SETTING)
    assert mean[1, 0, 1] == pytest.approx(made.expected)
    assert variance[1, 0, 1] == pytest.approx(made.spread)
    total = made.spread + made.noise
    density = -0.5 * (np.log(2 * np.pi * total) + (course.seen - made.expected) ** 2 / total)
    assert fit[1, 0, 1] == pytest.approx(np.where(course.share > 0, course.share * density, 0.0))


@settings(max_examples=30, deadline=None)
@given(courses(), st.integers(0, 13))
def test_a_figure_that_is_not_used_changes_nothing(course, at):
    at %= course.seen.size
    course.share[at] = 0.0
    other = course._replace(seen=course.seen + 5.0 * (np.arange(course.seen.size) == at))
    for one, two in zip(filtered(course, **SETTING), filtered(other, **SETTING), strict=True):
        assert np.array_equal(one, two)


@settings(max_examples=30, deadline=None)
@given(courses(fields=False))
def test_statsmodels_agrees(course):
    """The same fixed system: level and houses as states, a design matrix that moves with time."""
    from statsmodels.tsa.statespace.mlemodel import MLEModel

    course = course._replace(share=np.ones(course.seen.size), jump=np.zeros(course.seen.size))
    n, k = course.seen.size, HOUSES + 2
    model = MLEModel(course.seen, k_states=k, k_posdef=1)
    design = np.zeros((1, k, n))
    design[0, 0] = 1.0
    for t in range(n):
        design[0, course.loads[t, 0], t] = 1.0
    step = np.zeros((1, 1, n))
    step[0, 0, : n - 1] = SETTING["drift"] * np.diff(course.day)
    noise = SETTING["design"] * course.sampling + course.rounding
    for name, value in {
        "design": design,
        "transition": np.eye(k),
        "selection": np.eye(k)[:, :1],
        "state_cov": step,
        "obs_cov": noise.reshape(1, 1, n),
    }.items():
        model[name] = value
    model.ssm.initialize_known(np.zeros(k), np.diag([LEVEL_VARIANCE, *[SETTING["house_sd"] ** 2] * (k - 1)]))
    model.ssm.tolerance = 0
    theirs = model.ssm.smooth()
    ours = filtered(course, **SETTING)
    _, _, fit = searched(course, *(np.array([SETTING[name]]) for name in ("design", "house_sd", "drift")))
    assert ours.expected == pytest.approx(theirs.forecasts[0], abs=1e-8)
    assert ours.spread + noise == pytest.approx(theirs.forecasts_error_cov[0, 0], abs=1e-8)
    assert fit[0, 0, 0].sum() == pytest.approx(theirs.llf, abs=1e-8)
    weight = np.array([1.0, *[1 / HOUSES] * HOUSES, 0.0])
    assert ours.now_mean == pytest.approx(weight @ theirs.smoothed_state, abs=1e-8)
    variance = np.einsum("i,ijt,j->t", weight, theirs.smoothed_state_cov, weight)
    assert ours.now_variance == pytest.approx(variance, abs=1e-8)


def test_a_house_that_leans_is_seen_to_lean():
    n = 40
    loads = np.stack([np.arange(n) % HOUSES + 1, np.full(n, -1)], axis=1)
    plain = Course(
        seen=np.full(n, -1.0),
        sampling=np.full(n, 0.004),
        rounding=np.full(n, 0.0002),
        share=np.ones(n),
        day=np.arange(n, dtype=float),
        loads=loads,
        begins=np.zeros((0, 3), dtype=np.int64),
        begin_mean=np.zeros(0),
        begin_variance=np.zeros(0),
        jump=np.zeros(n),
        houses=HOUSES,
        states=HOUSES + 2,
    )
    leaning = plain._replace(seen=plain.seen + 0.2 * (loads[:, 0] == 1))
    effects = filtered(leaning, **SETTING).end_mean[1 : HOUSES + 1]
    assert effects[0] - effects[1:].mean() == pytest.approx(0.2, abs=0.05)
    assert np.ptp(filtered(plain, **SETTING).end_mean[1 : HOUSES + 1]) == pytest.approx(0.0, abs=1e-4)


@given(st.integers(0, 10_000), st.integers(0, 8), st.integers(1, 6))
def test_what_was_before_each_scenario_is_summed_and_discounted(seed, n, scenarios):
    rng = np.random.default_rng(seed)
    ranks = np.sort(rng.integers(0, scenarios, n))
    fit, left = rng.normal(0, 1, (2, 3, 2, n)), rng.uniform(0, 1, scenarios)
    got = discounted(fit, ranks, left)
    assert got.shape == (2, 3, 2, scenarios + 1)
    for rank in range(scenarios + 1):
        slow = sum(fit[..., i] * np.prod(left[ranks[i] + 1 : rank]) for i in range(n) if ranks[i] < rank)
        assert got[..., rank] == pytest.approx(slow + np.zeros((2, 3, 2)))

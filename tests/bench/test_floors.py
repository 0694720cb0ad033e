"""The floors hold on the exercise, and a fall is noticed."""

import json

import pytest

from bench import floors
from tests import shared_data


def test_no_figure_of_the_exercise_is_below_its_floor(tmp_path):
    held = json.loads(floors.FILE.read_text(encoding="utf-8"))["exercise"]
    corpus, figures = floors.exercise_figures(tmp_path / "exercise")
    assert floors.compare(held, corpus, figures) == []


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "measure"), [("http_rules, sealed half", floors.rule_figures), ("http_scans", floors.scan_shares)]
)
def test_no_figure_of_the_evaluation_data_is_below_its_floor(name, measure):
    data = shared_data()
    if data is None:
        pytest.skip("the evaluation data is not beside the checkout")
    corpus, figures = measure(data)
    held = json.loads(floors.FILE.read_text(encoding="utf-8"))[name]
    assert floors.compare(held, corpus, figures) == []


def test_a_fall_a_loss_and_another_corpus_are_noticed():
    held = {"corpus_sha256": "a", "floors": {"d": {"recall": 0.5}}}
    assert floors.compare(held, "a", {"d": {"recall": 0.5}}) == []
    assert "below" in floors.compare(held, "a", {"d": {"recall": 0.4}})[0]
    assert "below" in floors.compare(held, "a", {})[0]
    assert "changed" in floors.compare(held, "b", {"d": {"recall": 0.9}})[0]


@pytest.mark.shared
def test_no_figure_of_coordination_is_below_its_floor():
    data = shared_data()
    if data is None:
        pytest.skip("the evaluation data is not beside the checkout")
    held = json.loads(floors.FILE.read_text(encoding="utf-8"))
    for name, (corpus, figures) in floors.coordination_figures(data).items():
        assert floors.compare(held[name], corpus, figures) == []


def test_no_figure_of_copies_is_below_its_floor():
    held = json.loads(floors.FILE.read_text(encoding="utf-8"))
    for name, (corpus, figures) in floors.family_figures(shared_data()).items():
        assert floors.compare(held[name], corpus, figures) == []

import pytest

from tests.exercise.held import SMALLEST
from vigie import exercise


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("exercise") / "case"
    exercise.write(made, scale=SMALLEST)
    return made

import pytest

from vigie.errors import InputError
from vigie.run.output_files import check_output


def test_a_file_that_can_be_written_may_stand_there_already(tmp_path):
    for name in ("edges.csv", "EDGES.CSV", "graph.gexf"):
        (tmp_path / name).touch()
        check_output(tmp_path / name, "edges are", (".csv", ".gexf"))
    check_output(tmp_path / "of-any-kind")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("edges.xlsx", r"no kind of file that edges are written to\n.*let it end in \.csv, \.gexf"),
        ("edges", "no kind of file"),
        ("nowhere/edges.csv", "there is no such folder"),
        ("folder.csv", "is a folder"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, name, said):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=said):
        check_output(tmp_path / name, "edges are", (".csv", ".gexf"))

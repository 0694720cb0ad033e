import pytest

from vigie.rules.network_standing import Bar


@pytest.mark.parametrize(
    ("members", "objects", "explained", "p_value", "wanted"),
    [
        (2, 9, 0.0, 0.0, "small"),
        (3, 3, 0.0, 0.0, "finding"),
        (3, 2, 0.0, 0.0, "small"),
        (3, 9, 0.9, 0.2, "finding"),
        (3, 9, 0.9, 0.201, "chance"),
        (3, 9, 0.91, 0.0, "explained"),
        (2, 2, 1.0, 1.0, "explained"),
    ],
)
def test_a_network_is_a_finding_where_nothing_speaks_against_it(members, objects, explained, p_value, wanted):
    network = {"members": ["x"] * members, "objects": objects, "explained": explained, "p_value": p_value}
    assert Bar(channels_min=3, objects_min=3, explained_max=0.9, p_max=0.2).standing(network) == wanted

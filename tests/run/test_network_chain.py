"""What the commands on networks and the briefing say alike of channels: their names, and whose they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.run.network_tables import networks_table
from vigie.run.network_chain import declared_in, members_of, names_of, outlet_of
from vigie.tables import split_row_id
from vigie.testing import rows

OUTLETS = [
    {"platform": "x", "channel_id": "ana", "outlet": "RT", "tier": "state-controlled"},
    {"platform": None, "channel_id": "ana", "outlet": "TASS", "tier": "state-linked"},
    {"platform": "telegram", "channel_id": "bob", "outlet": None, "tier": "official"},
    {"platform": "x", "channel_id": "a:b", "outlet": "Colon", "tier": "none"},
]
SAID = st.fixed_dictionaries(
    {
        "time": st.integers(0, 2),
        "platform": st.sampled_from(["x", "telegram"]),
        "channel_id": st.sampled_from(["ana", "a:b"]),
        "channel_name": st.sampled_from([None, "Ana", "Änä", "=1+1"]),
    }
)
ROW_IDS = [f"{source}:{record}" for source in ("a" * 12, "b" * 12) for record in (2, 9, 10, 100)]


@given(st.lists(st.tuples(SAID, st.sampled_from(ROW_IDS)), max_size=8, unique_by=lambda post: post[1]))
def test_a_channel_is_named_as_its_last_post_does_and_of_several_the_first_row(said):
    table = rows("posts", *({"row_id": row_id, "post_id": str(n)} | post for n, (post, row_id) in enumerate(said)))
    wanted = {}
    for post, _ in sorted(said, key=lambda p: (-p[0]["time"], split_row_id(p[1]))):
        if post["channel_name"] is not None:
            wanted.setdefault(f"{post['platform']}:{post['channel_id']}", post["channel_name"])
    asked = ["x:ana", "telegram:a:b", "x:nobody", "x:ana"]
    assert names_of(table, asked) == {c: name for c, name in wanted.items() if c in asked}
    assert names_of(table, []) == {}


@pytest.mark.parametrize(
    ("channel", "outlet", "tier"),
    [
        ("x:ana", "RT", "state-controlled"),
        ("facebook:ana", "TASS", "state-linked"),
        ("telegram:bob", None, "official"),
        ("x:bob", None, None),
        ("x:a:b", "Colon", "none"),
        ("x:", None, None),
    ],
)
def test_what_is_declared_of_a_channel_on_its_platform_goes_before_what_is_on_any(channel, outlet, tier):
    for channels in (OUTLETS, OUTLETS[::-1]):
        assert outlet_of(channel, declared_in(channels)) == (outlet, tier)


def test_each_member_comes_with_its_name_and_its_outlet():
    (network,) = networks_table(("net-1", ["x:cem", "facebook:ana"])).to_pylist()
    ana, cem = members_of(network, declared_in(OUTLETS), {"x:cem": "Cem", "x:ana": "another"})
    assert (ana["channel"], ana["name"], ana["outlet"], ana["role"]) == ("facebook:ana", None, "TASS", "first mover")
    assert (cem["channel"], cem["name"], cem["outlet"], cem["tier"]) == ("x:cem", "Cem", None, None)

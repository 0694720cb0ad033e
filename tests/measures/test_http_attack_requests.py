import pytest

from tests.measures.attack_tables import get, tables
from vigie.engine.local import LocalEngine
from vigie.measures.http_attack_requests import MEASURE

DAY_S = 86_400
SQL = {"kind": "sql_injection"}


def run(*requests, **case):
    relations = tables(*requests, **case)
    with LocalEngine({n: relations[n] for n in MEASURE.reads}) as engine:
        return engine.run(MEASURE.steps())


def one(*requests, **case):
    """The last request given, as measured."""
    last = f":{len(requests)}"
    (row,) = (r for r in run(*requests, **case).to_pylist() if r["row_id"].endswith(last))
    return row


def test_existing_is_what_a_client_without_any_attack_was_served():
    attack = get("5.5.5.5", 9, "/news?id=1'", **SQL)
    assert one(get("8.8.8.8", 1, "/news"), attack)["existing"]
    assert not one(get("8.8.8.8", 1, "/news", 404), attack)["existing"]
    assert not one(get("5.5.5.5", 1, "/news"), attack)["existing"]
    assert not one(get("5.5.5.5", 1, "/news", user_agent="another"), attack)["existing"]
    assert not one(get("8.8.8.8", 1, "/news", host="other.example"), attack)["existing"]
    assert not one(get("8.8.8.8", 1, "/"), get("5.5.5.5", 9, "/?id=1'", **SQL))["existing"]


def test_a_payload_in_the_path_leaves_the_page_before_it():
    row = one(get("8.8.8.8", 1, "/news/12"), get("5.5.5.5", 9, "/news/12'%20or%20'1'='1", **SQL))
    assert (row["existing"], row["working"]) == (True, True)


def test_a_proxy_without_header_stands_for_many_clients():
    attack = get("10.0.0.2", 9, "/news?id=1'", user_agent="tool", **SQL)
    assert one(get("10.0.0.2", 1, "/news", user_agent="reader"), attack)["existing"]
    assert not one(get("10.0.0.2", 1, "/news", user_agent="tool"), attack)["existing"]


def test_forwarded_addresses_tell_clients_apart():
    attack = get("10.0.0.2", 9, "/news?id=1'", forwarded_for="5.5.5.5", **SQL)
    assert one(get("10.0.0.2", 1, "/news", forwarded_for="8.8.8.8"), attack)["existing"]
    assert not one(get("10.0.0.2", 1, "/news", forwarded_for="1.2.3.4, 5.5.5.5"), attack)["existing"]


def test_probes_from_a_list_are_no_work_on_a_page():
    row = one(get("8.8.8.8", 1, "/wp-login.php"), get("5.5.5.5", 9, "/wp-login.php", 404, kind="cms_probe"))
    assert (row["existing"], row["working"]) == (True, False)


def test_read_first_is_said_of_a_page_only_the_session_itself_was_served():
    before, after = get("5.5.5.5", 1, "/hidden"), get("5.5.5.5", 20, "/hidden")
    attack = get("5.5.5.5", 9, "/hidden?id=1'", **SQL)
    row = one(before, attack)
    assert (row["existing"], row["working"], row["read_first"]) == (False, True, True)
    assert not one(after, attack)["read_first"]
    assert not one(get("5.5.5.5", 1, "/hidden", 403), attack)["read_first"]


@pytest.mark.parametrize(
    ("target", "kind", "named"),
    [
        ("/backup/macron.zip", "backup_probe", True),
        ("/site.zip", "backup_probe", False),  # made of the address by any tool
        ("/index.php?db=macron'", "sql_injection", True),
        ("/index.php?db=Macr%C3%B6n'", "sql_injection", True),
        ("/index.php?db=macrons'", "sql_injection", False),
        ("/index.php?to=http://www.enmarche.example/'", "sql_injection", False),
        ("/index.php?db=enmarche_users'", "sql_injection", True),
        ("/index.php?db=www'", "sql_injection", False),
        ("/macron/programme?id=1'", "sql_injection", False),  # a page of the site
        ("/index.php?db=example'", "sql_injection", False),
    ],
)
def test_names_count_where_they_are_no_page_of_the_site(target, kind, named):
    case = {"hosts": ("www.enmarche.example",), "aliases": ("Macron", "Le")}
    row = one(get("8.8.8.8", 1, "/macron/programme"), get("5.5.5.5", 9, target, kind=kind), **case)
    assert row["named"] is named


def test_what_many_sources_ask_for_on_a_third_of_all_days_is_usual():
    readers = [get("8.8.8.8", n * DAY_S, "/") for n in range(9)]

    def probes(days, sources):
        return [get(f"5.5.5.{n % sources}", d * DAY_S + 9, f"/old-{n}/", 404, kind="cms_probe") for n, d in days]

    assert one(*readers, *probes(enumerate([0, 3, 6, 8]), 4))["usual"]
    assert not one(*readers, *probes(enumerate([0, 3, 6, 8]), 3))["usual"]
    assert not one(*readers, *probes(enumerate([0, 3, 3, 3]), 4))["usual"]
    assert not one(*readers, get("8.8.8.8", 12 * DAY_S, "/"), *probes(enumerate([0, 3, 6, 6]), 4))["usual"]


def test_the_rest_of_a_scan_and_posts_to_login_pages_are_attacks():
    scan = [get("5.5.5.5", n, f"/{n}", 404, called="scan") for n in range(3)]
    guesses = [get("6.6.6.6", 50 + n, "/login", method="POST", called="login_guessing") for n in range(3)]
    kinds = run(*scan, get("5.5.5.5", 9, "/a?b='", **SQL), *guesses, get("6.6.6.6", 99, "/news"))["kind"].to_pylist()
    assert kinds == ["scan"] * 3 + ["sql_injection"] + ["login_guessing"] * 3


REFUSED = [get("7.7.7.7", n, f"/gone{'abcde'[n]}.php", 404, kind="webshell_probe", bytes=200) for n in range(5)]
READERS = [get(f"8.8.8.{n}", 100 + n, "/news", bytes=10_000 + 100 * n) for n in range(25)]


@pytest.mark.parametrize(
    ("requests", "begins"),
    [
        (
            [*REFUSED, get("5.5.5.5", 50, "/backup.sql", kind="backup_probe", bytes=900_000)],
            "answered 200 with 900,000",
        ),
        ([*REFUSED, get("5.5.5.5", 50, "/backup.sql", None, kind="backup_probe", bytes=900_000)], None),
        ([*REFUSED, get("5.5.5.5", 50, "/backup.sql", kind="backup_probe", bytes=None)], None),
        ([get("5.5.5.5", 50, "/backup.sql", kind="backup_probe", bytes=900_000)], None),  # nothing to compare with
        (
            [  # a page that says "not found" with status 200
                *REFUSED,
                get("5.5.5.5", 49, "/dump.sql", kind="backup_probe", bytes=7_010),
                get("5.5.5.5", 50, "/backup.sql", kind="backup_probe", bytes=7_000),
            ],
            None,
        ),
        (
            [  # the front page for whatever is missing
                *REFUSED,
                get("8.8.8.8", 1, "/", bytes=7_000),
                get("5.5.5.5", 50, "/backup.sql", kind="backup_probe", bytes=7_000),
            ],
            None,
        ),
        (
            [  # a page that everybody is served
                *REFUSED,
                get("8.8.8.8", 1, "/admin/", bytes=7_000),
                get("5.5.5.5", 50, "/admin/", kind="admin_probe", bytes=90_000),
            ],
            None,
        ),
        (
            [
                *REFUSED,
                get("5.5.5.5", 50, "/c99.php", kind="webshell_probe", bytes=90_000),
                get("5.5.5.5", 60, "/c99.php", kind="webshell_probe", bytes=90_000, method="POST"),
            ],
            "a POST request answered 200",
        ),
        ([*READERS, get("5.5.5.5", 200, "/news?id=1'", bytes=400_000, **SQL)], "answered 200 with 400,000"),
        ([*READERS, get("5.5.5.5", 200, "/news?id=1'", bytes=20_000, **SQL)], None),
        ([*READERS[:15], get("5.5.5.5", 200, "/news?id=1'", bytes=400_000, **SQL)], None),
        (
            [  # the page answers all that is sent to it so
                *READERS,
                *(get("5.5.5.5", 190 + n, f"/news?id={c}'", bytes=400_000, **SQL) for n, c in enumerate("abcd")),
            ],
            None,
        ),
        ([*READERS, get("5.5.5.5", 200, "/news?f=../../etc/passwd", bytes=1_500, kind="traversal")], "answered 200"),
        ([*READERS, get("5.5.5.5", 200, "/news?id=1'", bytes=1_500, **SQL)], None),
        ([*READERS, get("5.5.5.5", 200, "/news?q=<script>", bytes=400_000, kind="xss")], None),
        ([*READERS, get("5.5.5.5", 200, "/news?id=1'", 500, **SQL)], "answered 500"),
        ([*READERS, get("8.8.8.8", 199, "/news", 500), get("5.5.5.5", 200, "/news?id=1'", 500, **SQL)], None),
        ([*READERS, get("5.5.5.5", 200, "/news?id=1'", 503, **SQL)], None),
    ],
)
def test_what_may_have_succeeded(requests, begins):
    why = one(*requests)["succeeded"]
    assert (why is None) if begins is None else why.startswith(begins)


def guessing(*answers, then=()):
    posts = [
        get("6.6.6.6", n, "/login", s, method="POST", called="login_guessing", bytes=900) for n, s in enumerate(answers)
    ]
    return [s for s in run(*posts, *then)["succeeded"].to_pylist() if s]


def test_a_login_after_many_guesses():
    inside = get("6.6.6.6", 90, "/account")
    (why,) = guessing(*[200] * 12, 302, then=[inside])
    assert why == "answered 302 after 12 guesses answered 200, then the session was served /account"
    assert guessing(*[200] * 12, 302) == []
    assert guessing(*[200] * 12, 302, then=[get("6.6.6.6", 90, "/account", 403)]) == []
    assert guessing(*[200] * 12, 403, then=[inside]) == []
    assert guessing(*[200] * 4, 302, then=[inside]) == []
    assert guessing(*[200, 302] * 12, then=[inside]) == []
    assert guessing(*[200] * 12, 302, then=[get("6.6.6.6", 90, "/login")]) == []


def test_nothing_in_nothing_out():
    assert run().equals(MEASURE.schema.empty_table())

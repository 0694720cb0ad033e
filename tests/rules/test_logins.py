import re
from urllib.parse import unquote

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.errors import ProblemsError
from vigie.rules.logins import LoginPage, is_login, login_pages, read_login_pages

EVERY = pytest.mark.parametrize("page", login_pages().pages, ids=lambda p: p.id)

GOOD = """
texts = "^/news/"
[[page]]
id = "one"
pattern = "enter"
matches = ["/enter"]
spares = ["/entered"]
references = ["https://example.org/"]
false_positives = "none known"
"""


def slow_is_login(path: str | None) -> bool:
    """The same rule page by page with `re`, segment borders cut by hand."""
    if path is None:
        return False
    path = path.lower()
    if re.search("%(?:2[def]|[46][1-9a-f]|[57][0-9a]|5f)", path):
        path = unquote(path).lower()
    pages = login_pages()
    inner = re.sub(r"^[a-z]{3,5}://[^/]*", "", path)
    if not inner.startswith("/"):
        return False
    cuts = [n for n, c in enumerate(inner) if c == "/"]
    ends = {inner, *(inner[:n] for n, c in enumerate(inner) if c == ";")}
    ends = {e[: len(e) - k] for e in ends for k in range(len(e) - len(e.rstrip("/")) + 1)}
    for page in pages.pages:
        if not page.anywhere and re.search(pages.texts, path):
            continue
        if any(re.fullmatch(page.pattern, e[cut + 1 :]) for e in ends for cut in cuts if cut < len(e)):
            return True
    return False


@EVERY
def test_examples_that_must_match_do_and_by_their_own_pattern(page: LoginPage):
    assert [e for e in page.matches if not is_login(pa.array([e]))[0].as_py()] == []
    assert [e for e in page.matches if not re.search(page.pattern, unquote(e).lower() + e.lower())] == []


@EVERY
def test_examples_that_must_not_match_do_not(page: LoginPage):
    assert [e for e in page.spares if is_login(pa.array([e]))[0].as_py()] == []


PIECES = (
    "/ / // login Login wp-login.php %6Cogin articles fr token api auth v1 .php ;a=1 http://h connexion - xmlrpc.php x "
    "sign in _ é %2f %C3%A9 administrator"
)
pieces = st.sampled_from(PIECES.split())


@settings(max_examples=30)
@given(
    st.lists(
        st.one_of(st.none(), st.lists(pieces, max_size=7).map("".join), st.text("/aZé%;.", max_size=9)), max_size=60
    )
)
def test_is_login_says_what_a_slow_reading_of_the_patterns_says(paths):
    expected = [slow_is_login(p) for p in paths]
    whole = pa.array(paths, pa.string())
    assert is_login(whole).to_pylist() == expected
    half = len(paths) // 2
    assert is_login(pa.chunked_array([whole[:half], whole[half:]])).to_pylist() == expected


def test_a_good_file_is_read():
    (page,) = read_login_pages(GOOD).pages
    assert (page.id, page.matches, page.anywhere) == ("one", ("/enter",), False)


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('id = "one"', 'id = "One"', "logins.toml:One.id", "not an id"),
        ('"enter"', '"ENTER"', "logins.toml:one.pattern", "upper-case"),
        ('"enter"', '"(?=x)y"', "logins.toml:one.pattern", "not a pattern"),
        ('"enter"', '"x*"', "logins.toml:one.pattern", "empty text"),
        ('"enter"', "3", "logins.toml:one.pattern", "not a text"),
        ('matches = ["/enter"]', "matches = []", "logins.toml:one.matches", "empty"),
        ('spares = ["/entered"]', "", "logins.toml:one.spares", "missing"),
        ("[[page]]", "[[page]]\ncolour = 1", "logins.toml:one.colour", "unknown key"),
        ("[[page]]", "[[page]]\nanywhere = 1", "logins.toml:one.anywhere", "neither"),
        ('texts = "^/news/"', 'texts = "("', "logins.toml:texts", "not a pattern"),
        ('texts = "^/news/"', "", "logins.toml:texts", "not a text"),
        ('texts = "^/news/"', 'texts = "^/news/"\nx = 1', "logins.toml:x", "unknown key"),
        ("[[page]]", "[[page", "logins.toml", "not TOML"),
    ],
)
def test_a_bad_file_names_the_page_and_the_key(old, new, where, what):
    with pytest.raises(ProblemsError) as caught:
        read_login_pages(GOOD.replace(old, new))
    assert [p.where for p in caught.value.problems] == [where]
    assert what in caught.value.problems[0].what


def test_two_pages_may_not_share_an_id_and_all_mistakes_are_said():
    with pytest.raises(ProblemsError) as caught:
        read_login_pages(GOOD + GOOD.partition("\n\n")[2] + GOOD[GOOD.index("[[page]]") :].replace('"enter"', '"("'))
    assert {p.where for p in caught.value.problems} == {"logins.toml:one.pattern", "logins.toml:one.id"}

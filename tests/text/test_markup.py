from hypothesis import given
from hypothesis import strategies as st

from vigie.text.markup import plain

WORDS = st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd")), min_size=1, max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_paragraphs_keep_their_words_and_order(words):
    assert plain("".join(f"<p>{w}</p>" for w in words)).text == "\n\n".join(words)
    assert plain("<br>".join(words)).text == "\n".join(words)
    assert plain("".join(f"<b>{w}</b>" for w in words)).text == "".join(words)


def test_links_are_kept_as_written_and_mentions_and_hashtags_are_not_links():
    found = plain(
        '<p><span class="h-card"><a href="https://m.example/@bob" class="u-url mention">@<span>bob</span></a></span> '
        'see <a href="https://A.example/x?b=2&amp;a=1"><span class="invisible">https://</span>A.example/x</a> '
        '<a href="https://m.example/tags/vote" class="mention hashtag" rel="tag">#<span>vote</span></a> '
        '<a href="javascript:alert(1)">no</a></p>'
    )
    assert found.text == "@bob see https://A.example/x #vote no"
    assert found.urls == ("https://A.example/x?b=2&a=1",)


def test_scripts_styles_and_comments_are_no_text():
    found = plain("<p>a</p><script>alert('x')</script><style>p{}</style><!-- c --><p>b</p>")
    assert found.text == "a\n\nb"


def test_text_without_markup_comes_back_as_it_is():
    hostile = "\u202e evil \u200b = 1 \x1b[31m"
    assert plain(hostile).text == hostile
    assert plain("a &lt;b&gt; &amp; c").text == "a <b> & c"


def test_nothing_is_read_from_outside(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    found = plain(
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><p>&e;</p><iframe src="{secret.as_uri()}"></iframe>'
    )
    assert "hidden words" not in found.text


@given(st.text(st.sampled_from("<>&;/!-[]\"'= apbrdivscript#x0\x00\n\ud800é"), max_size=60))
def test_any_markup(text):
    found = plain(text)
    assert isinstance(found.text, str)

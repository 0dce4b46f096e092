import pytest

from service.core.messages.text import code, link, plain, size


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("checkout-api", "`checkout-api`", id="an honest name stays as it is"),
        pytest.param("<!channel>", "`&lt;!channel&gt;`", id="a mention of everybody becomes text"),
        pytest.param("a&amp;b", "`a&amp;amp;b`", id="an entity is not taken for what it stands for"),
        pytest.param("a`*b*`c", "`aˋ*b*ˋc`", id="a backtick does not end the code span"),
        pytest.param("two\n\t lines", "`two lines`", id="one line"),
        pytest.param("a\u202eb\x00c\ud800d", "`abcd`", id="nothing unseen"),
        pytest.param(" \n ", "`(no name)`", id="an empty name is shown as such"),
    ],
)
def test_name_in_a_code_span(name: str, said: str) -> None:
    assert code(name) == said


def test_long_name_ends_in_an_ellipsis_and_never_inside_an_entity() -> None:
    assert plain("&" * 100, 21) == "&amp;&amp;&amp;&amp;…"
    assert plain("x" * 300) == "x" * 239 + "…"


def test_length_is_counted_as_slack_does() -> None:
    assert size("a🔴") == 3


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("https://x.example/a?b=1&c=2", "<https://x.example/a?b=1&amp;c=2|notice>", id="an address"),
        pytest.param("https://x.example/a|b>c", "<https://x.example/a%7Cb%3Ec|notice>", id="what would end the link"),
        pytest.param("javascript:alert(1)", "notice", id="no address of the web"),
        pytest.param("https://[x", "notice", id="no address at all"),
        pytest.param("https://x.example/\nb", "notice", id="two lines"),
    ],
)
def test_link_is_made_of_web_addresses_only(url: str, said: str) -> None:
    assert link(url, "notice") == said

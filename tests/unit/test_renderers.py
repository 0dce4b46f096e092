"""One text as Slack, the page and the terminal show it."""

import msgspec
import pytest

from service.core.wording import to_slack
from service.core.wording.blocks import CONTINUES, Block, Divider, Fields, Header, Section, SmallText, read_blocks
from service.core.wording.names import code, link, name
from service.core.wording.spans import Code, Spans, bold, listed, say
from service.core.wording.to_html import to_html
from service.core.wording.to_text import thread_to_text, to_text

BLOCKS: tuple[Block, ...] = (
    Header("a < b *c*"),
    Section(say("one\n", bold("two ", Code("a*b")), link("https://x.example/?a=1&b=2", "there"))),
    Fields((("Calls", "3 < 4"),)),
    SmallText(("small",)),
    Divider(),
)


@pytest.mark.parametrize(
    ("spans", "slack", "html", "text"),
    [
        pytest.param(("<!channel> &amp;",), "&lt;!channel&gt; &amp;amp;", "&lt;!channel&gt; &amp;amp;",
                     "<!channel> &amp;", id="a mention is text"),
        pytest.param((Code("a`*b*`c"),), "`aˋ*b*ˋc`", "<code>a`*b*`c</code>", "a`*b*`c",
                     id="a backtick ends no code in Slack"),
        pytest.param((bold("is ", Code("a<b")),), "*is `a&lt;b`*", "<b>is <code>a&lt;b</code></b>", "is a<b",
                     id="code in bold"),
        pytest.param(("one\ntwo",), "one\ntwo", "one<br>two", "one\ntwo", id="two lines"),
        pytest.param(
            (link("https://x.example/?a=1&b=|2>", "a <b>"),),
            "<https://x.example/?a=1&amp;b=%7C2%3E|a &lt;b&gt;>",
            '<a href="https://x.example/?a=1&amp;b=|2&gt;" rel="noopener noreferrer nofollow">a &lt;b&gt;</a>',
            "a <b> (https://x.example/?a=1&b=|2>)",
            id="an address ends where it ends",
        ),
        pytest.param(
            (link('https://x.example/"onclick="a', "here"),),
            '<https://x.example/"onclick="a|here>',
            '<a href="https://x.example/&quot;onclick=&quot;a" rel="noopener noreferrer nofollow">here</a>',
            'here (https://x.example/"onclick="a)',
            id="an address adds no attribute",
        ),
    ],
)  # fmt: skip
def test_text_is_escaped_for_where_it_is_shown(spans: Spans, slack: str, html: str, text: str) -> None:
    assert to_slack.mrkdwn(spans) == slack
    assert to_html([Section(spans)]) == f'<div class="slack-section">{html}</div>'
    assert to_text([Section(spans)]) == text


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("javascript:alert(1)", id="no address of the web"),
        pytest.param("https://[x", id="no address at all"),
        pytest.param("https://x.example/\nb", id="two lines"),
        pytest.param("https://x.example/" + "&" * 500, id="too long"),
    ],
)
def test_link_is_made_of_web_addresses_only(url: str) -> None:
    assert link(url, "notice") == "notice"


def test_each_block_has_its_class_in_html() -> None:
    assert to_html(BLOCKS) == (
        '<div class="slack-header">a &lt; b *c*</div>'
        '<div class="slack-section">one<br><b>two <code>a*b</code></b>'
        '<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">there</a></div>'
        '<div class="slack-fields"><span class="slack-field"><b>Calls</b><br>3 &lt; 4</span></div>'
        '<div class="slack-context"><span>small</span></div>'
        '<hr class="slack-divider">'
    )


def test_each_block_is_a_line_of_text() -> None:
    rule = "─" * 40
    assert to_text(BLOCKS) == (
        f"a < b *c*\none\ntwo a*bthere (https://x.example/?a=1&b=2)\n  Calls: 3 < 4\nsmall\n{rule}"
    )


def test_blocks_are_read_as_they_were_stored() -> None:
    assert read_blocks(msgspec.json.decode(msgspec.json.encode(BLOCKS))) == BLOCKS


@pytest.mark.parametrize("stored", [{"type": "video<x>"}, "text", {"type": "section", "text": {"type": "mrkdwn"}}])
def test_block_of_another_release_is_named_and_not_dropped(stored: object) -> None:
    assert to_text(read_blocks([stored, {"type": "divider"}])) == "[something that lastcall cannot show]\n" + "─" * 40


def test_thread_is_read_on_without_being_sent_to_it() -> None:
    assert thread_to_text([Header("one"), CONTINUES], [[Header("two")]]) == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("checkout-api", "checkout-api", id="an honest name stays as it is"),
        pytest.param("two\n\t lines", "two lines", id="one line"),
        pytest.param("a\u202eb\x00c\ud800d", "abcd", id="nothing unseen"),
        pytest.param(" \n ", "(no name)", id="an empty name is shown as such"),
    ],
)
def test_name_is_made_fit_to_be_shown(text: str, shown: str) -> None:
    assert code(text) == Code(shown)


def test_long_name_ends_in_an_ellipsis_before_it_is_too_long_for_slack() -> None:
    assert name("&" * 100, 21) == "&&&&…"
    assert name("x" * 300) == "x" * 239 + "…"


def test_length_is_counted_as_slack_does() -> None:
    assert to_slack.size("a🔴<") == 7


def test_list_of_spans_reads_as_a_sentence() -> None:
    assert listed([Code("a"), Code("b"), "2 more"]) == (Code("a"), ", ", Code("b"), " and 2 more")
    assert listed(["a"]) == ("a",)

import pytest

from service.core.messages.blocks import CONTINUES, context
from service.core.messages.preview import thread_to_text, to_html, to_text


def section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("mrkdwn", "html", "text"),
    [
        pytest.param("*bold* _it_ ~no~", "<b>bold</b> <i>it</i> <s>no</s>", "bold it no", id="styles"),
        pytest.param("*`a*b`*", "<b><code>a*b</code></b>", "a*b", id="code keeps its signs inside bold"),
        pytest.param("snake_case_name 2*3*4", "snake_case_name 2*3*4", "snake_case_name 2*3*4", id="signs in words"),
        pytest.param("*open\nline*", "*open<br>line*", "*open\nline*", id="a style ends with its line"),
        pytest.param("**", "**", "**", id="nothing to style"),
        pytest.param("a &lt;b&gt; &amp;amp;", "a &lt;b&gt; &amp;amp;", "a <b> &amp;", id="entities are undone once"),
        pytest.param(
            "<https://x.example/?a=1&amp;b=2|here>",
            '<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">here</a>',
            "here (https://x.example/?a=1&b=2)",
            id="a link",
        ),
        pytest.param("<javascript:alert(1)|here>", "here", "here (javascript:alert(1))", id="no script in a link"),
        pytest.param(
            '<https://x.example/"onclick="a|here>',
            '<a href="https://x.example/&quot;onclick=&quot;a" rel="noopener noreferrer nofollow">here</a>',
            'here (https://x.example/"onclick="a)',
            id="no attribute from a link",
        ),
        pytest.param(
            "<!channel> <@U1|ann>",
            '<span class="slack-mention">!channel</span> <span class="slack-mention">ann</span>',
            "!channel ann",
            id="mentions are shown",
        ),
        pytest.param("```two\nlines```", "<code>two\nlines</code>", "two\nlines", id="a block of code"),
    ],
)
def test_mrkdwn_is_shown_as_slack_would(mrkdwn: str, html: str, text: str) -> None:
    assert to_html([section(mrkdwn)]) == f'<div class="slack-section">{html}</div>'
    assert to_text([section(mrkdwn)]) == text


def test_each_block_has_its_class() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "a &lt; b *c*"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Calls*\n3"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        {"type": "divider"},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Go"}}]},
    ]
    assert to_html(blocks) == (
        '<div class="slack-header">a &lt; b *c*</div>'
        '<div class="slack-fields"><span class="slack-field"><b>Calls</b><br>3</span></div>'
        '<div class="slack-context"><span>small</span></div>'
        '<hr class="slack-divider">'
        '<div class="slack-actions"><span class="slack-button">Go</span></div>'
    )
    assert to_text(blocks) == "a < b *c*\n  Calls: 3\nsmall\n" + "─" * 40 + "\nGo"


@pytest.mark.parametrize(
    "block",
    [
        pytest.param({"type": "video<x>"}, id="a kind of block that is not known"),
        pytest.param("text", id="no block"),
        pytest.param({"type": "section", "text": "bare"}, id="no text object"),
        pytest.param({"type": "header", "text": {"type": "plain_text", "text": 7}}, id="no text"),
    ],
)
def test_what_is_not_known_is_named_and_not_dropped(block: object) -> None:
    assert "that lastcall cannot show]" in to_html([block])
    assert "that lastcall cannot show]" in to_text([block])
    assert "<x>" not in to_html([block])


def test_thread_is_read_on_without_being_sent_to_it() -> None:
    first = {"type": "section", "text": {"type": "plain_text", "text": "one"}}
    second = {"type": "section", "text": {"type": "plain_text", "text": "two"}}

    assert thread_to_text([first, *context([CONTINUES])], [[second]]) == "one\ntwo"

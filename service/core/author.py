"""Who did something, as they called themselves: an e-mail address or a name."""

from service.core.secret import holds_secret

LONGEST_AUTHOR = 200


def parse_author(text: str) -> str:
    """Without the white space around it. Raises ValueError with what is wrong: it is shown to others, and kept."""
    author = text.strip()
    if not author:
        raise ValueError("an act needs an author")
    if len(author) > LONGEST_AUTHOR:
        raise ValueError(f"an author has at most {LONGEST_AUTHOR} characters")
    if not author.isprintable():
        raise ValueError("an author is one line, without control characters")
    if holds_secret(author):
        raise ValueError("an author is a name, not a credential")
    return author

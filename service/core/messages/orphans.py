"""Services that nobody is known to own: a question to whoever reads it, with who may know, and how to answer."""

from collections.abc import Iterator, Mapping, Sequence

from service.core import words
from service.core.messages.text import as_typed, code, plain


def who_owns(orphans: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Lines; of no service, none. `orphans` has each one's candidates, the likeliest first, as plain text."""
    if len(orphans) == 1:
        ((orphan, candidates),) = orphans.items()
        yield f"*Who owns* {code(orphan)}? {_perhaps(candidates, 'Perhaps ', '. ')}{_how_to_answer(orphan)}"
    elif orphans:
        yield f"*Who owns these {words.plural(len(orphans), 'service')}?* {_how_to_answer('SERVICE')}"
        yield from (f"• {code(orphan)}{_perhaps(orphans[orphan], ': perhaps ', '')}" for orphan in sorted(orphans))


def _perhaps(candidates: Sequence[str], before: str, after: str) -> str:
    if not candidates:
        return ""
    return f"{before}{words.listed([plain(one, 200) for one in candidates[:3]], 'or')}{after}"


def _how_to_answer(service: str) -> str:
    name = as_typed(service)
    command = code(f"lastcall reassign {name} --team TEAM --person EMAIL")
    request = code(f"POST /api/v1/owners/{name}")
    return f"Answer with {command}, {request} or a rule in `lastcall.yaml`: the owner hears from then on."

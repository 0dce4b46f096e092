"""Services without an owner: asks the reader, with candidates and the commands to answer."""

from collections.abc import Iterator, Mapping, Sequence

from service.core import words
from service.core.wording.names import as_typed, code, name
from service.core.wording.spans import Spans, bold, say


def who_owns(orphans: Mapping[str, Sequence[str]]) -> Iterator[Spans]:
    """Lines; none without services. `orphans`: candidates of each service, likeliest first, as plain text."""
    if len(orphans) == 1:
        ((orphan, candidates),) = orphans.items()
        perhaps = _perhaps(candidates, "Perhaps ", ". ")
        yield say(bold("Who owns"), " ", code(orphan), f"? {perhaps}", _how_to_answer(orphan))
    elif orphans:
        question = bold(f"Who owns these {words.plural(len(orphans), 'service')}?")
        yield say(question, " ", _how_to_answer("SERVICE"))
        yield from (say("• ", code(orphan), _perhaps(orphans[orphan], ": perhaps ", "")) for orphan in sorted(orphans))


def _perhaps(candidates: Sequence[str], before: str, after: str) -> str:
    if not candidates:
        return ""
    return f"{before}{words.listed([name(one, 200) for one in candidates[:3]], 'or')}{after}"


def _how_to_answer(service: str) -> Spans:
    typed = as_typed(service)
    command = code(f"lastcall reassign {typed} --team TEAM --person EMAIL")
    request = code(f"POST /api/v1/owners/{typed}")
    rule = code("lastcall.yaml")
    return say("Answer with ", command, ", ", request, " or a rule in ", rule, ": the owner is told from then on.")

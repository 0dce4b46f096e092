"""Services without an owner: asks the reader, with candidates and the commands to answer."""

from collections.abc import Iterator, Mapping, Sequence

from service.core import words
from service.core.candidates import Candidate
from service.core.wording.names import as_typed, code, name
from service.core.wording.spans import Spans, bold, say


def who_owns(orphans: Mapping[str, Sequence[Candidate]]) -> Iterator[Spans]:
    """Lines; none without services. `orphans`: candidates of each service, likeliest first."""
    if len(orphans) == 1:
        ((orphan, candidates),) = orphans.items()
        perhaps = _perhaps(candidates, "Perhaps ", ". ")
        yield say(bold("Who owns"), " ", code(orphan), f"? {perhaps}", _how_to_answer(orphan))
    elif orphans:
        question = bold(f"Who owns these {words.plural(len(orphans), 'service')}?")
        yield say(question, " ", _how_to_answer("SERVICE"))
        yield from (say("• ", code(orphan), _perhaps(orphans[orphan], ": perhaps ", "")) for orphan in sorted(orphans))


def _perhaps(candidates: Sequence[Candidate], before: str, after: str) -> str:
    if not candidates:
        return ""
    named = [f"{name(one.who, 100)} ({name(one.why, 100)})" for one in candidates[:3]]
    return f"{before}{words.listed(named, 'or')}{after}"


def _how_to_answer(service: str) -> Spans:
    typed = as_typed(service)
    command = code(f"lastcall reassign {typed} --team TEAM --person EMAIL")
    request = code(f"POST /api/v1/owners/{typed}")
    rule = code("lastcall.yaml")
    return say("Answer with ", command, ", ", request, " or a rule in ", rule, ": the owner is told from then on.")

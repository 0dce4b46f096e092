"""What is unusual about a policy. It may be meant: it is told to whoever wrote it, and refused by nobody."""

from collections.abc import Iterator

from service.core.escalation.policy import Policy
from service.core.ownership import ABOVE_OWNER


def remarks_on(policy: Policy) -> tuple[str, ...]:
    return tuple(_remarks(policy))


def _remarks(policy: Policy) -> Iterator[str]:
    told = {audience for step in policy.steps for audience in step.tell}
    if not any(step.at.anchor == "announced" or step.at.days < 0 for step in policy.steps):
        yield "nobody hears before the shutdown"
    if not any(step.at.days >= 0 and step.at.anchor != "announced" for step in policy.steps):
        yield "nobody hears once the model is gone"
    if not told & {"owner", "team"}:
        yield "no step tells the owner: of each campaign the owner hears the first notice only"
    if not told & ABOVE_OWNER:
        yield "nobody above the owner hears, however late it is"

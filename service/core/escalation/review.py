"""Remarks on unusual policies. They are shown to the author; the policy is valid."""

from collections.abc import Iterator

from service.core.escalation.policy import Policy
from service.core.ownership import ABOVE_OWNER


def remarks_on(policy: Policy) -> tuple[str, ...]:
    return tuple(_remarks(policy))


def _remarks(policy: Policy) -> Iterator[str]:
    told = {audience for step in policy.steps for audience in step.tell}
    if not any(step.at.anchor == "announced" or step.at.days < 0 for step in policy.steps):
        yield "nobody is notified before the shutdown"
    if not any(step.at.days >= 0 and step.at.anchor != "announced" for step in policy.steps):
        yield "nobody is notified after the shutdown"
    if not told & {"owner", "team"}:
        yield "no step notifies the owner: the owner gets only the first notice of each campaign"
    if not told & ABOVE_OWNER:
        yield "nobody above the owner is ever notified"

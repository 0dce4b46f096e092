"""Remarks on unusual policies. They are shown to the author; the policy is valid."""

from service.core.escalation.policy import Policy
from service.core.ownership import ABOVE_OWNER


def remarks_on(policy: Policy) -> tuple[str, ...]:
    told = {audience for step in policy.steps for audience in step.tell}
    days = [-1 if step.at.anchor == "announced" else step.at.days for step in policy.steps]
    is_owner_told = not told.isdisjoint({"owner", "team"})
    remarks = {
        "nobody is notified before the shutdown": all(day >= 0 for day in days),
        "nobody is notified after the shutdown": all(day < 0 for day in days),
        "no step notifies the owner: the owner gets only the first notice of each campaign": not is_owner_told,
        "nobody above the owner is ever notified": told.isdisjoint(ABOVE_OWNER),
    }
    return tuple(remark for remark, applies in remarks.items() if applies)

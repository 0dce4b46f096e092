"""A use of GPT-4.5 Preview played through time, and what is told of it, as explanations are given of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from service.core.checklist import Checklist
from service.core.condition_ingest import ConsumerBehind
from service.core.directory.owners import Ownership
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decide import decide
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.policy import DEFAULT_POLICY, Policy
from service.core.explanation.answer import Explanation
from service.core.explanation.notification import Recipient, StoredNotification, explain_notification
from service.core.explanation.reason import reason_of
from service.core.explanation.situation import Situation
from service.core.explanation.steps import Notification
from service.core.exposure import Exposure
from service.core.facts import facts_of
from service.core.notification import Facts
from service.core.ownership import Channels, Owner, destinations
from tests.builders import make_exposure, make_owner

CHANNELS = Channels("#fallback", "#operator")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Played:
    """What `decide` said at each moment at which it was asked, all of it delivered at once."""

    owner: Owner = field(default_factory=make_owner)
    policy: Policy = DEFAULT_POLICY
    given: dict[str, Any] = field(default_factory=dict)
    """Of the exposure, beside that it calls each day up to an hour ago."""
    campaign: Campaign | None = None
    records: list[StoredNotification] = field(default_factory=list)

    def exposure(self, now: datetime) -> Exposure:
        last = now - timedelta(hours=1)
        values = {"until": last.date(), "last_at": last, "requested_ids": ("gpt-4.5-preview",), **self.given}
        return make_exposure(**values, request_ids=("req_7f3a", "req_81bb"))

    def decides(self, now: str) -> list[StoredNotification]:
        """What is told by one decision."""
        case = Case(self.exposure(at(now)), self.owner, at(now))
        decision = decide(self.campaign, Case(case.exposure, self.owner, case.now), self.policy)
        if isinstance(decision, Wait):
            return []
        before, self.campaign = self.campaign, decision.campaign
        told = [record for one in decision.tellings for record in self._records(one, before, case)]
        self.records += told
        return told

    def _records(self, telling: Telling, before: Campaign | None, case: Case) -> list[StoredNotification]:
        assert self.campaign is not None
        facts = facts_of(telling, before, self.campaign, case, checklist=Checklist())
        hear = destinations(self.owner, telling.audiences, CHANNELS)
        return [
            StoredNotification(
                id=f"{telling.step} {to.address}",
                kind=telling.kind,
                step=telling.step,
                audience=to.audience,
                destination=to.address,
                reason=reason_of(facts, to.audience),
                facts=facts,
                decided_at=case.now,
                not_before=telling.not_before,
                state="delivered",
                attempts=1,
                settled_at=telling.not_before,
                outcome="delivered",
                policy=self.campaign.policy.name,
                policy_since=self.campaign.opened_at,
                came_from=None,
                instead=None,
                same_decision=tuple(
                    Recipient(f"{telling.step} {one.address}", one.address, one.audience, "delivered", "delivered")
                    for one in hear
                    if one != to
                ),
                troubles=(),
            )
            for to in hear
        ]

    def situation(self, now: str, **given: Any) -> Situation:
        moment = at(now)
        exposure = self.exposure(moment)
        notifications = [
            Notification(
                r.id, r.step or r.kind, r.destination, r.audience, r.state, r.decided_at, r.not_before, r.outcome
            )
            for r in sorted(self.records, key=lambda record: record.decided_at, reverse=True)
        ]
        values = Situation(
            case=Case(exposure, self.owner, moment),
            campaign=self.campaign,
            policy=self.policy,
            ownership=Ownership(self.owner, "lastcall.yaml"),
            decision=decide(self.campaign, Case(exposure, self.owner, moment), self.policy),
            notifications=tuple(notifications),
            looked_at=moment,
            superseded=None,
            troubles=(),
        )
        return replace(values, **given)


BEHIND = ConsumerBehind(topic="llm", unread_since=at("2025-04-10T00:00"))


NOT_READ = "Not all records since 2025-04-10 00:00 UTC are read; until then, silence closes no campaign."


RUN_MORE = (
    "Check that `lastcall consume` runs and reaches Kafka; if it does, run more of them, or look for a transaction that"
    " never ends (kafka-transactions find-hanging)."
)


def said(explanation: Explanation[Any], label: str) -> tuple[str, ...]:
    return next((point.sentences for point in explanation.points if point.label == label), ())


def of(facts: Facts | None, **given: Any) -> Explanation[Any]:
    """As it is explained an hour after it went out."""
    told = Played().decides("2025-04-14T07:00")[0]
    return explain_notification(replace(told, facts=facts, **given), at("2025-04-14T08:00"))

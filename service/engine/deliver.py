"""Send what is due: one message a destination, as of `now`, until nothing is due or Slack takes no more."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

import structlog

from service.adapters.metrics import DELIVERIES
from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.postgres.outbox_store import Claim, Outbox, Written
from service.adapters.postgres.trouble import refuses_values
from service.core.address import TRANSPORTS, Address, parse
from service.core.condition import (
    Condition,
    DeliveryBroke,
    SlackAuth,
    SlackDestination,
    SlackTokenMissing,
    SlackUnreachable,
)
from service.core.delivery import (
    LONGEST_WAIT,
    Absent,
    Delivered,
    Failed,
    Outcome,
    Retry,
    Sent,
    Transport,
    Transports,
    Unknown,
    elsewhere,
    next_attempt,
    plain,
)
from service.core.messages.message import Message
from service.core.messages.render import render
from service.core.ownership import Channels

log = structlog.get_logger(__name__)

ATTEMPT_SECONDS = 240.0
"""Shorter than a lease, so that an attempt ends before its rows can be somebody else's."""
UNANSWERED = 3
"""After so many attempts without an answer a tick ends: Slack is the trouble then, and each takes half a minute."""
NO_TOKEN = SlackTokenMissing()


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """Number of messages by outcome."""

    delivered: int = 0
    retry: int = 0
    failed: int = 0
    unknown: int = 0
    stopped: str | None = None
    """Why the tick ended, or did not begin, while something may be due."""


class LeaseLostError(Exception):
    """The lease ran out under way: the rows are somebody else's, and nothing may be sent or written for them."""


async def deliver(
    database: Database,
    transports: Transports,
    channels: Channels,
    *,
    page: str | None,
    now: datetime,
    seconds: Callable[[], float] = monotonic,
) -> DeliveryReport:
    """Send what is due. Several processes may do so at once. What fails for a while is due again at a later `now`.

    `seconds`: a clock. A retry counts from the time of the failed attempt, which is `now` plus the seconds since the
    call began.
    """
    outbox = Outbox(database)
    if transports["slack"].is_local and await outbox.is_on_slack():
        return await _leave_to_slack(outbox, now)
    delivery = Delivery(outbox, transports, channels, page, now, seconds, seconds())
    counts: Counter[str] = Counter()
    tried = False
    await outbox.tell_operator(channels.operator, now=now)
    while True:
        claim = await outbox.claim(now)
        if claim is None:
            if tried and await outbox.tell_operator(channels.operator, now=now):
                continue  # of what came of an attempt
            return _report(counts, None)
        tried = True
        try:
            outcome = await delivery.deliver(claim)
        except LeaseLostError:
            log.warning("lease lost", destination=claim.destination)
            continue
        except Exception as error:
            if isinstance(error, DatabaseTrouble) and not refuses_values(error):
                raise  # the next tick, or whoever takes the lease over, looks what became of it
            log.exception("delivery broke", destination=claim.destination)
            await delivery.put_aside(claim, error)
            continue
        name = type(outcome).__name__.lower()
        counts[name] += 1
        DELIVERIES.labels(name).inc()
        if stopped := _stops(outcome, unanswered=counts["unknown"]):
            return _report(counts, stopped)


async def _leave_to_slack(outbox: Outbox, now: datetime) -> DeliveryReport:
    """Deliver nothing without a token if this database's messages go to Slack: nobody there would see them."""
    log.error("delivery refused: no Slack token, and this database's messages go to Slack", remedy=NO_TOKEN.remedy)
    await outbox.raise_condition(NO_TOKEN, since=now)
    return DeliveryReport(stopped=NO_TOKEN.kind)


def _report(counts: Counter[str], stopped: str | None) -> DeliveryReport:
    return DeliveryReport(counts["delivered"], counts["retry"], counts["failed"], counts["unknown"], stopped)


def _stops(outcome: Outcome, *, unanswered: int) -> str | None:
    match outcome:
        case Retry(scope="workspace") | Failed(scope="workspace"):
            return outcome.reason
        case Unknown() if unanswered >= UNANSWERED:
            return outcome.reason
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt for one claim, and what its outcome means for the rows."""

    outbox: Outbox
    transports: Transports
    channels: Channels
    page: str | None
    now: datetime
    seconds: Callable[[], float]
    began: float
    """What `seconds` said at `now`."""

    @property
    def this_instant(self) -> datetime:
        return self.now + timedelta(seconds=self.seconds() - self.began)

    async def deliver(self, claim: Claim) -> Outcome:
        """Raises `LeaseLostError`."""
        message_id = claim.in_doubt.id if claim.in_doubt else uuid4()
        outcome = await self._attempt(claim, message_id)
        if not await self._settle(claim, message_id, outcome):
            raise LeaseLostError
        return outcome

    async def put_aside(self, claim: Claim, error: Exception) -> None:
        """A bug, or facts that this release cannot read: the other destinations go on. It is never given up."""
        broke = Unknown(type(error).__name__)
        condition = DeliveryBroke(destination=claim.destination, error=broke.reason)
        not_before = next_attempt(claim.attempts + 1, broke, self.this_instant) or self.this_instant + LONGEST_WAIT
        await self._wait(claim, broke, not_before, condition)

    async def _attempt(self, claim: Claim, message_id: UUID) -> Outcome:
        if claim.in_doubt:
            return await self._resume(claim, claim.in_doubt)
        return await self._render_and_post(claim, message_id)

    async def _render_and_post(self, claim: Claim, message_id: UUID) -> Outcome:
        message = render(claim.facts, page=self.page, now=self.now)
        outcome = await self._write_and_post(claim, message_id, message)
        if isinstance(outcome, Failed) and outcome.scope == "message":
            log.error("Slack refused the blocks of a message", reason=outcome.reason, message_id=str(message_id))
            return await self._write_and_post(claim, message_id, plain(message))
        return outcome

    async def _write_and_post(self, claim: Claim, message_id: UUID, message: Message) -> Outcome:
        if not await self.outbox.write(claim, message_id, message, now=self.now):
            raise LeaseLostError
        return await self._post(message, claim.destination, message_id)

    async def _resume(self, claim: Claim, written: Written) -> Outcome:
        """Look before anything is sent again; then send what is missing."""
        address = parse(claim.destination)
        sought = await self._transport_to(address).find(written.id, address, written.since, now=self.now)
        match sought:
            case Sent(root, replies) if replies >= len(written.message.replies):
                return root
            case Retry(scope="workspace") | Failed(scope="workspace"):
                return sought
            case Retry():
                return Unknown(sought.reason, sought.after_seconds)
            case Failed():
                return Unknown(sought.reason)
            case Sent():
                if not await self.outbox.renew(claim):
                    raise LeaseLostError
                return await self._post(written.message, claim.destination, written.id, sought)
            case Absent():
                return await self._render_and_post(claim, written.id)

    def _transport_to(self, address: Address) -> Transport:
        return self.transports[TRANSPORTS[type(address)]]

    async def _post(self, message: Message, destination: str, message_id: UUID, found: Sent | None = None) -> Outcome:
        address = parse(destination)
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await self._transport_to(address).post(message, address, message_id, now=self.now, found=found)
        except TimeoutError:
            return Unknown("timeout")

    async def _settle(self, claim: Claim, message_id: UUID, outcome: Outcome) -> bool:
        match outcome:
            case Delivered():
                return await self.outbox.delivered(claim, message_id, outcome, now=self.now)
            case Retry(scope="workspace") | Failed(scope="workspace"):
                return await self._wait_for_workspace(claim, outcome)
            case Retry() | Unknown():
                not_before = next_attempt(claim.attempts + 1, outcome, self.this_instant)
                if not_before is None:
                    return await self._give_up(claim, outcome, None)
                return await self._wait(claim, outcome, not_before)
            case Failed():
                return await self._give_up(claim, outcome, outcome.remedy)

    async def _wait(
        self, claim: Claim, outcome: Retry | Failed | Unknown, not_before: datetime, condition: Condition | None = None
    ) -> bool:
        return await self.outbox.wait(
            claim,
            outcome.reason,
            not_before=not_before,
            attempts=claim.attempts + 1,
            in_doubt=isinstance(outcome, Unknown) or claim.in_doubt is not None,
            condition=condition,
            now=self.now,
        )

    async def _wait_for_workspace(self, claim: Claim, outcome: Retry | Failed) -> bool:
        """The workspace is at fault, so it does not count as an attempt. This tick ends; the next one tries again."""
        until = self.now
        condition: SlackAuth | SlackUnreachable
        if isinstance(outcome, Failed):
            condition = SlackAuth(error=outcome.reason, advice=outcome.remedy)
        else:
            until = self.this_instant + timedelta(seconds=outcome.after_seconds)
            condition = SlackUnreachable(error=outcome.reason)
            await self.outbox.hold(until)
        return await self.outbox.wait(
            claim,
            outcome.reason,
            not_before=until,
            attempts=claim.attempts,
            in_doubt=claim.in_doubt is not None,
            condition=condition,
            now=self.now,
        )

    async def _give_up(self, claim: Claim, outcome: Retry | Failed | Unknown, advice: str | None) -> bool:
        instead = elsewhere(claim.destination, claim.came_from, self.channels)
        condition = SlackDestination(
            destination=claim.destination, error=outcome.reason, instead=instead, advice=advice
        )
        if instead is None:
            return await self._wait(claim, outcome, self.this_instant + LONGEST_WAIT, condition)
        in_doubt = isinstance(outcome, Unknown)
        return await self.outbox.failed(
            claim, outcome.reason, instead=instead, in_doubt=in_doubt, condition=condition, now=self.now
        )

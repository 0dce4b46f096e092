"""The weekly digest for one audience: deprecations, remaining callers, migrations, unowned services, rejections."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain

from service.core.catalog.lifecycle import Catalog, Deprecation
from service.core.checklist import Checklist
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.holding import act_in_force, shown_state, waiver_in_force
from service.core.exposure import Exposure, ExposureKey, quiet_at, state_of
from service.core.notification import Digest, DigestLine, Unlisted, Unread, WeekTotals
from service.core.ownership import Owner
from service.core.successors import replacements_of
from service.core.week import Week

ORGANISATION = "(organisation)"
"""Audience of the digest that covers all teams."""
MAX_LINES = 200
"""Most urgent uses listed in a digest, besides one per model and those that are always listed. The others are counted
by model; the page has all."""
MAX_UNOWNED = 50
"""Services whose owner the digest asks for, most calls first; the rest is counted."""
MAX_UNRESOLVED = 50
"""Unknown ids listed in a digest, most calls first; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Records of one topic rejected in the week, for one reason."""

    topic: str
    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class UnresolvedId:
    """Calls of one service in the week with one unknown id."""

    id: str
    service: str
    calls: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Data of a week for all audiences, besides the exposures."""

    week: Week
    known_until: datetime | None = None
    """Time up to which all calls are recorded. None: beyond the end of the week. Silence after it proves nothing."""
    told: frozenset[ExposureKey] = frozenset()
    """Exposures with a message delivered before the end of the week."""
    campaigns: Mapping[ExposureKey, Campaign] = field(default_factory=dict)
    """Current campaigns. Campaigns without acts of people may be left out."""
    checklists: Mapping[ExposureKey, Checklist] = field(default_factory=dict)
    """As of the end of the week. Exposures without ticks may be left out."""
    rejected: Sequence[Rejected] = ()
    unresolved: Sequence[UnresolvedId] = ()
    stale_sources: Mapping[str, int] = field(default_factory=dict)
    """Sources of the catalog that were stale at the end of the week, with the days since their last good reading."""

    @property
    def silence_until(self) -> datetime:
        """Time up to which silence counts."""
        return self.week.end if self.known_until is None else min(self.week.end, self.known_until)


OwnerOf = Callable[[str], Owner]
"""service -> its owner, by the rules of lastcall.yaml."""


class Draft:
    """The lines of a week, by team. It takes exposures as of the end of the week and does not keep them: there may be a
    hundred thousand."""

    def __init__(self, picture: Picture, owner_of: OwnerOf, catalog: Catalog) -> None:
        self._picture, self._owner_of, self._catalog = picture, owner_of, catalog
        self._replacements: dict[tuple[str, str], str | None] = {}
        self._calling: dict[str | None, list[DigestLine]] = defaultdict(list)
        self._migrated: dict[str | None, list[DigestLine]] = defaultdict(list)
        self.services: set[str] = set()

    def add(self, exposure: Exposure) -> None:
        self.services.add(exposure.service)
        if state_of(exposure, self._picture.silence_until) != "quiet":
            lines = self._calling
        elif _migrated_in(self._picture, exposure):
            lines = self._migrated
        else:
            return
        line = _line(exposure, self._picture, self._owner_of, self._replacement(exposure.deprecation))
        lines[line.team].append(line)

    def _replacement(self, old: Deprecation) -> str | None:
        """The first one that is not gone itself."""
        if old.key not in self._replacements:
            living = replacements_of(old, self._catalog, self._picture.week.end.date())
            self._replacements[old.key] = next((one.id for one in living), None)
        return self._replacements[old.key]

    def digest(self, audience: str) -> Digest:
        """`audience`: a team or ORGANISATION. Only the latter gets unowned services and rejections."""
        picture, everybody = self._picture, audience == ORGANISATION
        calling = sorted(chain(*self._calling.values()) if everybody else self._calling.get(audience, ()), key=_order)
        migrated = sorted(
            chain(*self._migrated.values()) if everybody else self._migrated.get(audience, ()), key=_order
        )
        lines, unlisted = _listed(calling)
        unresolved, more = _unresolved(
            use for use in picture.unresolved if everybody or self._owner_of(use.service).team == audience
        )
        return Digest(
            week=str(picture.week),
            audience=audience,
            lines=lines,
            unlisted=unlisted,
            migrated=tuple(migrated[:MAX_LINES]),
            unowned=_unowned(calling) if everybody else (),
            totals=totals_of(calling, migrated),
            unread=(*(_for_operator(picture) if everybody else ()), *unresolved),
            unread_more=more,
        )


def totals_of(calling: Sequence[DigestLine], migrated: Sequence[DigestLine]) -> WeekTotals:
    return WeekTotals(
        services=len({line.service for line in calling}),
        migrated=len({line.service for line in migrated}),
        new=len({line.service for line in calling if line.new}),
        broken_promises=len({line.service for line in calling if line.promised_on}),
        unowned=len({line.service for line in calling if line.team is None}),
        models=len({(line.platform, line.model) for line in calling}),
        calls=sum(line.calls for line in calling),
        calls_before=sum(line.calls_before for line in chain(calling, migrated)),
        migrated_uses=len(migrated),
    )


def _listed(ranked: Sequence[DigestLine]) -> tuple[tuple[DigestLine, ...], tuple[Unlisted, ...]]:
    """The first line of each model, all broken promises and ending waivers; then the others, up to `MAX_LINES`."""
    first = {(line.platform, line.model): line for line in reversed(ranked)}
    asked = [line for line in ranked if line.promised_on or line.waiver_ends_on]
    chosen = {id(line): line for line in chain(first.values(), asked)}
    for line in ranked:
        if len(chosen) >= MAX_LINES:
            break
        chosen.setdefault(id(line), line)
    rest: dict[tuple[str, str], list[DigestLine]] = defaultdict(list)
    for line in ranked:
        if id(line) not in chosen:
            rest[line.platform, line.model].append(line)
    unlisted = (
        Unlisted(
            platform=platform,
            model=model,
            uses=len(lines),
            calls=sum(line.calls for line in lines),
            calls_before=sum(line.calls_before for line in lines),
        )
        for (platform, model), lines in rest.items()
    )
    return tuple(line for line in ranked if id(line) in chosen), tuple(unlisted)


def _unowned(calling: Iterable[DigestLine]) -> tuple[str, ...]:
    """The services with the most calls."""
    calls: Counter[str] = Counter()
    for line in calling:
        if line.team is None:
            calls[line.service] += line.calls
    most = sorted(calls, key=lambda service: (-calls[service], service))[:MAX_UNOWNED]
    return tuple(sorted(most))


def has_news(digest: Digest) -> bool:
    """Whether the digest has contents to send."""
    return bool(digest.lines or digest.migrated or digest.unread)


def _migrated_in(picture: Picture, exposure: Exposure) -> bool:
    """Whether it became quiet in this week, after the announcement."""
    quiet = quiet_at(exposure)
    return picture.week.start < quiet <= picture.silence_until and exposure.deprecation.known_on(quiet.date())


def _line(exposure: Exposure, picture: Picture, owner_of: OwnerOf, replacement: str | None) -> DigestLine:
    week = picture.week
    deprecation = exposure.deprecation
    checklist = picture.checklists.get(exposure.key, Checklist())
    case = Case(exposure, owner_of(exposure.service), week.end, picture.known_until)
    campaign = picture.campaigns.get(exposure.key)
    by_then = _as_of(campaign, week) if campaign else None
    broken = campaign.promise_broken_on if campaign else None
    return DigestLine(
        service=exposure.service,
        environment=exposure.environment,
        team=case.owner.team,
        platform=deprecation.platform,
        model=deprecation.model,
        id=deprecation.id,
        shutdown_on=deprecation.shutdown.on,
        precision=deprecation.shutdown.precision,
        standing=deprecation.standing,
        dates_of=deprecation.dates_of,
        replacement=replacement,
        state=shown_state(by_then, case),
        calls=_calls(exposure, week),
        calls_before=_calls(exposure, week.before),
        told=exposure.key in picture.told,
        new=exposure.first_at >= week.start,
        promised_on=broken if broken and case.day_of(exposure.last_at) > broken else None,
        act_in_force=act_in_force(by_then, case) if by_then else None,
        waiver_ends_on=_waiver_end(by_then, case, week) if by_then else None,
        ticked=checklist.done,
        checklist_open=checklist.pressing(exposure.deadline, week.end.date()),
    )


def _as_of(campaign: Campaign, week: Week) -> Campaign:
    """The campaign with the acts up to the end of the week."""
    acknowledged, hold = campaign.acknowledged, campaign.hold
    promise, kept_open = campaign.promise, campaign.kept_open
    return replace(
        campaign,
        acknowledged=acknowledged if acknowledged and acknowledged.at < week.end else None,
        hold=hold if hold and hold.at < week.end else None,
        promise=promise if promise and promise.at < week.end else None,
        kept_open=kept_open if kept_open and kept_open.at < week.end else None,
    )


def _waiver_end(campaign: Campaign, case: Case, week: Week) -> date | None:
    waiver = waiver_in_force(campaign, case)
    return waiver.until if waiver and waiver.until <= week.sunday + timedelta(days=7) else None


def _calls(exposure: Exposure, week: Week) -> int:
    return sum(use.calls for use in exposure.days if week.monday <= use.day <= week.sunday)


def _order(line: DigestLine) -> tuple[bool, date, int, str, str, str, str]:
    """Broken uses first, then by firm date, then the others; more calls first."""
    firm = line.shutdown_on if line.precision != "no_sooner_than" else None
    of_model = line.platform, line.model, line.service, line.environment
    return (line.state != "broken", firm or date.max, -line.calls, *of_model)


def _rejected(rejected: Iterable[Rejected]) -> list[Unread]:
    ranked = sorted(rejected, key=lambda one: (-one.records, one.topic, one.reason))
    return [Unread(kind="rejection", what=one.reason, count=one.records, where=(one.topic,)) for one in ranked]


def _for_operator(picture: Picture) -> list[Unread]:
    stale = sorted(picture.stale_sources.items())
    return [
        *_rejected(picture.rejected),
        *(Unread(kind="stale_source", what=name, count=n, where=()) for name, n in stale),
    ]


def _unresolved(uses: Iterable[UnresolvedId]) -> tuple[list[Unread], int]:
    """Ids with the most calls first, and the number of ids left out."""
    by_id: dict[str, Counter[str]] = defaultdict(Counter)
    for use in uses:
        by_id[use.id][use.service] += use.calls
    ranked = sorted(by_id.items(), key=lambda item: (-item[1].total(), item[0]))
    listed = [
        Unread(
            kind="unresolved", what=id_, count=services.total(), where=tuple(name for name, _ in services.most_common())
        )
        for id_, services in ranked[:MAX_UNRESOLVED]
    ]
    return listed, len(ranked) - len(listed)

"""The read side for page, API and command. Nothing here writes, and every list is bounded."""

from service.adapters.queries.acts import checklist_answer, read_checklist, read_history
from service.adapters.queries.answers import (
    ActAnswer,
    ChecklistAnswer,
    ChecklistItem,
    DayCalls,
    DeprecationAnswer,
    ExposureActs,
    ExposureAnswer,
    ExposureChecklist,
    Lifecycle,
    ModelUse,
    NotificationAnswer,
    Page,
    PassedOverAnswer,
    RejectionAnswer,
    ServiceAnswer,
    Told,
    UnknownId,
)
from service.adapters.queries.exposures import deadline_key, read_exposures, read_exposures_of
from service.adapters.queries.health import DatabaseHealth, read_database_health, set_gauges
from service.adapters.queries.listing import NO_TEAM, ExposureFilter
from service.adapters.queries.naming import read_candidates
from service.adapters.queries.notifications import SentMessage, read_messages, read_next, read_notifications
from service.adapters.queries.operation import read_heartbeats, read_passed_over, read_rejections
from service.adapters.queries.overview import Headline, count_callers, count_states, read_headline
from service.adapters.queries.paging import MAX_PAGE, CursorError, cut
from service.adapters.queries.rhythms import read_rhythms
from service.adapters.queries.services import read_service, read_service_names
from service.adapters.queries.told import read_told
from service.adapters.queries.unknown import read_unknown_ids, read_uses_spelled
from service.adapters.queries.uses import read_uses

__all__ = [
    "MAX_PAGE",
    "NO_TEAM",
    "ActAnswer",
    "ChecklistAnswer",
    "ChecklistItem",
    "CursorError",
    "DatabaseHealth",
    "DayCalls",
    "DeprecationAnswer",
    "ExposureActs",
    "ExposureAnswer",
    "ExposureChecklist",
    "ExposureFilter",
    "Headline",
    "Lifecycle",
    "ModelUse",
    "NotificationAnswer",
    "Page",
    "PassedOverAnswer",
    "RejectionAnswer",
    "SentMessage",
    "ServiceAnswer",
    "Told",
    "UnknownId",
    "checklist_answer",
    "count_callers",
    "count_states",
    "cut",
    "deadline_key",
    "read_candidates",
    "read_checklist",
    "read_database_health",
    "read_exposures",
    "read_exposures_of",
    "read_headline",
    "read_heartbeats",
    "read_history",
    "read_messages",
    "read_next",
    "read_notifications",
    "read_passed_over",
    "read_rejections",
    "read_rhythms",
    "read_service",
    "read_service_names",
    "read_told",
    "read_unknown_ids",
    "read_uses",
    "read_uses_spelled",
    "set_gauges",
]

"""The only description of the schema, for migration checks and queries."""

from service.adapters.postgres.tables.base import metadata
from service.adapters.postgres.tables.catalog import catalog_decisions, catalog_sources, catalog_statements
from service.adapters.postgres.tables.delivery import cards, digests, messages, notifications
from service.adapters.postgres.tables.escalation import (
    acts,
    agenda,
    assignments,
    campaigns,
    checklist,
    directory_answers,
)
from service.adapters.postgres.tables.lifecycle import (
    catalog_loads,
    company_loads,
    deprecations,
    exposures,
    model_counts,
    service_counts,
)
from service.adapters.postgres.tables.operation import conditions, heartbeats
from service.adapters.postgres.tables.usage import (
    end_notices,
    key_owners,
    model_days,
    name_floods,
    passed_over,
    rejections,
    series,
    stale_days,
    usage_closed,
    usage_daily,
    usage_hourly,
    usage_hourly_late,
    usage_months,
    watermarks,
)

__all__ = [
    "acts",
    "agenda",
    "assignments",
    "campaigns",
    "cards",
    "catalog_decisions",
    "catalog_loads",
    "catalog_sources",
    "catalog_statements",
    "checklist",
    "company_loads",
    "conditions",
    "deprecations",
    "digests",
    "directory_answers",
    "end_notices",
    "exposures",
    "heartbeats",
    "key_owners",
    "messages",
    "metadata",
    "model_counts",
    "model_days",
    "name_floods",
    "notifications",
    "passed_over",
    "rejections",
    "series",
    "service_counts",
    "stale_days",
    "usage_closed",
    "usage_daily",
    "usage_hourly",
    "usage_hourly_late",
    "usage_months",
    "watermarks",
]

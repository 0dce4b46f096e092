"""The simulated company: 40 services of 9 teams, the models they call, and how owners react to notices.

This module defines behaviour only; lastcall decides who is notified of what, and when.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Route = Literal["otlp_spans", "litellm", "kong"]
"""How a service's calls reach Kafka, and the topic: OpenTelemetry SDK, LiteLLM proxy or Kong gateway."""

GPT45 = "gpt-4.5-preview"
BEGIN, END = date(2025, 3, 1), date(2025, 7, 20)


@dataclass(frozen=True, slots=True)
class Reaction:
    """Owners change the model `days` after the notice at `step`; never if that notice does not reach them."""

    step: str
    days: int


@dataclass(frozen=True, slots=True)
class Caller:
    """One service and its behaviour."""

    name: str
    team: str | None
    route: Route
    calls: int
    """Calls per working day."""
    model: str = "gpt-4o"
    reaction: Reaction | None = None
    starts: date = BEGIN
    month_end: bool = False
    """True: runs on the last day of a month only."""
    relapse: date | None = None
    """Day of a rollback: the old model is called again."""


CALLERS = (
    # Callers of GPT-4.5 Preview, earliest migrations first.
    Caller("checkout-assistant", "payments", "otlp_spans", 90, GPT45, Reaction("announced", 9)),
    Caller("invoice-explainer", "payments", "litellm", 36, GPT45, Reaction("announced", 24)),
    Caller("returns-copilot", "care", "otlp_spans", 120, GPT45, Reaction("announced", 16)),
    Caller("ticket-triage", "care", "kong", 150, GPT45, Reaction("-30d", 6)),
    Caller("answer-drafts", "care", "otlp_spans", 60, GPT45, Reaction("-60d", 11)),
    Caller("contract-review", "legal", "litellm", 24, GPT45, Reaction("-14d", 4)),
    Caller("policy-search", "legal", "otlp_spans", 30, GPT45, Reaction("-30d", 9)),
    Caller("campaign-writer", "growth", "kong", 48, GPT45, Reaction("announced", 3)),
    Caller("seo-outlines", "growth", "litellm", 42, GPT45, Reaction("-60d", 4)),
    Caller("code-review-bot", "platform", "otlp_spans", 75, GPT45, Reaction("announced", 12)),
    Caller("incident-scribe", "platform", "kong", 18, GPT45, Reaction("-30d", 3)),
    Caller("query-rewriter", "search", "otlp_spans", 180, GPT45, Reaction("announced", 30), relapse=date(2025, 6, 30)),
    Caller("month-end-report", "finance", "litellm", 64, GPT45, Reaction("-7d", 3), month_end=True),
    Caller("lead-scoring", "sales", "kong", 54, GPT45, Reaction("-7d", 2)),
    Caller("call-summaries", "sales", "otlp_spans", 66, GPT45, Reaction("-14d", 7)),
    Caller("onboarding-guide", "people", "litellm", 33, GPT45, Reaction("-30d", 6), starts=date(2025, 6, 18)),
    Caller("legacy-summarizer", None, "kong", 21, GPT45),
    # Other services.
    Caller("fraud-notes", "payments", "otlp_spans", 48),
    Caller("refund-classifier", "payments", "kong", 72, "gpt-4o-mini"),
    Caller("dispute-letters", "payments", "litellm", 15, "claude-3-7-sonnet-20250219"),
    Caller("sentiment", "care", "kong", 96, "gpt-4o-mini"),
    Caller("faq-search", "care", "otlp_spans", 84, "text-embedding-3-small"),
    Caller("translation", "care", "litellm", 60, "gemini-2.0-flash"),
    Caller("clause-finder", "legal", "litellm", 21, "claude-3-7-sonnet-20250219"),
    Caller("nda-drafts", "legal", "otlp_spans", 9),
    Caller("ad-variants", "growth", "kong", 54, "gpt-4o-mini"),
    Caller("audience-labels", "growth", "otlp_spans", 39, "gpt-4o-mini"),
    Caller("log-explainer", "platform", "otlp_spans", 45),
    Caller("runbook-search", "platform", "litellm", 27, "text-embedding-3-small"),
    Caller("ci-failure-notes", "platform", "kong", 33, "claude-3-5-haiku-20241022"),
    Caller("ranking-features", "search", "otlp_spans", 150, "text-embedding-3-small"),
    Caller("spell-fixer", "search", "kong", 108, "gpt-4o-mini"),
    Caller("synonyms", "search", "litellm", 12, "claude-3-5-haiku-20241022"),
    Caller("expense-audit", "finance", "otlp_spans", 30),
    Caller("forecast-notes", "finance", "litellm", 12, "claude-3-7-sonnet-20250219"),
    Caller("email-drafts", "sales", "kong", 63, "gpt-4o-mini"),
    Caller("crm-dedupe", "sales", "otlp_spans", 42, "text-embedding-3-small"),
    Caller("cv-screening", "people", "litellm", 18),
    Caller("survey-themes", "people", "kong", 24, "gemini-2.0-flash"),
    Caller("policy-bot", "people", "otlp_spans", 27),
)

SUCCESSOR = "gpt-4.1"

LASTCALL_YAML = """\
organisation: Acme
fallback_channel: "#ai-platform"
topics: [{name: otlp_spans}, {name: litellm}, {name: kong}]
owners:
  - {services: [checkout-*, invoice-*, fraud-*, refund-*, dispute-*], team: payments, people: [ana@acme.example], channel: "#team-payments", manager: [omar@acme.example], timezone: Europe/Berlin}
  - {services: [returns-*, ticket-*, answer-*, sentiment, faq-*, translation], team: care, people: [ben@acme.example], channel: "#team-care", manager: [olga@acme.example], timezone: Europe/Lisbon}
  - {services: [contract-*, policy-search, clause-*, nda-*], team: legal, people: [chloe@acme.example], channel: "#team-legal", manager: [omar@acme.example], timezone: Europe/Paris}
  - {services: [campaign-*, seo-*, ad-*, audience-*], team: growth, people: [dev@acme.example], channel: "#team-growth", manager: [olga@acme.example], timezone: Asia/Kolkata}
  - {services: [code-*, incident-*, log-*, runbook-*, ci-*], team: platform, people: [eli@acme.example], channel: "#team-platform", manager: [omar@acme.example], timezone: Europe/Berlin}
  - {services: [query-*, ranking-*, spell-*, synonyms], team: search, people: [fatima@acme.example], channel: "#team-search", manager: [olga@acme.example], timezone: Europe/Berlin}
  - {services: [month-end-*, expense-*, forecast-*], team: finance, people: [gus@acme.example], channel: "#team-finance", manager: [omar@acme.example], timezone: America/New_York}
  - {services: [lead-*, call-*, email-*, crm-*], team: sales, people: [hana@acme.example], channel: "#team-sales", manager: [olga@acme.example], timezone: America/New_York}
  - {services: [onboarding-*, cv-*, survey-*, policy-bot], team: people, people: [ivan@acme.example], channel: "#team-people", manager: [omar@acme.example], timezone: Europe/London}
"""  # noqa: E501  a rule a line, as people write it

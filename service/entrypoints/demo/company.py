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
class DemoService:
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
    DemoService("checkout-assistant", "payments", "otlp_spans", 90, GPT45, Reaction("announced", 9)),
    DemoService("invoice-explainer", "payments", "litellm", 36, GPT45, Reaction("announced", 24)),
    DemoService("returns-copilot", "care", "otlp_spans", 120, GPT45, Reaction("announced", 16)),
    DemoService("ticket-triage", "care", "kong", 150, GPT45, Reaction("-30d", 6)),
    DemoService("answer-drafts", "care", "otlp_spans", 60, GPT45, Reaction("-60d", 11)),
    DemoService("contract-review", "legal", "litellm", 24, GPT45, Reaction("-14d", 4)),
    DemoService("policy-search", "legal", "otlp_spans", 30, GPT45, Reaction("-30d", 9)),
    DemoService("campaign-writer", "growth", "kong", 48, GPT45, Reaction("announced", 3)),
    DemoService("seo-outlines", "growth", "litellm", 42, GPT45, Reaction("-60d", 4)),
    DemoService("code-review-bot", "platform", "otlp_spans", 75, GPT45, Reaction("announced", 12)),
    DemoService("incident-scribe", "platform", "kong", 18, GPT45, Reaction("-30d", 3)),
    DemoService(
        "query-rewriter", "search", "otlp_spans", 180, GPT45, Reaction("announced", 30), relapse=date(2025, 6, 30)
    ),
    DemoService("month-end-report", "finance", "litellm", 64, GPT45, Reaction("-7d", 3), month_end=True),
    DemoService("lead-scoring", "sales", "kong", 54, GPT45, Reaction("-7d", 2)),
    DemoService("call-summaries", "sales", "otlp_spans", 66, GPT45, Reaction("-14d", 7)),
    DemoService("onboarding-guide", "people", "litellm", 33, GPT45, Reaction("-30d", 6), starts=date(2025, 6, 18)),
    DemoService("legacy-summarizer", None, "kong", 21, GPT45),
    # Other services.
    DemoService("fraud-notes", "payments", "otlp_spans", 48),
    DemoService("refund-classifier", "payments", "kong", 72, "gpt-4o-mini"),
    DemoService("dispute-letters", "payments", "litellm", 15, "claude-3-7-sonnet-20250219"),
    DemoService("sentiment", "care", "kong", 96, "gpt-4o-mini"),
    DemoService("faq-search", "care", "otlp_spans", 84, "text-embedding-3-small"),
    DemoService("translation", "care", "litellm", 60, "gemini-2.0-flash"),
    DemoService("clause-finder", "legal", "litellm", 21, "claude-3-7-sonnet-20250219"),
    DemoService("nda-drafts", "legal", "otlp_spans", 9),
    DemoService("ad-variants", "growth", "kong", 54, "gpt-4o-mini"),
    DemoService("audience-labels", "growth", "otlp_spans", 39, "gpt-4o-mini"),
    DemoService("log-explainer", "platform", "otlp_spans", 45),
    DemoService("runbook-search", "platform", "litellm", 27, "text-embedding-3-small"),
    DemoService("ci-failure-notes", "platform", "kong", 33, "claude-3-5-haiku-20241022"),
    DemoService("ranking-features", "search", "otlp_spans", 150, "text-embedding-3-small"),
    DemoService("spell-fixer", "search", "kong", 108, "gpt-4o-mini"),
    DemoService("synonyms", "search", "litellm", 12, "claude-3-5-haiku-20241022"),
    DemoService("expense-audit", "finance", "otlp_spans", 30),
    DemoService("forecast-notes", "finance", "litellm", 12, "claude-3-7-sonnet-20250219"),
    DemoService("email-drafts", "sales", "kong", 63, "gpt-4o-mini"),
    DemoService("crm-dedupe", "sales", "otlp_spans", 42, "text-embedding-3-small"),
    DemoService("cv-screening", "people", "litellm", 18),
    DemoService("survey-themes", "people", "kong", 24, "gemini-2.0-flash"),
    DemoService("policy-bot", "people", "otlp_spans", 27),
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

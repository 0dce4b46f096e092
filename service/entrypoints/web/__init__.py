"""The web: API, page, outbox, health and metrics. Read only."""

from service.entrypoints.web.factory import create_web

__all__ = ["create_web"]

"""Why a notification was sent, or why nobody was notified: plain sentences with their evidence. Pure."""

from service.core.explanation.answer import Explanation, Point, Wrong
from service.core.explanation.exposure import explain_exposure
from service.core.explanation.notification import Recipient, StoredNotification, explain_notification
from service.core.explanation.silence import Untracked, explain_undecidable, explain_untracked
from service.core.explanation.situation import ExposureEvidence, Situation
from service.core.explanation.steps import Notification, StepEvidence

__all__ = [
    "Explanation",
    "ExposureEvidence",
    "Notification",
    "Point",
    "Recipient",
    "Situation",
    "StepEvidence",
    "StoredNotification",
    "Untracked",
    "Wrong",
    "explain_exposure",
    "explain_notification",
    "explain_undecidable",
    "explain_untracked",
]

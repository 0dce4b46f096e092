"""Texts for people, worded once: typed values -> spans, and spans -> Slack, HTML or plain text."""

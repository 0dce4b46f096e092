"""One door to Slack."""

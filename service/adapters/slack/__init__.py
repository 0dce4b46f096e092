"""The only package that uses Slack."""

"""The read side for page, API and command. Nothing here writes, and every list is bounded."""

"""Queries of the page, the API and the command. They never write, and every list is bounded."""

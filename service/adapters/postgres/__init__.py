"""Access to PostgreSQL: the schema, and one store per group of nouns that is written.

Read-only queries are in `adapters.queries`.
"""

"""One door to PostgreSQL: the schema, and a store for each group of nouns that is written.

What is only read, to be shown, is in `adapters.queries`.
"""

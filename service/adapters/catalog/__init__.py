"""The shipped lifecycle files: reading, checking, and what identity learns from them."""

"""The shipped catalog files: loading, checking, and the names that identity learns from them."""

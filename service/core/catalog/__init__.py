"""Lifecycle facts of models: records, the form of catalog files, and their rules."""

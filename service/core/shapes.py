"""The bound on distinct shapes of unknown formats."""

MAX_SHAPES = 20
"""Distinct shapes per topic and hour, and per file. Bounded, because producers can vary them at will."""
OTHER_SHAPES = ""
"""Counts all further shapes."""


def bounded_shape(shape: str, known: set[str]) -> str:
    """The shape, or `OTHER_SHAPES`. A new one is added to `known` while there is room."""
    if shape != OTHER_SHAPES and shape not in known:
        if len(known) >= MAX_SHAPES:
            return OTHER_SHAPES
        known.add(shape)
    return shape

"""Shapes of unknown formats: how many are told apart."""

MAX_SHAPES = 20
"""Shapes of unknown formats that are told apart, of one topic in one hour and of one file: whoever writes them may vary
them at will."""
OTHER_SHAPES = ""
"""Stands for those beyond."""


def bounded_shape(shape: str, known: set[str]) -> str:
    """The shape, or `OTHER_SHAPES`. A new one is added to `known` while there is room."""
    if shape != OTHER_SHAPES and shape not in known:
        if len(known) >= MAX_SHAPES:
            return OTHER_SHAPES
        known.add(shape)
    return shape

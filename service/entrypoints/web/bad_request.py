"""FastAPI's validation errors in words: the field, the problem, and the known names."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from fastapi.routing import APIRoute
from pydantic import BaseModel

Error = Mapping[str, Any]
"""An error of pydantic: `type`, `loc`, `msg`, `input`, `ctx`."""


def in_words(errors: Sequence[Error], route: object) -> str:
    """`sate: there is no such parameter; did you mean state?`, one clause per error."""
    return "; ".join(": ".join(filter(None, (_where(each), _what(each, route)))) for each in errors)


def _where(error: Error) -> str:
    return ".".join(map(str, error["loc"][1:]))


def _what(error: Error, route: object) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "extra_forbidden":
            name, known = str(error["loc"][-1]), [*_known(error["loc"], route)]
            return f"there is no such field here{_meant(name, known)}"
        case "union_tag_invalid":
            known = [each.strip(" '") for each in context["expected_tags"].split(",")]
            tag = context["tag"]
            return f"{_bare(context['discriminator'])}: {tag!r} is none of them{_meant(tag, known)}"
        case "union_tag_not_found":
            return f"{_bare(context['discriminator'])}: Field required"
        case _:
            return str(error["msg"])


def _bare(quoted: str) -> str:
    return quoted.strip("'")


def _meant(found: str, known: Sequence[str]) -> str:
    close = [name for name in known if found and name.startswith(found)] or get_close_matches(found, known, n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"{meant} Known: {', '.join(known)}" if meant else f"; known: {', '.join(known)}"


def _known(where: Sequence[str | int], route: object) -> Iterator[str]:
    """Fields of the model at `where`: the query's or the body's."""
    if not isinstance(route, APIRoute):
        return
    fields = route.dependant.query_params if where[0] == "query" else [route.body_field] if route.body_field else []
    for field in fields:
        for model in get_args(field.field_info.annotation) or (field.field_info.annotation,):
            if isinstance(model, type) and issubclass(model, BaseModel) and _is_meant(model, where):
                yield from (each.alias or name for name, each in model.model_fields.items())


def _is_meant(model: type[BaseModel], where: Sequence[str | int]) -> bool:
    """True: `model` is the one that the tag in `where` selects."""
    tags = [
        tag
        for each in model.model_fields.values()
        if get_origin(each.annotation) is Literal and len(get_args(each.annotation)) == 1
        for tag in get_args(each.annotation)
    ]
    return not tags or where[1] in tags

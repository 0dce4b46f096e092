"""Finds the exposure that a person means, from a service and optional model, environment and platform."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from service.core.exposure import ExposureKey

MAX_LISTED = 10
CLOSE = 0.6
"""Minimum similarity of a suggested service name, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class ExposureNames:
    """One exposure of the given service."""

    key: ExposureKey
    ids: frozenset[str]
    """The catalog's own names of the model: canonical, on its platform, aliases."""
    spelled: frozenset[str]
    """As requests spell it; a pinned version is often requested by the name of another model."""


@dataclass(frozen=True, slots=True)
class Missing:
    """No exposure matches."""

    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several exposures match."""

    keys: tuple[ExposureKey, ...]
    narrowed: bool = False
    """More than the service was given."""

    @property
    def error(self) -> str:
        kind = "matching uses" if self.narrowed else "uses of deprecated models"
        return f"{self.keys[0].service} has {len(self.keys)} {kind}."

    @property
    def remedy(self) -> str:
        return f"Specify the model, environment or platform: {_listed(self.keys)}."


def meant(
    candidates: Sequence[ExposureNames], *, model: str | None, environment: str | None, platform: str | None
) -> ExposureKey | Ambiguous | Missing:
    """`candidates`: the exposures of one service, at least one. None matches everything; an empty environment means
    calls whose log names none. A model's own name has precedence over spellings in requests."""
    near = [
        one for one in candidates if environment in {None, one.key.environment} and platform in {None, one.key.platform}
    ]
    found = sorted(one.key for one in (near if model is None else _of_model(near, model)))
    if len(found) == 1:
        return found[0]
    if found:
        return Ambiguous(tuple(found), narrowed=(model, environment, platform) != (None, None, None))
    every = sorted(one.key for one in candidates)
    return Missing(f"{every[0].service} has no matching use.", f"It has: {_listed(every)}.")


def no_such_service(service: str, names: Iterable[str]) -> Missing:
    """`names`: the services in the logs."""
    close = get_close_matches(service, sorted(set(names) - {service}), n=3, cutoff=CLOSE)
    remedy = f"Did you mean {' or '.join(close)}?" if close else "`lastcall due --within 365d` lists the services."
    return Missing(f"{service} has not called a deprecated model.", remedy)


def _of_model(candidates: Iterable[ExposureNames], model: str) -> list[ExposureNames]:
    asked = model.strip().lower()
    by_id, spelled = [], []
    for one in candidates:
        if asked in {name.lower() for name in one.ids}:
            by_id.append(one)
        elif asked in {name.lower() for name in one.spelled}:
            spelled.append(one)
    return by_id or spelled


def _listed(keys: Sequence[ExposureKey]) -> str:
    more = [f"and {len(keys) - MAX_LISTED} more"] if len(keys) > MAX_LISTED else []
    return "; ".join([*map(_described, keys[:MAX_LISTED]), *more])


def _described(key: ExposureKey) -> str:
    where = key.environment or 'no environment (named "")'
    return f"{key.model} in {where} on {key.platform}"

"""Which exposure a person means: a service, and as much of model, environment and platform as tells it from others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from service.core.exposure import ExposureKey

MAX_LISTED = 10
CLOSE = 0.6
"""How alike a service's name must be to be offered instead, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One exposure of the service that was named."""

    key: ExposureKey
    ids: frozenset[str]
    """The catalog's own names of the model: canonical, on its platform, aliases."""
    spelled: frozenset[str]
    """As its requests spell it; a pinned version is often asked for by the name of another model."""


@dataclass(frozen=True, slots=True)
class Missing:
    """No exposure is like that."""

    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several exposures are like that."""

    keys: tuple[ExposureKey, ...]
    narrowed: bool = False
    """More than the service was named."""

    @property
    def error(self) -> str:
        like = "uses like that" if self.narrowed else "uses of models that are going away"
        return f"{self.keys[0].service} has {len(self.keys)} {like}."

    @property
    def remedy(self) -> str:
        return f"Say which, by model, environment or platform: {_listed(self.keys)}."


def meant(
    candidates: Sequence[Candidate], *, model: str | None, environment: str | None, platform: str | None
) -> ExposureKey | Ambiguous | Missing:
    """Of one service's exposures, of which there is at least one. What is None does not narrow; an empty environment is
    that of calls whose log names none. A model's own name goes before what requests call it."""
    near = [
        one for one in candidates if environment in {None, one.key.environment} and platform in {None, one.key.platform}
    ]
    found = sorted(one.key for one in (near if model is None else _of_model(near, model)))
    if len(found) == 1:
        return found[0]
    if found:
        return Ambiguous(tuple(found), narrowed=(model, environment, platform) != (None, None, None))
    every = sorted(one.key for one in candidates)
    return Missing(f"{every[0].service} has no use like that.", f"It has: {_listed(every)}.")


def no_such_service(service: str, names: Iterable[str]) -> Missing:
    """`names` are the services that logs have named."""
    close = get_close_matches(service, sorted(set(names) - {service}), n=3, cutoff=CLOSE)
    remedy = f"Did you mean {' or '.join(close)}?" if close else "`lastcall due --within 365d` lists what is called."
    return Missing(f"{service} has not called a model that is going away.", remedy)


def _of_model(candidates: Iterable[Candidate], model: str) -> list[Candidate]:
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

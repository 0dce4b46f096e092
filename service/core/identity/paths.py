"""Request paths that contain a model, by platform."""

from service.core.identity.platforms import Platforms
from service.core.identity.spelling import UnreadableIdError
from service.core.identity.wrappers import Address


def read_path(platforms: Platforms, text: str, platform: str | None) -> Address:
    """The id in a path, and the platform of the path. Raises UnreadableIdError if it contains none."""
    path = text.partition("?")[0]
    found = [(owner, match, why) for owner, pattern, why in platforms.paths if (match := pattern.fullmatch(path))]
    for owner, _, why in found:
        if why is not None:
            raise UnreadableIdError(why, owner)
    for owner, match, _ in found:
        return Address(owner, match[1])
    raise UnreadableIdError("no_model_in_path", platform)

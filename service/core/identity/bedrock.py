"""Bedrock: `[region.]maker.model[-date]-vN[:M[:context]]`, and ARNs around it."""

import re

from service.core.identity.respell import SECOND_REVISIONS, spellings
from service.core.identity.spelling import FINE_TUNE, Spelling, UnreadableIdError, maker_of

_REGIONS = ("us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "in.", "global.")
_MAKERS = (
    *("ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax", "mistral", "moonshot"),
    *("moonshotai", "nvidia", "openai", "qwen", "stability", "twelvelabs", "writer", "xai", "zai"),
)
ID = re.compile(rf"(?:{'|'.join(map(re.escape, _REGIONS))})?(?:{'|'.join(_MAKERS)})\.[a-z0-9].*")
BARE = re.compile(r"[a-z0-9.-]+-v\d:\d")
"""A Bedrock id without its maker: only Bedrock uses `-vN:M`."""
_ARN = re.compile(
    r"arn:aws(?:-us-gov|-cn)?:(?P<service>bedrock|sagemaker):[a-z0-9-]*:\d*:(?P<kind>[a-z-]+)/(?P<name>.+)"
)
_CONTEXT = re.compile(r":\d+k$")
_REVISION = re.compile(r"-v\d+(?::\d+)?$")
_FULL_REVISION = re.compile(r"-v\d+:\d+$")
"""For makers with `-v2` in their names, only `-vN:M` identifies Bedrock."""
_MISTRAL_ZERO = re.compile(r"-v0:(\d)$")
"""`v0:2` is Mistral's own 0.2."""
_COHERE_MINOR = re.compile(r"-v(\d)[-:](\d)(:0)?$")
_CONTEXT_INSIDE = re.compile(r"-\d+k(?=-\d{8}$)")
"""A context size as in Bedrock's response bodies: `claude-3-haiku-48k-20240307`."""
_CLAUDE_DATED = re.compile(r"(?P<name>claude-.+-\d{8})-v(?P<revision>\d)(?::\d)?")
_CLAUDE_OLD = re.compile(r"claude-(?P<instant>instant-)?v(?P<major>\d)(?::(?P<minor>\d))?")


def bedrock(text: str) -> Spelling:
    """An id, an ARN that contains one, or an id without its maker."""
    if text.startswith("arn:"):
        return _arn(text)
    text = _CONTEXT.sub("", text)
    region = next((prefix for prefix in _REGIONS if text.startswith(prefix)), "")
    maker, dot, name = text.removeprefix(region).partition(".")
    if not dot or maker not in _MAKERS:
        return Spelling(_claude(text) if text.startswith("claude-") else spellings(_REVISION.sub("", text)))
    return Spelling(_names(maker, name), maker_of(maker))


def _arn(text: str) -> Spelling:
    match = _ARN.fullmatch(text)
    if match is None or match["service"] == "sagemaker":
        raise UnreadableIdError("opaque")
    match match["kind"]:
        case "foundation-model":
            return bedrock(match["name"])
        case "inference-profile" if ID.fullmatch(match["name"]):
            return bedrock(match["name"])
        case "custom-model" if ID.fullmatch(base := match["name"].partition("/")[0]):
            spelled = bedrock(base)
            return Spelling(spelled.names, spelled.maker, prefix=FINE_TUNE)
        case _:
            raise UnreadableIdError("opaque")


def _names(maker: str, name: str) -> tuple[str, ...]:
    whole = f"{maker}.{name}"
    names: tuple[str, ...]
    match maker:
        case "amazon" | "stability":
            names = (whole, whole.removesuffix(":0"))
        case "anthropic":
            names = _claude(name)
        case "mistral":
            zero = _MISTRAL_ZERO.search(name)
            names = spellings(_REVISION.sub("", name) + (f"-v0.{zero[1]}" if zero else ""))
        case "deepseek":
            names = (whole, *spellings(f"deepseek-{_REVISION.sub('', name)}"))
        case "cohere":
            names = (whole, _COHERE_MINOR.sub(r"-v\1.\2", name), *spellings(name), *spellings(_REVISION.sub("", name)))
        case "openai":
            names = spellings(re.sub(r"-\d:\d$", "", name))
        case "meta" | "ai21":
            names = spellings(_REVISION.sub("", name))
        case _:
            names = (*spellings(_FULL_REVISION.sub("", name)), *spellings(name.removesuffix(":0")))
    return names


def _claude(name: str) -> tuple[str, ...]:
    if old := _CLAUDE_OLD.fullmatch(name):
        return (f"claude-{old['instant'] or ''}v{old['major']}{':' + old['minor'] if old['minor'] else ''}",)
    if dated := _CLAUDE_DATED.fullmatch(name):  # Anthropic's dated ids are revision 1 on Bedrock, with few exceptions
        expected = "2" if dated["name"] in SECOND_REVISIONS else "1"
        return (dated["name"],) if dated["revision"] == expected else ()
    return (_CONTEXT_INSIDE.sub("", _REVISION.sub("", name)).replace("@", "-"),)

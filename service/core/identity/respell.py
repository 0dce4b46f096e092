"""Other spellings of a maker's ids -> the maker's own. Each rule matches the whole text or leaves it unchanged."""

import re

_CLAUDE_TIER = r"(?P<tier>opus|sonnet|haiku|fable|mythos)"
_CLAUDE_VERSION = r"(?P<major>\d)(?:[.-](?P<minor>\d))?"
_CLAUDE_REST = r"(?P<rest>(?:[-@]\d{8}|-v2(?:@\d{8})?|@default)?(?:-[a-z]+)?)"
_CLAUDE = (
    re.compile(rf"claude-{_CLAUDE_VERSION}-{_CLAUDE_TIER}{_CLAUDE_REST}"),
    re.compile(rf"claude-{_CLAUDE_TIER}-{_CLAUDE_VERSION}{_CLAUDE_REST}"),
)
SECOND_REVISIONS = frozenset({"claude-3-5-sonnet-20241022"})
"""Models that hosts call `v2`, with or without a date: each shares its undated name with an older one."""
_GPT = re.compile(r"(?:openai[-.])?gpt-(\d)-(\d)(?=-[a-z]|$)")
_GEMINI_SWAPPED = re.compile(r"gemini-(pro|flash)-(\d\.\d)(.*)")
_GEMINI_HYPHEN = re.compile(r"gemini-(\d)-(\d)(?=-[a-z])")
_LLAMA = re.compile(r"(?:meta-)?llama-?v?(\d)(?:[._p-](\d))?(?=-|$)(.*)")
_COHERE_SWAPPED = re.compile(r"(embed|rerank)-v(\d)-(english|multilingual)")
_COHERE_VERSION = re.compile(r"-v-?(\d)(?:-(\d))?(?=$|-fast$|-pro$)")
_DEEPSEEK_CHAT = re.compile(r"deepseek-chat-(v\d.*)")
_DOTLESS = re.compile(r"(?<![\d.])(\d)-(\d)(?=-|$)")
_P_FOR_DOT = re.compile(r"(?<=\d)p(?=\d)")
_VENDOR_IN_NAME = re.compile(r"(?:ai21|cohere|meta|openai|mistralai)-(?=.)")


def claude(name: str) -> str:
    """`claude-3.5-sonnet`, `claude-4.5-haiku`, `claude-opus-4.1`, `claude-3-opus@20240229` -> Anthropic's word order.

    Up to 3.7 the version precedes the tier, from 4 on it follows; dots become hyphens; Vertex's `@date` becomes
    `-date`, and its `-v2@date` is a second revision.
    """
    match = next((m for pattern in _CLAUDE if (m := pattern.fullmatch(name))), None)
    if match is None:
        return name
    version = match["major"] + (f"-{match['minor']}" if match["minor"] else "")
    rest = match["rest"].removesuffix("@default").replace("-v2@", "@").replace("@", "-")
    first, second = version, match["tier"]
    if int(match["major"]) >= 4:
        first, second = second, first
    spelled = f"claude-{first}-{second}{rest}"
    return name if "-v2@" in match["rest"] and spelled not in SECOND_REVISIONS else spelled


def llama(name: str) -> str:
    """`llama3-1-70b`, `Meta-Llama-3.1-70B`, `llama-v3p1-70b`, `llama-3_3-70b` -> `llama-3.1-70b`."""
    match = _LLAMA.fullmatch(name)
    if match is None:
        return name
    major, minor, rest = match.groups()
    spelled = f"llama-{major}{'.' + minor if minor else ''}{rest}"
    return spelled.removesuffix("-hf")


def gemini(name: str) -> str:
    """`gemini-pro-1.5` (OpenRouter), `gemini-2-5-flash` (Databricks) -> `gemini-1.5-pro`, `gemini-2.5-flash`."""
    if swapped := _GEMINI_SWAPPED.fullmatch(name):
        return f"gemini-{swapped[2]}-{swapped[1]}{swapped[3]}"
    return _GEMINI_HYPHEN.sub(r"gemini-\1.\2", name)


def cohere(name: str) -> str:
    """`embed-v3-english` (Azure), `embed-english-v3` (Bedrock), `embed-v-4-0` -> `embed-english-v3.0`, `embed-v4.0`."""
    if swapped := _COHERE_SWAPPED.fullmatch(name):
        return f"{swapped[1]}-{swapped[3]}-v{swapped[2]}.0"
    return _COHERE_VERSION.sub(lambda version: f"-v{version[1]}.{version[2] or 0}", name)


def spellings(name: str) -> tuple[str, ...]:
    """The name unchanged, then by its maker's rules, then with dots where hosts write hyphens or `p`."""
    bare = _VENDOR_IN_NAME.sub("", name, count=1) if _VENDOR_IN_NAME.match(name) else name
    found = [name, bare, _by_family(bare), _by_family(_P_FOR_DOT.sub(".", bare)), _DOTLESS.sub(r"\1.\2", bare)]
    found += [_DEEPSEEK_CHAT.sub(r"deepseek-\1", bare)]
    return tuple(dict.fromkeys(found))


def _by_family(name: str) -> str:
    match name.partition("-")[0].rstrip("0123456789.v"):
        case "claude":
            return claude(name)
        case "gpt":
            return _GPT.sub(r"gpt-\1.\2", name)
        case "gemini":
            return gemini(name)
        case "llama":
            return llama(name)
        case "embed" | "rerank" | "parse":
            return cohere(name)
        case _:
            return name

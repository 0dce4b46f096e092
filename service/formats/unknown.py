"""What a body of an unknown format looks like: names of keys that logs have in common. Any other key may be a value, of
an object that is keyed by people, ids or texts."""

from collections.abc import Iterable, Mapping
from itertools import islice

import msgspec

from service.formats.recognition import FORMS
from service.formats.rejecting import MSGSPEC_ERRORS, is_json

_MAX_NAMES = 8
_CALLER, _TIME = frozenset({"service", "provider"}), frozenset({"time", "ts"})
"""Of lastcall's own record, beside the model."""
_LOOKED_AT = 64
"""Keys at the start of an object. It may have a million."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_COMMON = """
    @timestamp @version account action actor api app application args attributes auth body bytes bytes_sent caller
    category choices class client client_ip cluster code component connection container content content_type context
    correlation_id cost count created created_at datetime deployment detail details device document duration elapsed
    endpoint entry env environment error error.message error.type errors event event_type exception file function
    headers hostname http http_method http_referer http_status http_user_agent index instance ip items job key kind
    labels latency level line log.level log_level logger logger_name loglevel meta method metric metrics module msg
    name namespace node offset operation org organization origin params partition path pid pod port process
    process_id product program project prompt properties protocol query queue reason record records referer referrer
    region remote_addr remote_ip remote_user request_body request_length request_method request_time request_uri
    resource resources response_body response_time result results role route rule scheme scope server server_name
    service.name service_name session session_id severity severity_number severity_text size span span.id span_id
    spanid spans stack stack_trace stacktrace stage state status_code statuscode stderr stdout step subject
    subsystem success summary system tag tags target task tenant text thread thread_name threadname time_local title
    token tokens topic trace trace.id trace_id traceback traceid transaction uid unit upstream upstream_addr
    upstream_response_time uri url usage user user_agent user_id useragent userid username uuid value values version
    worker
"""
_KNOWN = frozenset(_COMMON.split()).union(
    key.lower() for form in FORMS for keys in (form.known, form.mark.keys) for key in keys
)
"""In lower case."""


def shape_of(body: bytes) -> str:
    """In words, bounded. The same for bodies with the same names."""
    try:
        return _object(_OBJECT.decode(body))
    except MSGSPEC_ERRORS:
        return "JSON that is no object" if is_json(body) else "text that is no JSON"


def _object(fields: Mapping[str, object]) -> str:
    if not fields:
        return "an empty object"
    names = _names(fields)
    more = len(fields) - len(names)
    if not names:
        return "an object without a key that logs have in common"
    beside = f" and {more} more" if more else ""
    lacks_time = "model" in fields and not fields.keys().isdisjoint(_CALLER) and fields.keys().isdisjoint(_TIME)
    own = "; lastcall's own record has a `time` as well" if lacks_time else ""
    return f"an object with {', '.join(names)}{beside}{own}"


def _names(keys: Iterable[str]) -> list[str]:
    return sorted(key for key in islice(keys, _LOOKED_AT) if key.lower() in _KNOWN)[:_MAX_NAMES]

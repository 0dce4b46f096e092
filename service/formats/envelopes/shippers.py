"""Log shippers' objects: Fluent Bit (`log`), Vector and Filebeat (`message`), with their data about the pod.

https://docs.fluentbit.io/manual/pipeline/outputs/kafka
https://vector.dev/docs/reference/configuration/sinks/kafka/
https://www.elastic.co/guide/en/beats/filebeat/current/kafka-output.html
"""

import re

import msgspec

from service.core.usage import Scalar
from service.formats.contract import Context, Envelope, Inner, mark, within

_CRI = re.compile(r"\S{1,64} (?:stdout|stderr) [FP] ")
"""The prefix of a container runtime's log line."""


class _Labels(msgspec.Struct, frozen=True, gc=False):
    """Labels with the name of a pod's service, in order of preference, and of its environment."""

    app: Scalar = None
    name: Scalar = msgspec.field(name="app.kubernetes.io/name", default=None)
    name_without_dots: Scalar = msgspec.field(name="app_kubernetes_io/name", default=None)
    k8s_app: Scalar = msgspec.field(name="k8s-app", default=None)
    environment: Scalar = None
    env: Scalar = None


_NO_LABELS = _Labels()


class _Kubernetes(msgspec.Struct, frozen=True, gc=False):
    labels: _Labels | None = None
    pod_labels: _Labels | None = None
    namespace_name: Scalar = None
    pod_namespace: Scalar = None
    namespace: Scalar = None


class _Custom(msgspec.Struct, frozen=True, gc=False):
    service: Scalar = None
    environment: Scalar = None
    env: Scalar = None


_NO_FIELDS = _Custom()


class _Shipped(msgspec.Struct, gc=False):
    shipped_at: Scalar = msgspec.field(name="@timestamp", default=None)
    timestamp: Scalar = None
    time: Scalar = None
    date: Scalar = None
    fields: _Custom | None = None
    kubernetes: _Kubernetes | None = None


_TIMES = frozenset({"@timestamp", "timestamp", "time", "date"})
_Line = str | dict[str, msgspec.Raw] | list[msgspec.Raw] | None
"""The application's output: text, or the shipper's parsed form."""


class _Log(_Shipped, gc=False):
    log: _Line = None
    log_processed: dict[str, msgspec.Raw] | None = None


class _Message(_Shipped, gc=False):
    message: _Line = None
    json: dict[str, msgspec.Raw] | None = None


def _open_log(shipped: _Log, context: Context) -> Inner:
    """`log_processed` is the result of Fluent Bit's parser for a line that is no JSON."""
    line = shipped.log
    is_json = not isinstance(line, str) or line[:1] in ("{", "[")
    return Inner(_body(line if is_json else shipped.log_processed or line), _within(shipped, context))


def _open_message(shipped: _Message, context: Context) -> Inner:
    """Filebeat puts decoded JSON into `json`, unless configured otherwise."""
    line = shipped.message if shipped.json is None else shipped.json
    return Inner(_body(line), _within(shipped, context))


def _body(line: _Line) -> str | bytes:
    if not isinstance(line, str):
        return msgspec.json.encode(line)
    if line[:1] == "{":
        return line
    line = line.strip()
    prefix = _CRI.match(line)
    return line[prefix.end() :] if prefix is not None else line


def _within(shipped: _Shipped, context: Context) -> Context:
    at = (shipped.shipped_at, shipped.timestamp, shipped.time, shipped.date)
    own, pod = shipped.fields or _NO_FIELDS, shipped.kubernetes
    if pod is None:
        return within(context, at, own.service, (own.environment, own.env))
    labels = pod.labels or pod.pod_labels or _NO_LABELS
    caller = (own.service, labels.app, labels.name, labels.name_without_dots, labels.k8s_app)
    environment = (own.environment, own.env, labels.environment, labels.env)
    return within(context, at, caller, environment, pod.namespace_name or pod.pod_namespace or pod.namespace)


FLUENT_BIT = Envelope(
    "fluent_bit",
    "Fluent Bit: a line in `log`",
    tuple(mark("log", key) for key in ("@timestamp", "kubernetes", "stream", "date", "time", "_p", "log_processed")),
    _open_log,
    _Log,
    body="log",
    uncounted=_TIMES,
)
VECTOR = Envelope(
    "vector",
    "Vector: a line in `message`, with `source_type`",
    (mark("message", "source_type"),),
    _open_message,
    _Message,
    body="message",
    uncounted=_TIMES,
)
FILEBEAT = Envelope(
    "filebeat",
    "Filebeat, Elastic Agent and others: a line in `message`, with a time or the pod, or decoded in `json`",
    (
        *(mark("message", key) for key in ("@timestamp", "@metadata", "agent", "timestamp", "kubernetes")),
        *(mark("json", key) for key in ("@timestamp", "@metadata", "agent")),
    ),
    _open_message,
    _Message,
    body="message",
    uncounted=_TIMES,
)

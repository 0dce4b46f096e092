"""A CloudWatch Logs subscription: several log events, each with a record as text.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from collections.abc import Iterator

import msgspec

from service.core.usage import PassedOver, Rejection, Scalar
from service.formats.contract import Context, Envelope, Inner, Item, mark, within


class _LogEvent(msgspec.Struct, gc=False):
    message: str | dict[str, msgspec.Raw] | None = None
    timestamp: Scalar = None


class _Subscription(msgspec.Struct, gc=False, rename="camel"):
    log_events: list[_LogEvent]
    message_type: Scalar = None
    owner: Scalar = None


def _open(subscription: _Subscription, context: Context) -> Iterator[Item]:
    if subscription.message_type == "CONTROL_MESSAGE":
        yield PassedOver("control_message", "cloudwatch")
        return
    account = subscription.owner if isinstance(subscription.owner, str) else None
    context = msgspec.structs.replace(context, account=account)
    for event in subscription.log_events:
        if event.message is None:
            yield Rejection("bad_field", "log event without a message")
        else:
            body = event.message if isinstance(event.message, str) else msgspec.json.encode(event.message)
            yield Inner(body, within(context, event.timestamp))


SUBSCRIPTION = Envelope(
    "cloudwatch",
    "a CloudWatch Logs subscription",
    (mark("logEvents", "messageType"), mark("logEvents", "logGroup")),
    _open,
    _Subscription,
    several=True,
    passes={"control_message": "CloudWatch's check of the destination"},
)

"""Facts -> a Slack message, inside Slack's limits and escaped. Pure: the same facts of a day give the same message."""

from service.core.messages.message import Block, Links, Message
from service.core.messages.render import render

__all__ = ["Block", "Links", "Message", "render"]

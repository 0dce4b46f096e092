"""What Slack refuses in a message, by its reference of Block Kit and of message metadata."""

import json
from typing import Any

Block = dict[str, Any]
TYPES = {"actions", "context", "divider", "header", "image", "rich_text", "section", "table", "markdown"}
METADATA_LIMIT = 16_000


def fault_of_blocks(blocks: list[Block]) -> str | None:
    """Why Slack would answer `invalid_blocks`, or None."""
    if len(blocks) > 50:
        return "more than 50 blocks"
    ids = [b["block_id"] for b in blocks if "block_id" in b]
    if len(ids) != len(set(ids)):
        return "a block_id twice"
    return next((fault for block in blocks if (fault := _fault_of(block))), None)


def _fault_of(block: Block) -> str | None:
    if block.get("type") not in TYPES:
        return f"unknown type {block.get('type')}"
    if len(block.get("block_id", "")) > 255:
        return "block_id over 255 characters"
    check = {"header": _header, "section": _section, "context": _context, "actions": _actions}.get(block["type"])
    return check(block) if check else None


def _header(block: Block) -> str | None:
    return _text(block.get("text"), 150, kinds={"plain_text"})


def _section(block: Block) -> str | None:
    if "text" not in block and "fields" not in block:
        return "a section without text and fields"
    if "text" in block and (fault := _text(block["text"], 3000)):
        return fault
    fields = block.get("fields", [])
    if len(fields) > 10:
        return "more than 10 fields"
    faults = [*(_text(one, 2000) for one in fields), _element(block.get("accessory", {}))]
    return next(filter(None, faults), None)


def _context(block: Block) -> str | None:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        return "a context has 1 to 10 elements"
    return next((f for e in elements if e.get("type") != "image" and (f := _text(e, 3000))), None)


def _actions(block: Block) -> str | None:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        return "actions have 1 to 25 elements"
    return next((fault for element in elements if (fault := _element(element))), None)


def _element(element: Block) -> str | None:
    if element.get("type") == "button":
        if len(element.get("value", "")) > 2000 or len(element.get("url", "")) > 3000:
            return "a button's value or url is too long"
        return _text(element.get("text"), 75, kinds={"plain_text"})
    return None


def _text(text: object, limit: int, kinds: set[str] | None = None) -> str | None:
    if not isinstance(text, dict) or text.get("type") not in (kinds or {"plain_text", "mrkdwn"}):
        return "a text object is missing or of the wrong type"
    said = text.get("text")
    if not isinstance(said, str) or not 1 <= len(said) <= limit:
        return f"a text is empty or over {limit} characters"
    return None


def fault_of_metadata(metadata: object) -> str | None:
    """Slack's error for it, or None."""
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        return "invalid_metadata_format"
    if not isinstance(metadata.get("event_payload"), dict):
        return "invalid_metadata_format"
    return "metadata_too_large" if len(json.dumps(metadata)) > METADATA_LIMIT else None

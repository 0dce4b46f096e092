"""Encodings of text other than plain UTF-8."""

import codecs

from service.formats.contract import Context, Envelope, Inner


def _from_utf16(body: bytes, context: Context) -> Inner:
    return Inner(body.decode("utf-16").encode(), context)


def _without_mark(body: bytes, context: Context) -> Inner:
    return Inner(body[len(codecs.BOM_UTF8) :], context)


UTF16 = Envelope(
    "utf16",
    "UTF-16 with a byte order mark",
    lambda body: body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
    _from_utf16,
)
UTF8_MARK = Envelope(
    "utf8_mark", "UTF-8 with a byte order mark", lambda body: body.startswith(codecs.BOM_UTF8), _without_mark
)

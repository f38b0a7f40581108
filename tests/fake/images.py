"""What all APIs demand of an image: base64 of the type that it says it is, and not too large."""

import base64
import binascii
import re

MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8", "image/webp": b"RIFF"}
MOST_BASE64 = 5 * 1024 * 1024


def check(need, media_type, data, where, types=tuple(MAGIC)):
    need(media_type in types, f"{where}: the media type {media_type!r} is not supported")
    need(isinstance(data, str) and data, f"{where}: no data")
    need(len(data) <= MOST_BASE64, f"{where}: image exceeds 5 MB maximum: {len(data)} bytes > {MOST_BASE64} bytes")
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        raw = b""
    need(raw.startswith(MAGIC[media_type]), f"{where}: Could not process image")


def check_url(need, url, where):
    found = re.fullmatch(r"data:([a-z]+/[a-z]+);base64,(.*)", url or "", re.S)
    need(found, f"{where}: Expected a base64-encoded data URL with an image MIME type")
    check(need, found[1], found[2], where)

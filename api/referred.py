"""Inputs that are given by reference: by a link that has the value in itself, or to an upload.

Input: a link, as an execute request has it. Output: the value that it leads to. Nothing is fetched:
an address that a stranger names would have the service ask whom he cannot (decision 53).
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from blueprint.errors import InvalidInputs

_LARGEST_BYTES = 10 << 20
_JSON = ("json", "+json")


def value_of(
    link: dict[str, Any], name: str, uploads: str, read: Callable[[str, int], bytes | str]
) -> Any:
    """What the input of that name is.

    Args:
        link: has `href`, and may have `type`.
        name: of the input, for whoever reads of a fault.
        uploads: the address below which uploads lie.
        read: of an upload's id and so many bytes at most: its content, or the id itself where
            that is the value.

    Raises:
        InvalidInputs: it leads to neither, or to what is none of its type.
        UnknownUpload: it leads to an upload that is not the caller's.
    """
    href = link["href"]
    told = link.get("type")
    if isinstance(href, str) and href.startswith(f"{uploads}/"):
        found = read(unquote(href.removeprefix(f"{uploads}/")), _LARGEST_BYTES)
        return found if isinstance(found, str) else _parsed(found, told or "application/json", name)
    if isinstance(href, str) and href[:5].lower() == "data:":
        kind, content = _held(href, name)
        return _parsed(content, kind or told or "text/plain", name)
    message = (
        f"{name[:60]!a}: is given by an address that is not followed; give the value, a data: "
    )
    raise InvalidInputs(f"{message}link, or the address of an upload ({uploads}/...)")


def _held(href: str, name: str) -> tuple[str, bytes]:
    """The media type and the content that a data: link has in itself (RFC 2397)."""
    head, comma, data = href[5:].partition(",")
    kind, *parameters = (part.strip() for part in head.split(";"))
    content = unquote_to_bytes(data)
    try:
        if "base64" in [one.lower() for one in parameters]:
            content = base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error):
        comma = ""
    if not comma:
        message = f"{name[:60]!a}: is no data: link; write data:application/json;base64,..."
        raise InvalidInputs(message)
    return kind, content


def _parsed(content: bytes, kind: Any, name: str) -> Any:
    plain = str(kind).partition(";")[0].strip().lower()
    try:
        text = content.decode("utf-8-sig")
        if plain == "text/plain":
            return text
        if plain.endswith(_JSON):
            return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        pass
    message = (
        f"{name[:60]!a}: what it leads to is no {plain[:60]}; give JSON or plain text in UTF-8"
    )
    raise InvalidInputs(message)


def _refuse(text: str) -> float:
    raise ValueError(text)

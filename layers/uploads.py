"""A file that came over the wire: laid into a private folder under a tame name, read as any other.

Input: its bytes and the name that its sender gives it. Output: `Source`. Of the name only the last
part counts, and of that only letters, digits and a few signs: it chooses the reader and stands in
messages, and leads nowhere.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from layers.source import Source, with_crs

__all__ = ["read_upload", "tame_name", "tame_stem"]

_LONGEST_STEM = 80
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


def read_upload(
    data: bytes, name: str, *, layer: str | None = None, crs: str | None = None
) -> Source:
    """Read one layer of an uploaded file; `crs` overrides what the file says of itself.

    Raises:
        UnreadableSource: no file of its format, hostile, or beyond `sandbox.OVER_THE_WIRE`.
        AmbiguousSource: several layers and none named, or no layer of that name.
    """
    from layers.sandbox import OVER_THE_WIRE, sandbox

    with TemporaryDirectory(prefix="blueprint-upload-") as folder:
        path = Path(folder, tame_name(name))
        path.write_bytes(data)
        return with_crs(sandbox.read_file(path, layer, limits=OVER_THE_WIRE), crs)


def tame_name(name: str) -> str:
    """The last part of a path, of whatever system, as a file's name that goes anywhere."""
    last = re.split(r"[/\\]", name)[-1]
    stem, suffix = Path(last).stem, Path(last).suffix
    return tame_stem(stem) + (suffix.lower() if _SUFFIX.fullmatch(suffix) else "")


def tame_stem(stem: str) -> str:
    """A file's name without what a folder or a terminal takes amiss; Chinese stays."""
    plain = re.sub(r"[^\w .()\[\]+-]", "_", stem).strip(". ")
    return plain.encode()[: 3 * _LONGEST_STEM].decode("utf-8", "ignore")[:_LONGEST_STEM] or "layer"

"""Which character set a plain text file is in, decided over the whole file.

Input: a path, and the encoding that was given or that the file names. Output: a codec's name and
the ground it rests on. In this order: given, a byte order mark, what the file says, strict UTF-8,
strict GB18030; each only if every byte bears it out.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path

from layers.checks import first_bytes
from layers.encoding import known_encoding
from layers.errors import UnreadableSource

_CHUNK = 1 << 20
_MARKS = {
    codecs.BOM_UTF8: "UTF-8-SIG",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def text_encoding(path: Path, given: str | None, said: str | None = None) -> tuple[str, str]:
    """The encoding of the text at `path` and the ground it rests on.

    Raises:
        UnreadableSource: its bytes fit none.
    """
    candidates = list(_candidates(path, given, said))
    for encoding, ground in candidates:
        if _fits(path, encoding):
            return encoding, ground
    tried = ", ".join(dict.fromkeys(encoding for encoding, _ in candidates))
    message = f"{path.name}: is not text in {tried}; name its encoding, or save it as UTF-8"
    raise UnreadableSource(message)


def _candidates(path: Path, given: str | None, said: str | None) -> Iterator[tuple[str, str]]:
    head = first_bytes(path, 3)
    marks = [encoding for mark, encoding in _MARKS.items() if head.startswith(mark)]
    if given:
        codec = known_encoding(given) or given
        yield ("UTF-8-SIG" if codec == "UTF-8" else codec), "given"
        return
    if marks:
        yield marks[0], "byte order mark"
        return
    if said and (declared := known_encoding(said)):
        yield declared, "as it says"
    yield "UTF-8", "strict UTF-8"
    yield "GB18030", "not UTF-8, so GB18030"


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True

"""What is asked to be ingested: one file as one layer, or all that a manifest lists."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import RootModel

from blueprint.errors import InvalidManifest
from blueprint.values import Value, load_yaml


@dataclass(frozen=True, slots=True)
class Request:
    """A file to be ingested as a layer, with what the file does not say of itself."""

    layer: str
    file: Path
    source_layer: str | None = None
    crs: str | None = None
    encoding: str | None = None


class _ManifestLine(Value):
    layer: str
    file: str
    source_layer: str | None = None
    crs: str | None = None
    encoding: str | None = None


class _Manifest(RootModel[list[_ManifestLine]]):
    """A list of deliveries."""


def read_manifest(path: Path) -> list[Request]:
    """The deliveries that a manifest lists; files lie in `deliveries/` beside it.

    Raises:
        InvalidManifest: malformed, or a file is not there.
    """
    requests = []
    for line in load_yaml(path, _Manifest, InvalidManifest).root:
        file = path.parent / "deliveries" / line.file
        if not file.exists():
            message = f"{path.name}: layer {line.layer}: {line.file} is not in {file.parent}"
            raise InvalidManifest(message)
        requests.append(Request(line.layer, file, line.source_layer, line.crs, line.encoding))
    return requests

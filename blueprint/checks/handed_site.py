"""A site as it is handed in: one file's bytes, what the file is called, and what is said beside it.

Input: bytes that came over the wire; a path is never taken. Output: `Site`, read by the same
confined readers as a file on the command line. GeoJSON may carry members beside its shape:
`project`, the applicant's answers and figures; `suggest`, a wish for suggestions.
"""

import json
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Self

from blueprint.catalogue import City
from blueprint.checks.figures import figures_of, wish_of
from blueprint.checks.site import Site, site_of
from blueprint.coordinates import resolve
from blueprint.errors import InvalidFigures
from blueprint.rules.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.values import is_plain
from layers import UnreadableSource, read_shapes
from layers.source import with_crs
from layers.uploads import read_upload, tame_name

__all__ = ["MEDIA_TYPES", "HandedSite", "ProjectSaid", "suffix_for"]

MEDIA_TYPES: dict[str, tuple[str, ...]] = {
    ".geojson": ("application/geo+json", "application/vnd.geo+json", "application/json"),
    ".txt": ("text/plain",),
    ".zip": ("application/zip", "application/x-zip-compressed", "application/x-shapefile"),
    ".dxf": ("image/vnd.dxf", "application/dxf", "application/x-dxf"),
    ".kml": ("application/vnd.google-earth.kml+xml",),
    ".gpkg": ("application/geopackage+sqlite3", "application/geopackage+vnd.sqlite3"),
}
"""What a site is handed in as, and the media types of each, the usual one first."""

_GEOJSON = (".geojson", ".json")
_UNNAMED, _SITE = "request body", "site"


def suffix_for(media_type: str) -> str | None:
    """The suffix of the files of a media type; None: no site is handed in as that."""
    kind = media_type.partition(";")[0].strip().lower()
    return next((suffix for suffix, kinds in MEDIA_TYPES.items() if kind in kinds), None)


@dataclass(frozen=True, slots=True)
class ProjectSaid:
    """What is said beside the shape; None: nothing is. `name` is the site's."""

    name: str | None
    project: object
    suggest: object

    def figures(self) -> ProjectFigures:
        """The project's answers and figures.

        Raises:
            InvalidFigures: a figure cannot be, or is none that is known.
        """
        return NOTHING_SAID if self.project is None else figures_of(self.project)

    def wish(self) -> bool:
        """Whether suggestions are asked for.

        Raises:
            InvalidFigures: that is neither true nor false.
        """
        return wish_of(self.suggest)

    def with_members(self, members: "ProjectSaid") -> "ProjectSaid":
        """The same with what the document itself says, which must not be said twice.

        Raises:
            InvalidFigures: the document and its sender both say it.
        """
        for what in ("project", "suggest"):
            if getattr(self, what) is not None and getattr(members, what) is not None:
                message = f"{what}: is given beside the file and in it; leave one of the two out"
                raise InvalidFigures(message)
        return ProjectSaid(
            self.name or members.name,
            members.project if self.project is None else self.project,
            members.suggest if self.suggest is None else self.suggest,
        )


@dataclass(frozen=True, slots=True)
class HandedSite:
    """A file's bytes, the suffix that says how to read them, and its name if it came with one."""

    data: bytes
    suffix: str
    name: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether a process of its own reads it, which may take long."""
        return self.suffix not in _GEOJSON

    @classmethod
    def of_file(cls, data: bytes, name: str, media_type: str | None = None) -> Self:
        """A file that came with a name; where that has no suffix, its media type says what it is.

        Raises:
            UnreadableSource: a site is not handed in as that.
        """
        suffix = PurePath(name).suffix.lower() or suffix_for(media_type or "")
        if suffix not in (*MEDIA_TYPES, *_GEOJSON):
            message = (
                f"{tame_name(name)}: not a format that a site is handed in as; send a file whose "
                f"name ends in {', '.join(MEDIA_TYPES)}"
            )
            raise UnreadableSource(message)
        return cls(data, suffix, tame_name(name if PurePath(name).suffix else name + suffix))

    def drawn(
        self, city: City, crs: str | None, layer: str | None, said: ProjectSaid
    ) -> tuple[Site, ProjectSaid]:
        """The site in the city, and all that is said of it; `crs` as `read_site` has it.

        Raises:
            DataError: the bytes cannot be read as what they are said to be, or no such CRS.
            InvalidSite: what they draw cannot be checked.
            InvalidFigures: something is said twice.
        """
        named, system = resolve(crs, city)
        if not self.is_file:
            source = read_shapes(self.data, self.name or _UNNAMED)
            said = said.with_members(_members(self.data))
        else:
            source = read_upload(self.data, self.name or _UNNAMED + self.suffix, layer=layer)
        source = replace(source, name=said.name or self.name or _SITE)
        return site_of(with_crs(source, named), city, system), said


def _members(data: bytes) -> ProjectSaid:
    """What a GeoJSON document, found sound before, says beside its shape."""
    document: dict[str, Any] = json.loads(data.decode("utf-8-sig"))
    of_feature = document.get("properties") if document["type"] == "Feature" else document
    name = of_feature.get("name") if isinstance(of_feature, dict) else None
    sound = isinstance(name, str) and is_plain(name)
    return ProjectSaid(name if sound else None, document.get("project"), document.get("suggest"))

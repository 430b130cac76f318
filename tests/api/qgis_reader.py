"""What QGIS sees of the service; run by the machine's own Python, which has QGIS.

Usage: QT_QPA_PLATFORM=offscreen python3 qgis_reader.py ADDRESS COLLECTION

Prints one JSON object: of the collection opened as features and as vector tiles, whether QGIS holds
it for sound, how many features it counts, and how many pixels of a map of it are coloured.
"""

import json
import sys
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

WHITE = QColor(255, 255, 255)
WIDTH, HEIGHT = 320, 240


def coloured(layer: Any, extent: Any, crs: Any) -> int:
    """The pixels that are not the background's on a map of the extent."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(crs)
    settings.setExtent(extent)
    settings.setOutputSize(QSize(WIDTH, HEIGHT))
    settings.setBackgroundColor(WHITE)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    background = WHITE.rgb()
    return sum(
        image.pixel(x, y) != background for x in range(image.width()) for y in range(image.height())
    )


def features(address: str, collection: str) -> tuple[dict[str, Any], Any]:
    """The collection by OGC API - Features."""
    source = f"url='{address}' typename='{collection}' pageSize='50'"
    layer = QgsVectorLayer(source, collection, "OAPIF")
    ids = sorted(feature["id"] for feature in layer.getFeatures())
    seen = {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "count": len(ids),
        "ids": ids,
        "fields": sorted(layer.fields().names()),
    }
    web = QgsCoordinateReferenceSystem("EPSG:3857")
    extent = QgsRectangle(layer.extent())
    there = QgsCoordinateTransform(layer.crs(), web, QgsProject.instance())
    extent = there.transformBoundingBox(extent)
    extent.scale(1.1)
    return seen | {"coloured": coloured(layer, extent, web)}, extent


def tiles(address: str, collection: str, extent: Any) -> dict[str, Any]:
    """The same by OGC API - Tiles."""
    path = f"{address}/collections/{collection}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    layer = QgsVectorTileLayer(f"type=xyz&url={path}&zmin=0&zmax=16", collection)
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles(QgsVectorTileBasicRenderer.simpleStyleWithRandomColors())
    layer.setRenderer(renderer)
    web = QgsCoordinateReferenceSystem("EPSG:3857")
    return {"valid": layer.isValid(), "coloured": coloured(layer, extent, web)}


def main() -> None:
    """Look, and tell."""
    address, collection = sys.argv[1:]
    QgsApplication.setPrefixPath("/usr", useDefaultPaths=True)
    application = QgsApplication([], False)
    application.initQgis()
    seen, extent = features(address, collection)
    json.dump({"features": seen, "tiles": tiles(address, collection, extent)}, sys.stdout)
    application.exitQgis()


if __name__ == "__main__":
    main()

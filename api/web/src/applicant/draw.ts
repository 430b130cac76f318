/** Drawing a polygon on the map by pointer, and moving its corners afterwards. */
import { TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import type { Stage } from "../map/stage";

const INK = "#0d3b66";

export class Pen {
  private readonly draw: TerraDraw;

  constructor(private readonly stage: Stage, drawn: (geometry: GeoJSON.Polygon) => void) {
    const modes = [
      new TerraDrawPolygonMode({
        styles: { fillColor: INK, fillOpacity: 0.15, outlineColor: INK, outlineWidth: 2.5, closingPointColor: "#f2a541", closingPointWidth: 7 },
      }),
      new TerraDrawSelectMode({
        flags: { polygon: { feature: { draggable: true, coordinates: { draggable: true, midpoints: true, deletable: true } } } },
        styles: { selectedPolygonColor: INK, selectedPolygonFillOpacity: 0.05, selectedPolygonOutlineColor: INK, selectedPolygonOutlineWidth: 2.5, selectionPointColor: "#fff", selectionPointOutlineColor: INK, midPointColor: "#f2a541" },
      }),
    ];
    this.draw = new TerraDraw({ adapter: new TerraDrawMapLibreGLAdapter({ map: stage.map, coordinatePrecision: 9 }), modes });
    this.draw.start();
    this.draw.on("finish", (id) => {
      const found = this.draw.getSnapshotFeature(id);
      if (found?.geometry.type !== "Polygon") return;
      const geometry = found.geometry as GeoJSON.Polygon;
      // let the pen finish its own work first
      setTimeout(() => {
        this.draw.setMode("select");
        this.draw.selectFeature(id);
        drawn(geometry);
      });
    });
  }

  begin(): void {
    this.clear();
    this.draw.setMode("polygon");
  }

  clear(): void {
    this.draw.clear();
  }

  remove(): void {
    // a map that is gone has taken its drawings along
    if (this.draw.enabled && this.stage.isThere) this.draw.stop();
  }
}

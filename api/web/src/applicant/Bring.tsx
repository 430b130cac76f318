/** The three ways to bring a site: draw it, hand in a file, paste coordinates. */
import { useRef, useState } from "preact/hooks";
import { say } from "../core/lang";
import { go } from "../core/route";
import type { Catalogue } from "../core/types";
import { parsePasted, Unreadable, type Pasted } from "./coordinates";
import { SUFFIXES, type SiteStore } from "./siteStore";

interface BringProps {
  store: SiteStore;
  catalogue: Catalogue;
  drawing: boolean;
  /** null: there is no map to draw on (yet). */
  draw: (() => void) | null;
  cleared: () => void;
}

export function Bring({ store, catalogue, drawing, draw, cleared }: BringProps) {
  const picker = useRef<HTMLInputElement>(null);
  const [pasting, setPasting] = useState(false);
  const input = store.input.value;

  function take(file: File | undefined): void {
    if (!file) return;
    cleared();
    setPasting(false);
    void store.take({ kind: "file", file });
  }

  if (input && store.check.value.data) {
    return (
      <div class="brought">
        <span>{store.check.value.data.site.name}</span>
        <button
          type="button"
          onClick={() => {
            store.clear();
            cleared();
            go("apply");
          }}
        >
          {say("换一块地", "Another site")}
        </button>
      </div>
    );
  }
  return (
    <section class="bring" aria-label={say("提交地块", "Bring a site")}>
      <button type="button" class="way" disabled={!draw} aria-pressed={drawing} onClick={() => draw?.()}>
        <span aria-hidden="true">✎</span>
        <strong>{say("在图上画", "Draw it")}</strong>
        <small>{drawing ? say("逐点点击，点回起点结束", "click corner by corner, end on the first") : say("逐点点击勾出边界", "corner by corner on the map")}</small>
      </button>
      <button type="button" class="way" onClick={() => picker.current?.click()}>
        <span aria-hidden="true">⤓</span>
        <strong>{say("拖入或选择文件", "Drop or choose a file")}</strong>
        <small>{say("TXT 界址点、ZIP（shp）、DXF、KML、GeoJSON、GPKG", "TXT, zipped shapefile, DXF, KML, GeoJSON, GPKG")}</small>
      </button>
      <input
        ref={picker}
        class="hidden"
        type="file"
        tabIndex={-1}
        accept={SUFFIXES.join(",")}
        aria-label={say("红线文件", "Site file")}
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <button type="button" class="way" aria-expanded={pasting} onClick={() => setPasting(!pasting)}>
        <span aria-hidden="true">⌨</span>
        <strong>{say("粘贴坐标", "Paste coordinates")}</strong>
        <small>{say("经纬度或平面坐标，每行一个点", "degrees or metres, a corner a line")}</small>
      </button>
      {pasting && <Paste store={store} crs={catalogue.city.crs} />}
    </section>
  );
}

function Paste({ store, crs }: { store: SiteStore; crs: string }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [read, setRead] = useState<Pasted | null>(null);

  function enter(event: Event): void {
    event.preventDefault();
    setWrong(null);
    try {
      const found = parsePasted(text, crs);
      setRead(found);
      if (found.kind === "text") {
        void store.take({ kind: "file", file: new File([found.text], "pasted.txt", { type: "text/plain" }) });
      } else {
        void store.take({ kind: "shape", geometry: found.geometry, crs: found.crs, name: say("粘贴的坐标", "pasted coordinates") });
      }
    } catch (error) {
      setRead(null);
      const line = error instanceof Unreadable ? error.line : 1;
      setWrong(
        say(
          `第 ${line} 行读不懂：每行写一个点的两个数，至少三个点，如 118.090,24.600 或 2718193.78 599440.35`,
          `line ${line} cannot be read: two numbers a line, three corners or more, such as 118.090,24.600 or 2718193.78 599440.35`,
        ),
      );
    }
  }

  return (
    <form class="paste" onSubmit={enter}>
      <label class="field">
        <span>{say("坐标，每行一个点；空一行另起一块", "Coordinates, a corner a line; an empty line begins another part")}</span>
        <textarea rows={6} required spellcheck={false} value={text} placeholder={"118.0900,24.6000\n118.0920,24.6000\n118.0920,24.6020"} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      {wrong && (
        <p class="failure" role="alert">
          {wrong}
        </p>
      )}
      {read?.kind === "geojson" && read.read !== "geojson" && (
        <p class="note" role="status">
          {read.read === "degrees" ? say("按经度、纬度读取", "read as longitude and latitude") : say(`按平面坐标读取（${read.crs}）`, `read as plane coordinates (${read.crs})`)}
          {say(`，${read.corners} 个点`, `, ${read.corners} corners`)}
        </p>
      )}
      <button class="primary">{say("预检", "Check")}</button>
    </form>
  );
}

/** A second map over the first one, in another snapshot, seen right of a line that can be moved. */
import { Stage, type Shown } from "./stage";

const STEP = 0.02;

export class Swipe {
  private readonly other: Stage;
  private readonly holder: HTMLDivElement;
  private readonly handle: HTMLDivElement;
  private share = 0.5;
  private following = false;
  private readonly stop: () => void;

  constructor(stage: Stage, private readonly snapshot: string, label: string) {
    const around = stage.container.parentElement!;
    this.holder = document.createElement("div");
    this.holder.className = "map-canvas map-other";
    around.append(this.holder);
    this.other = new Stage(this.holder, stage.catalogue, snapshot);
    this.other.map.jumpTo({ center: stage.map.getCenter(), zoom: stage.map.getZoom() });
    const [lead, trail] = [this.follow(stage, this.other), this.follow(this.other, stage)];
    stage.map.on("move", lead);
    this.other.map.on("move", trail);
    this.handle = document.createElement("div");
    this.handle.className = "map-divide";
    this.handle.tabIndex = 0;
    for (const [name, value] of [["role", "slider"], ["aria-label", label], ["aria-orientation", "horizontal"], ["aria-valuemin", "0"], ["aria-valuemax", "100"]] as const) {
      this.handle.setAttribute(name, value);
    }
    around.append(this.handle);
    const move = (event: PointerEvent) => {
      const box = around.getBoundingClientRect();
      this.place((event.clientX - box.left) / box.width);
    };
    this.handle.addEventListener("pointerdown", (event) => this.handle.setPointerCapture(event.pointerId));
    this.handle.addEventListener("pointermove", (event) => {
      if (this.handle.hasPointerCapture(event.pointerId)) move(event);
    });
    this.handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -STEP, ArrowRight: STEP, Home: -1, End: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      this.place(this.share + by);
    });
    this.stop = () => {
      stage.map.off("move", lead);
      this.other.map.off("move", trail);
    };
    this.place(0.5);
  }

  show(layers: Shown[]): Promise<void> {
    return this.other.show(layers, this.snapshot);
  }

  remove(): void {
    this.stop();
    this.other.remove();
    this.holder.remove();
    this.handle.remove();
  }

  private place(share: number): void {
    this.share = Math.min(1, Math.max(0, share));
    const percent = `${this.share * 100}%`;
    this.holder.style.clipPath = `inset(0 0 0 ${percent})`;
    this.handle.style.left = percent;
    this.handle.setAttribute("aria-valuenow", String(Math.round(this.share * 100)));
  }

  private follow(leader: Stage, follower: Stage): () => void {
    return () => {
      if (this.following) return;
      this.following = true;
      follower.map.jumpTo({ center: leader.map.getCenter(), zoom: leader.map.getZoom() });
      this.following = false;
    };
  }
}

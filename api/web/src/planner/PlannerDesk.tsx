/** The planner's desk: layers and time, conflicts, deliveries, control totals. */
import { useEffect, useMemo } from "preact/hooks";
import type { DeskProps } from "../App";
import { say } from "../core/lang";
import { steps, to } from "../core/route";
import { Tabs } from "../ui/parts";
import { ConflictsPanel } from "./ConflictsPanel";
import { DeliveriesPanel } from "./DeliveriesPanel";
import { LayersPanel } from "./LayersPanel";
import { LayersStore } from "./layersStore";
import { TotalsPanel } from "./TotalsPanel";

export interface PlannerProps extends DeskProps {
  layers: LayersStore;
}

export function PlannerDesk({ catalogue, stage }: DeskProps) {
  const layers = useMemo(() => new LayersStore(catalogue), [catalogue]);
  const now = steps.value[1] ?? "layers";
  const at = stage.value;
  useEffect(() => {
    // conflicts and deliveries are seen on bare ground
    const bare = now === "conflicts" || now === "deliveries";
    void at?.show(bare ? [] : layers.shown.value, layers.snapshot.value);
  }, [at, layers.shown.value, layers.snapshot.value, now]);
  const given = { catalogue, stage, layers };
  return (
    <>
      <h1 class="hidden">{say("规划工作台", "Planner's desk")}</h1>
      <Tabs
        label={say("规划工作台", "Planner's desk")}
        now={now}
        tabs={[
          { id: "layers", label: say("图层", "Layers"), href: to("plan", "layers") },
          { id: "conflicts", label: say("冲突", "Conflicts"), href: to("plan", "conflicts") },
          { id: "deliveries", label: say("交付", "Deliveries"), href: to("plan", "deliveries") },
          { id: "totals", label: say("控制总量", "Totals"), href: to("plan", "totals") },
        ]}
      />
      {now === "layers" && <LayersPanel {...given} />}
      {now === "conflicts" && <ConflictsPanel {...given} />}
      {now === "deliveries" && <DeliveriesPanel {...given} />}
      {now === "totals" && <TotalsPanel {...given} />}
    </>
  );
}

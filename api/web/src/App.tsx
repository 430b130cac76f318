/** The frame of the page: head, the desk at the left, the map at the right. */
import { signal, type Signal } from "@preact/signals";
import { Component, type ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ask } from "./core/api";
import { lang, of, say } from "./core/lang";
import { Loader } from "./core/load";
import { steps, to } from "./core/route";
import { key } from "./core/session";
import type { Catalogue } from "./core/types";
import { ApplicantDesk } from "./applicant/ApplicantDesk";
import { ApprovalDesk } from "./approval/ApprovalDesk";
import { Landing } from "./Landing";
import { MapPane } from "./map/MapPane";
import type { Stage } from "./map/stage";
import { PlannerDesk } from "./planner/PlannerDesk";
import { findCaller, SignIn } from "./ui/SignIn";
import { Busy, Failure } from "./ui/parts";

/** What every desk is given. */
export interface DeskProps {
  catalogue: Catalogue;
  stage: Signal<Stage | null>;
}

const catalogue = new Loader<Catalogue>();
const stage = signal<Stage | null>(null);

function askCatalogue(): void {
  void catalogue.run((given) => ask("/catalogue", { signal: given }));
}
// asked before anything is drawn; other eyes see other layers
key.subscribe(askCatalogue);

export function App() {
  useEffect(() => {
    void findCaller();
  }, []);
  const desk = steps.value[0] ?? "";
  const { data, problem } = catalogue.value;
  useEffect(() => {
    document.title = `${data ? of(data.city.name) : ""} ${say("一张蓝图", "One Blueprint")}`.trim();
  }, [data, lang.value]);
  return (
    <div class={`page ${desk || "landing"}`}>
      <a class="skip" href="#desk" onClick={(event) => skip(event)}>
        {say("跳到正文", "Skip to content")}
      </a>
      <Head desk={desk} city={data ? of(data.city.name) : ""} />
      <main id="desk" tabIndex={-1}>
        {problem && <Failure problem={problem} again={askCatalogue} />}
        {!data && !problem && <Busy what={say("正在读取图层目录", "Reading the catalogue")} />}
        {data && (
          <Guard where={steps.value.join("/")}>
            <Desk desk={desk} catalogue={data} stage={stage} />
          </Guard>
        )}
      </main>
      {data ? <MapPane catalogue={data} stage={stage} /> : <div class="map" />}
    </div>
  );
}

/** A fault of the page in one desk leaves the head, the map and the other desks as they are. */
class Guard extends Component<{ children: ComponentChildren; where: string }, { fault: string | null; where: string }> {
  override state = { fault: null as string | null, where: "" };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ fault: error instanceof Error ? error.message : String(error), where: this.props.where });
  }

  override render() {
    const { fault, where } = this.state;
    // whoever goes elsewhere goes on
    if (fault === null || where !== this.props.where) return this.props.children;
    return (
      <div class="failure" role="alert">
        <strong>{say("页面出错", "The page made a fault")}</strong>
        <p>{fault}</p>
        <button type="button" onClick={() => location.reload()}>
          {say("重新载入", "Load again")}
        </button>
      </div>
    );
  }
}

function Desk({ desk, ...given }: DeskProps & { desk: string }) {
  if (desk === "plan") return <PlannerDesk {...given} />;
  if (desk === "apply") return <ApplicantDesk {...given} />;
  if (desk === "approve") return <ApprovalDesk {...given} />;
  return <Landing {...given} />;
}

function Head({ desk, city }: { desk: string; city: string }) {
  const desks: [string, string][] = [
    ["plan", say("规划", "Plan")],
    ["apply", say("选址预检", "Check a site")],
    ["approve", say("审批", "Approve")],
  ];
  return (
    <header class="top">
      <a class="brand" href={to()}>
        <img src="./favicon.svg" alt="" width="26" height="26" />
        <strong>{say("一张蓝图", "One Blueprint")}</strong>
        <span class="city">{city}</span>
      </a>
      <nav aria-label={say("工作台", "Desks")}>
        {desks.map(([id, name]) => (
          <a key={id} href={to(id)} aria-current={desk === id ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <button type="button" class="lang" lang={lang.value === "zh" ? "en" : "zh-CN"} onClick={() => (lang.value = lang.value === "zh" ? "en" : "zh")}>
        {lang.value === "zh" ? "English" : "中文"}
      </button>
      <SignIn />
    </header>
  );
}

function skip(event: Event): void {
  event.preventDefault(); // the address says where the page is, not where in it
  document.getElementById("desk")?.focus();
}

"""Projects for a person at a terminal: tables in both languages' order."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.cases.facts import PROJECT_STATES
from blueprint.cases.library import ProjectFile, ProjectPage
from blueprint.cases.projects import Project
from blueprint.cases.stages import STAGE_NAMES
from blueprint.cli.tables import area_text, head_with_id


def projects_table(page: ProjectPage) -> Table:
    """One line a project."""
    table = Table(title=f"项目库 · projects ({page.matched})")
    head_with_id(table, "项目、业主 project, proposer", "阶段、状态 stage, state")
    for title in ("公顷 ha", "案卷"):
        table.add_column(title, justify="right")
    for one in page.projects:
        facts, site = one.facts, one.facts.site
        size = "" if site is None or site.area is None else f"{site.area.hectares:,.4f}"
        name = Text(facts.name)
        if facts.code is not None:
            name.append(f"\n{facts.code}", style="dim")
        name.append(f"\n{facts.proposer}")
        stands = f"{STAGE_NAMES[one.stage].zh}\n{PROJECT_STATES[one.state].zh}"
        table.add_row(one.id, name, stands, size, str(len(one.cases)))
    return table


def project_tables(file: ProjectFile) -> Group:
    """One project: what is said of it, its cases, the others on its site."""
    facts, site = file.facts, file.facts.site
    stage, state = STAGE_NAMES[file.stage], PROJECT_STATES[file.state]
    head = [
        Text.assemble((facts.name, "bold"), f"   {file.id} · 第 {file.version} 版"),
        Text(f"{facts.proposer} · {stage.both()} · {state.both()}"),
    ]
    if facts.code is not None:
        head.append(Text(f"项目代码 code  {facts.code}"))
    said = facts.model_dump(mode="json", exclude_none=True, exclude={"site", "figures"})
    shown = {"name", "proposer", "code", "stage", "state"}
    head += [Text(f"{name}  {value}") for name, value in said.items() if name not in shown]
    figures = facts.figures.model_dump(mode="json", exclude_none=True)
    head += [Text(f"{name}  {value}") for name, value in figures.items() if value]
    if site is None:
        head.append(Text("尚无用地范围 · no site yet", style="magenta"))
    else:
        head.append(Text(f"用地 site  {area_text(site.area)} · {site.crs}"))
        head += [Text(f"读图 {note}", style="dim") for note in site.notes]
    for one in file.overlaps or []:
        place = f"{one.code or one.project_id} {one.name}"
        size = f"{area_text(one.area)}，占本用地 {one.share:.2%}"
        head.append(Text(f"重叠 overlaps  {place}：{size}", style="yellow"))
    cases = [
        Text(f"案卷 case  {case.id} · {STAGE_NAMES[case.stage].both()} · {case.application_date}")
        for case in file.cases
    ]
    return Group(*head, *cases)


def versions_table(versions: Sequence[Project]) -> Table:
    """What was said of a project, version by version."""
    table = Table(title="项目版本 · versions")
    for title in ("版本", "时间 at", "由 by", "项目 project", "公顷 ha", "用地 site"):
        table.add_column(title, justify="right" if title == "公顷 ha" else "left", overflow="fold")
    for one in versions:
        site = one.facts.site
        size = "" if site is None or site.area is None else f"{site.area.hectares:,.4f}"
        mark = "" if site is None else site.geometry_hash[:12]
        when = f"{one.changed_at:%Y-%m-%d %H:%M} UTC"
        row = (str(one.version), when, one.changed_by, one.facts.name, size, mark)
        table.add_row(*map(Text, row))
    return table

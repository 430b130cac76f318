"""A family for the terminal: as a tree, with what does not add up; and what looks the same."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from blueprint.lineage.documents import Conservation, Kept, Lineage, LineageProject
from blueprint.lineage.duplicates import Duplicates
from blueprint.lineage.kinds import KIND_NAMES
from blueprint.values import Bilingual

KEPT_NAMES: dict[Kept, Bilingual] = {
    "held": Bilingual(zh="守恒", en="held"),
    "broken": Bilingual(zh="不守恒", en="broken"),
    "undecided": Bilingual(zh="无法判断", en="undecided"),
}
_STYLES: dict[Kept, str] = {"held": "green", "broken": "bold red", "undecided": "magenta"}
_CHECKS: dict[str, Bilingual] = {
    "site_area": Bilingual(zh="用地面积", en="site area"),
    "floor_area": Bilingual(zh="建筑面积", en="floor area"),
    "investment": Bilingual(zh="总投资", en="investment"),
    "inside": Bilingual(zh="位于上级用地内", en="inside the parent"),
    "apart": Bilingual(zh="同级互不重叠", en="siblings apart"),
    "merged_ground": Bilingual(zh="合并前后用地", en="merged ground"),
}
VISIBLE_ALONE = Bilingual(
    zh="仅计可见项目：其他项目可能存在而未计入",
    en="among the projects that you may see: there may be others that are not counted",
)


def lineage_view(found: Lineage) -> Group:
    """The family as a tree from each of its first projects, then its checks."""
    parts: list[RenderableType] = list(_trees(found))
    if found.undone:
        undone = Table(title="已撤销的关系 · undone links")
        for title in ("no.", "关系 kind", "parent → child", "撤销 undone", "原因 reason"):
            undone.add_column(title, overflow="fold")
        for link in found.undone:
            assert link.undone is not None
            undone.add_row(
                str(link.id),
                KIND_NAMES[link.kind].zh,
                f"{link.parent_id} → {link.child_id}",
                Text(f"{link.undone.day} {link.undone.who}"),
                Text(link.undone.reason or ""),
            )
        parts.append(undone)
    parts += [Text(f"! {doubt.both()}", "yellow") for doubt in found.doubts]
    parts += list(conservation_view(found.conservation))
    if found.scope == "visible":
        parts.append(Text(VISIBLE_ALONE.both(), "magenta"))
    return Group(*parts)


def conservation_view(found: Conservation) -> Iterator[RenderableType]:
    """Each check with its outcome and its sentence."""
    if found.outcome is None:
        yield Text("没有需要核对的分期、拆分或合并 · nothing was divided or merged", "dim")
        return
    table = Table(title=f"守恒核对 · conservation: {KEPT_NAMES[found.outcome].both()}")
    for title in ("项目 project", "核对 check", "结论", "说明"):
        table.add_column(title, overflow="fold")
    for check in found.checks:
        said = Text(check.message.zh).append(f"\n{check.message.en}", "dim")
        outcome = Text(KEPT_NAMES[check.outcome].zh, _STYLES[check.outcome])
        table.add_row(check.project_id, Text(_CHECKS[check.id].both()), outcome, said)
    yield table


def duplicates_view(found: Duplicates) -> Group:
    """What looks the same, each with its evidence."""
    table = Table(title=f"疑似重复项目 · what may be the same, of {found.compared} projects")
    for title in ("项目 project", "名称 name", "代码 code", "依据 evidence"):
        table.add_column(title, overflow="fold")
    for one in found.duplicates:
        evidence = Text("\n").join(Text(line.both()) for line in one.explained)
        table.add_row(one.project_id, Text(one.name), Text(one.code or "—"), evidence)
    notes = [Text(note.both(), "magenta") for note in found.notes]
    shown = table if found.duplicates else Text("没有发现 · none found")
    return Group(shown, *notes)


def _trees(found: Lineage) -> Iterator[Tree]:
    projects = {one.id: one for one in found.projects}
    red = {
        part
        for check in found.conservation.checks
        if check.sum is not None and (part := check.sum.first_over) is not None
    }
    linked = {link.child_id for link in found.links}
    for one in found.projects:
        if one.id not in linked:
            tree = Tree(_label(one, found, red))
            _grow(tree, one.id, found, projects, red)
            yield tree


def _grow(
    tree: Tree,
    parent: str,
    found: Lineage,
    projects: dict[str, LineageProject],
    red: set[str],
) -> None:
    for link in found.links:
        if link.parent_id == parent:
            said = Text(f"{KIND_NAMES[link.kind].zh} ", "cyan")
            said.append(_label(projects[link.child_id], found, red))
            scope = "" if link.note.scope is None else f" · {link.note.scope}"
            said.append(f"\nno. {link.id} · {link.day} · {link.who}{scope}", "dim")
            _grow(tree.add(said), link.child_id, found, projects, red)


def _label(one: LineageProject, found: Lineage, red: set[str]) -> Text:
    style = "bold red" if one.id in red else "bold" if one.id == found.project_id else ""
    text = Text(f"{one.name} {one.id}", style)
    if one.code is not None:
        text.append(f" {one.code}")
    figures = (
        ("用地", one.site_area_m2, "m²"),
        ("建面", one.floor_area_m2, "m²"),
        ("投资", one.investment_wan, "万元"),
    )
    said = [
        f"{name} {'未填' if value is None else f'{value:,g} {unit}'}"
        for name, value, unit in figures
    ]
    return text.append(f"  {'，'.join(said)}", "dim")

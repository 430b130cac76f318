"""A verification for a person: what it came to, what differs, place by place."""

from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.text import Text

from blueprint.checks.verify import Verification
from blueprint.document_differences import Difference
from blueprint.shared_documents import EngineRef
from layers.table import canonical_json

_LISTED, _LONGEST = 40, 100


def verification_text(found: Verification) -> Group:
    """The result, what it rests on, and the first differences."""
    same = found.status == "identical"
    word = ("一致 identical", "bold green") if same else ("不一致 differs", "bold red")
    lines = [
        Text.assemble(word, f"  {found.check_id}"),
        Text(f"{found.text.zh} · {found.text.en}"),
        Text(
            f"快照 snapshot {found.snapshot.id} {found.snapshot.digest[:16]} · 规则包 rules "
            f"{found.rule_pack.id} {found.rule_pack.version} {found.rule_pack.sha256[:16]}"
        ),
        Text(f"地块 site {found.site_hash[:16]} · 内容 content {found.content_hash}"),
        Text(f"引擎 engine {_engine(found.cited_engine)} → {_engine(found.engine)}"),
    ]
    if found.kept == "not_here":
        lines.append(Text("本库未留存该文件 · this store has kept no such document", style="dim"))
    if found.not_yet_told:
        told = ", ".join(found.not_yet_told[:_LISTED])
        lines.append(Text(f"当时版本没有的内容 · not told by that version: {told}", style="dim"))
    lines += _listed("重算 judged anew", found.differences)
    lines += _listed("与留存原件 from the kept document", found.alterations)
    return Group(*lines)


def _engine(engine: EngineRef | None) -> str:
    if engine is None:
        return "未注明 not cited"
    return f"{engine.blueprint} ({engine.kernel}, GEOS {engine.geos}, PROJ {engine.proj})"


def _listed(title: str, found: Sequence[Difference]) -> Iterator[Text]:
    if not found:
        return
    yield Text(f"\n{title}", style="bold")
    for one in found[:_LISTED]:
        yield Text.assemble(
            (f"  {one.path}  ", "cyan"), _short(one.old, one, "added"), " → ",
            _short(one.new, one, "missing"),
        )  # fmt: skip
    if len(found) > _LISTED:
        yield Text(f"  … {len(found) - _LISTED}", style="dim")


def _short(value: object, one: Difference, absent: str) -> str:
    if one.kind == absent:
        return "无 none"
    text = canonical_json({"": value})[4:-1]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

"""What following a chain came to, for a person and as a document."""

from typing import Any

from blueprint.chain import BreakKind, Held
from blueprint.cli.terminal import out
from blueprint.values import Bilingual

_BREAKS: dict[BreakKind, Bilingual] = {
    "altered": Bilingual(zh="文件内容被改动", en="the document was altered"),
    "relinked": Bilingual(zh="链接被改动", en="its link was altered"),
    "missing": Bilingual(zh="之前的文件被删除", en="documents before it were deleted"),
    "twice": Bilingual(zh="序号重复", en="its place is taken twice"),
    "moved": Bilingual(zh="次序被改动", en="it does not follow the one before"),
    "end": Bilingual(zh="链尾与记录不符", en="the chain does not end where it is said to"),
    "unknown_head": Bilingual(zh="链中没有所给的链头", en="the given head is not in the chain"),
}


def chain_document(chain: str, held: Held, before: int, name: str) -> dict[str, Any]:
    """As a document; `name` is what its member for the place of a break is called."""
    broken = held.broken
    document: dict[str, Any] = {
        "chain": chain,
        "status": "whole" if broken is None else "broken",
        "links": held.links,
        "before_the_chain": before,
        "head": held.head.seal,
        "break": None,
    }
    if broken is not None:
        place = {"ordinal": broken.ordinal, name: broken.name, "kind": broken.kind}
        document["break"] = place | {"text": _BREAKS[broken.kind].model_dump()}
    return document


def print_chain(held: Held, before: int, title: str) -> None:
    """For a person; `title` names the chain in both languages, `中文 · English`."""
    broken = held.broken
    zh, _, en = title.partition(" · ")
    if broken is None:
        out.print(f"{zh}完整 · {en} is whole: {held.links} links")
    else:
        where = f"at link {broken.ordinal} ({broken.name or 'no name'})"
        out.print(
            f"{zh}断裂 · {en} is broken {where}: {_BREAKS[broken.kind].both()}",
            markup=False,
            soft_wrap=True,
        )
    if before:
        out.print(f"另有 {before} 份早于{zh} · {before} more are from before the chain")
    out.print(f"链头 head {held.head.seal}", markup=False, soft_wrap=True)

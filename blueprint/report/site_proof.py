"""What a report's answer was made from, its content hash, and how both are verified."""

from blueprint.documents import SiteCheck
from blueprint.report.document import Block, Commands, Facts, Section, Text, Tongue


def proof_section(check: SiteCheck, digest: str, say: Tongue) -> Section:
    """Hashes, what they are over, and the commands by which anybody can hold them against it."""
    engine = check.engine
    pack = check.rule_pack
    rows = [
        (say("预检编号", "Check"), check.check_id),
        (say("内容哈希 SHA-256", "Content hash, SHA-256"), digest),
        (say("图形哈希", "Hash of the site"), check.site.geometry_hash),
        (say("蓝图快照", "Snapshot"), check.snapshot.id),
        (say("快照哈希", "Hash of the snapshot"), check.snapshot.digest),
        (say("快照发布时间", "Published"), f"{check.snapshot.published_at:%Y-%m-%d %H:%M} UTC"),
        (say("规则包", "Rule pack"), f"{pack.id} {pack.version}"),
        (say("规则包哈希", "Hash of the pack"), pack.sha256),
    ]
    if engine is not None:
        versions = f"blueprint {engine.blueprint}, GEOS {engine.geos}, PROJ {engine.proj}"
        rows.append((say("引擎", "Engine"), f"{versions} ({engine.kernel})"))
    name = f"{check.check_id}.json"
    steps = say(
        f"向本服务取回预检文件 /site-checks/{name}，然后运行：",
        f"Get the check's document from the service, /site-checks/{name}, then run:",
    )
    told = say(
        "第一条按所引快照和规则重算并逐项比对，列出的内容哈希应与上列一致；第二条核对留存链未被"
        "改动。内容哈希是预检文件规范文本（键名排序、UTF-8、无空白）的 SHA-256。"
        f"也可请求 /site-checks/{check.check_id}/verification。",
        "The first judges anew by the snapshot and the rules that are cited, compares every part, "
        "and prints the content hash, which has to be the one above; the second shows that nothing "
        "kept was altered. The content hash is the SHA-256 of the document in canonical form "
        "(sorted keys, UTF-8, no blanks). Over HTTP, ask for "
        f"/site-checks/{check.check_id}/verification.",
    )
    blocks: list[Block] = [
        Facts(rows=rows),
        Text(text=steps),
        Commands(lines=[f"blueprint verify {name}", "blueprint verify --chain"]),
        Text(text=told, tone="note"),
    ]
    return Section(title=say("来源与核验", "Sources, and how to verify them"), blocks=blocks)

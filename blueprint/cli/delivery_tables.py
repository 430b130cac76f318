"""Deliveries in the terminal: a list of them, and the report on one."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.deliveries.gates import MEASURES, size_text
from blueprint.deliveries.report import IngestReport
from blueprint.deliveries.words import ACTIONS, kind_name
from layers.versions import DeliveryRecord


def delivery_line(record: DeliveryRecord) -> dict[str, object]:
    """One delivery of a list, as JSON takes it."""
    return {
        "delivery": record.id,
        "layer": record.layer_id,
        "version": record.version,
        "status": "refused" if record.refused else "taken",
        "refused": record.refused,
        "delivered_at": record.delivered_at.isoformat(),
        "effective": record.effective.isoformat(),
        "file": record.file,
        "source_layer": record.source_layer,
        "source_sha256": record.source_sha256,
    }


def deliveries_table(records: Sequence[DeliveryRecord]) -> Table:
    """Deliveries, one a line."""
    table = Table(title="交付 · deliveries")
    for title in ("编号", "图层 layer", "交付 delivered", "文件 file", "结果 what became of it"):
        table.add_column(title, justify="right" if title == "编号" else "left", overflow="fold")
    for record in records:
        became = (
            Text(f"退回 refused: {record.refused}", style="red")
            if record.refused
            else Text(f"第 {record.version} 版 version {record.version}", style="green")
        )
        when = f"{record.delivered_at:%Y-%m-%d %H:%M} UTC"
        table.add_row(str(record.id), record.layer_id, when, Text(record.file), became)
    return table


def delivery_tables(report: IngestReport, *, issues: bool = False) -> Group:
    """The report on one delivery; with all its issues if asked."""
    refused = report.status == "refused"
    verdict = "退回 refused" if refused else f"入库 taken as version {report.version}"
    head = [
        Text.assemble(
            (f"{report.layer}  ", "bold"), (verdict, "bold red" if refused else "bold green")
        ),
        *(Text(f"  {reason.both()}", style="red") for reason in report.reasons),
        Text(f"文件 {report.file} · {report.format or '未能识别'} · {report.source_sha256[:16]}"),
        Text(f"坐标系 {report.crs or '—'} · 编码 {report.encoding or '—'}"),
        Text(
            f"读取 read {report.read:,} · 可用 kept {report.kept:,} · 修复 repaired "
            f"{report.repaired:,} ({report.area_moved_m2:,.4f} m²) · 隔离 quarantined "
            f"{report.quarantined:,} · 标注 flagged {report.flagged:,}"
        ),
    ]
    if report.size_after is not None:
        zh, en, unit = MEASURES[report.geometry]
        before = "" if report.size_before is None else f"{size_text(report.size_before)} → "
        head.append(Text(f"总{zh} {en} {before}{size_text(report.size_after)}{unit}"))
    if report.coverage is not None:
        found = report.coverage
        head.append(
            Text(
                f"重叠 overlaps {found.overlaps:,}, {found.overlap_m2:,.2f} m² · "
                f"缝隙 gaps {found.gaps:,}, {found.gap_m2:,.2f} m²"
            )
        )
    if report.approximate:
        text = f"近似换算 approximate: delivered in {report.approximate}"
        head.append(Text(text, style="magenta"))
    notes = (*report.georeference, *report.mapping, *report.notes)
    head += [Text(f"  {note}", style="dim") for note in notes]
    kinds = Table(title="问题 · issues by kind")
    kinds.add_column("问题 kind")
    kinds.add_column("数量", justify="right")
    for kind, count in sorted(report.kinds.items(), key=lambda item: -item[1]):
        kinds.add_row(f"{kind_name(kind).zh} {kind}", f"{count:,}")
    return Group(*head, *([kinds] if report.kinds else []), *([_issues(report)] if issues else []))


def _issues(report: IngestReport) -> Table:
    table = Table(title="问题清单 · issues; row 0 is the file")
    for title in ("行 row", "处理", "问题 kind", "要素 id", "说明 detail"):
        table.add_column(title, overflow="fold")
    for issue in report.issues:
        texts = (str(issue.row), ACTIONS[issue.action].zh, issue.kind, issue.feature_id or "")
        table.add_row(*(Text(text) for text in (*texts, issue.detail)))
    return table

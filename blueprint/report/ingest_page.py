"""The readable page on one delivery: one HTML file that asks for nothing else, made to be printed.

Input: `IngestReport`. Output: HTML text, Chinese first. Every text of the report is escaped: names,
attribute values and file names are whatever somebody delivered.
"""

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from blueprint.deliveries.gates import MEASURES, size_text
from blueprint.deliveries.report import IngestReport
from blueprint.deliveries.words import ACTIONS, REMEDIES, kind_name
from blueprint.errors import PlanningError
from blueprint.report.ingest_sketch import bilingual, sketch
from blueprint.values import Bilingual

_LISTED = 200
"""Issues that the page lists: what is more is read in the JSON document."""

_STYLE = """
@page { size: A4; margin: 16mm 14mm }
* { box-sizing: border-box }
body { font: 14px/1.55 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
  sans-serif; color: #1f2933; max-width: 860px; margin: 32px auto; padding: 0 20px }
h1 { font-size: 22px; font-weight: 600; margin: 0 0 2px }
h2 { font-size: 15px; font-weight: 600; margin: 28px 0 8px; padding-bottom: 4px;
  border-bottom: 1px solid #c9d1d8; break-after: avoid }
.en { color: #5b6770; font-weight: 400; font-size: .92em }
.verdict { margin: 16px 0; padding: 10px 14px; border-left: 4px solid #2f7d4f; background: #f2f8f4 }
.verdict.refused { border-color: #b3261e; background: #fdf3f2 }
.verdict strong { font-size: 17px }
.verdict ul, ol { margin: 6px 0 0; padding-left: 20px }
table { border-collapse: collapse; width: 100%; margin: 4px 0 }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; overflow-wrap: anywhere;
  border-bottom: 1px solid #e6eaed }
th { font-weight: 500; color: #5b6770; white-space: nowrap }
table.facts th { width: 190px }
table.issues { font-size: .9em; table-layout: fixed }
table.issues th { white-space: normal }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr { break-inside: avoid }
thead { display: table-header-group }
code { font: 12px/1.4 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }
.numbers { display: flex; gap: 10px; margin: 16px 0 4px }
.numbers div { flex: 1; border: 1px solid #dde3e7; border-radius: 4px; padding: 8px 10px }
.numbers b { display: block; font-size: 20px; font-weight: 600;
  font-variant-numeric: tabular-nums }
svg { width: 100%; max-height: 380px; border: 1px solid #dde3e7; background: #fafbfc }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 11.5px } }
"""


def ingest_page(report: IngestReport) -> str:
    """The whole page."""
    name = report.layer_name or Bilingual(zh=report.layer, en=report.layer)
    title = f"{name.zh} 入库报告"
    body = [
        f"<h1>{escape(title)} <span class='en'>{escape(name.en)} · delivery report</span></h1>",
        _line(report),
        _verdict(report),
        _numbers(report),
        _section("来源", "Source", _facts(_source_rows(report))),
        _section("质量", "Quality", _facts(_quality_rows(report))),
        _section("字段对应", "Fields", _list(report.mapping)),
        _section("问题分类", "Issues by kind", _kinds(report)),
        _section("问题位置", "Where issues lie", sketch(report.sketch)),
        _section("后续工作", "What to do next", _next(report)),
        _section("问题清单", "Issues", _issues(report)),
    ]
    return (
        "<!DOCTYPE html>\n<html lang='zh-CN'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width'>\n"
        # whatever a hostile value might still manage, the browser loads and runs nothing
        "<meta http-equiv='Content-Security-Policy' "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def _line(report: IngestReport) -> str:
    parts = [report.department.zh if report.department else "", report.layer]
    if report.delivery is not None:
        parts.append(f"第 {report.delivery} 号交付 delivery {report.delivery}")
    parts.append(f"{report.delivered_at:%Y-%m-%d %H:%M %Z}")
    return f"<div class='en'>{escape(' · '.join(part for part in parts if part))}</div>"


def _verdict(report: IngestReport) -> str:
    if report.status == "refused":
        items = "".join(f"<li>{bilingual(reason)}</li>" for reason in report.reasons)
        return (
            "<div class='verdict refused'><strong>退回</strong> <span class='en'>refused</span> — "
            "未生成新版本，原版本继续有效，文件已留存 <span class='en'>no version was made, "
            f"the one before stays in force, the file is kept</span><ul>{items}</ul></div>"
        )
    version = "" if report.version is None else f"第 {report.version} 版"
    return (
        f"<div class='verdict'><strong>入库 {version}</strong> <span class='en'>taken as version "
        f"{report.version or '—'}</span>，自 {report.effective} 起生效 "
        f"<span class='en'>in effect since {report.effective}</span></div>"
    )


def _numbers(report: IngestReport) -> str:
    cells = (
        ("读取", "read", report.read),
        ("入库" if report.status == "taken" else "可用", "kept", report.kept),
        ("修复", "repaired", report.repaired),
        ("隔离", "quarantined", report.quarantined),
        ("标注", "flagged", report.flagged),
    )
    each = "".join(
        f"<div><b>{count:,}</b>{zh} <span class='en'>{en}</span></div>" for zh, en, count in cells
    )
    return f"<div class='numbers'>{each}</div>"


def _source_rows(report: IngestReport) -> Iterable[tuple[str, str, str]]:
    layer = f" · {report.source_layer}" if report.source_layer else ""
    yield "文件", "file", escape(f"{report.file}{layer}")
    yield "格式", "format", escape(report.format or "未能识别 not recognised")
    yield "SHA-256", "", f"<code>{escape(report.source_sha256)}</code>"
    yield "坐标系", "CRS", escape(report.crs or "—")
    for note in report.georeference:
        yield "转换与残差", "residuals", escape(note)
    if report.approximate:
        warning = f"{report.approximate}：仅为近似位置 approximate only"
        yield "近似坐标", "approximate", escape(warning)
    yield "字符编码", "encoding", escape(report.encoding or "—")
    if report.preview:
        yield "文字预览", "preview", "<br>".join(escape(text) for text in report.preview)
    for note in report.notes:
        yield "读取说明", "note", escape(note)


def _quality_rows(report: IngestReport) -> Iterable[tuple[str, str, str]]:
    moved = "无 none"
    if report.repaired:
        moved = (
            f"{report.repaired:,} 行 rows；面积变动合计 moved "
            f"{report.area_moved_m2:,.4f} m²，最大 largest {report.area_moved_max_m2:,.4f} m²"
        )
    yield "修复", "repairs", moved
    for zh, en, kinds in (
        ("重复", "duplicates", ("duplicate", "duplicate_id", "duplicate_geometry")),
        ("空图形", "no geometry", ("no_geometry", "unreadable_geometry")),
        ("坐标非有限数", "not finite", ("not_finite", "not_transformable")),
        ("市域范围外", "out of the city", ("out_of_city",)),
        ("缺值与无效代码", "codes", ("field_missing", "missing_code", "unknown_code", "bad_value")),
    ):
        said = [
            f"{kind_name(kind).zh} {kind_name(kind).en}: {report.kinds[kind]:,}"
            for kind in kinds
            if report.kinds.get(kind)
        ]
        yield zh, en, escape("；".join(said) or "0")
    if report.coverage is None:
        yield "重叠与缝隙", "coverage", "未核查 not looked for"
    else:
        found = report.coverage
        yield (
            "图层内重叠",
            "overlaps",
            (
                f"{found.overlaps:,} 处，{found.overlap_m2:,.2f} m²，最宽 widest "
                f"{found.widest_overlap_m:,.3f} m"
            ),
        )
        yield (
            "图层内缝隙",
            "gaps",
            (f"{found.gaps:,} 处，{found.gap_m2:,.2f} m²，最宽 widest {found.widest_gap_m:,.3f} m"),
        )
        if found.numerical:
            yield "数值误差", "rounding", f"{found.numerical:,} 处，未计入 not counted"
    yield _size_row(report)


def _size_row(report: IngestReport) -> tuple[str, str, str]:
    zh, en, unit = MEASURES[report.geometry]
    if report.size_after is None:
        return f"总{zh}", f"total {en}", "—"
    after = f"{size_text(report.size_after)}{unit}"
    if report.size_before is None:
        return f"总{zh}", f"total {en}", f"{after}（首次入库 first version）"
    share = report.size_change_share
    change = "" if share is None else f"（{share:+.2%}）"
    return f"总{zh}", f"total {en}", f"{size_text(report.size_before)} → {after}{change}"


def _kinds(report: IngestReport) -> str:
    if not report.kinds:
        return "<p>没有问题 <span class='en'>nothing was repaired, set aside or noticed</span></p>"
    ordered = sorted(report.kinds.items(), key=lambda item: (-item[1], item[0]))
    rows = "".join(
        f"<tr><td>{bilingual(kind_name(kind))}</td><td><code>{escape(kind)}</code></td>"
        f"<td class='n'>{count:,}</td></tr>"
        for kind, count in ordered
    )
    return f"<table><tbody>{rows}</tbody></table>"


def _next(report: IngestReport) -> str:
    steps = [REMEDIES[kind] for kind in sorted(report.kinds) if kind in REMEDIES]
    items = [
        f"{bilingual(kind_name(kind))}：{bilingual(REMEDIES[kind])}"
        for kind in sorted(report.kinds, key=lambda kind: -report.kinds[kind])
        if kind in REMEDIES
    ]
    if report.status == "refused":
        again = Bilingual(zh="更正后重新交付", en="mend this and deliver again")
        items.append(bilingual(again))
    elif not steps:
        return "<p>无需处理 <span class='en'>nothing</span></p>"
    return "<ol>" + "".join(f"<li>{item}</li>" for item in items) + "</ol>"


def _issues(report: IngestReport) -> str:
    if not report.issues:
        return ""
    shown = report.issues[:_LISTED]
    rows = "".join(
        f"<tr><td class='n'>{'文件 file' if issue.row == 0 else issue.row}</td>"
        f"<td>{bilingual(ACTIONS[issue.action])}</td><td>{escape(kind_name(issue.kind).zh)}</td>"
        f"<td>{escape(issue.feature_id or '')}</td><td>{escape(issue.detail)}</td>"
        f"<td class='n'>{f'{issue.area_moved_m2:,.4f}' if issue.area_moved_m2 else ''}</td></tr>"
        for issue in shown
    )
    total = max(report.issue_count, len(report.issues))
    more = ""
    if total > len(shown):
        more = (
            f"<p>列出前 {len(shown):,} 条，共 {total:,} 条 <span class='en'>the first "
            f"{len(shown):,} of {total:,}</span></p>"
        )
    return (
        "<table class='issues'><colgroup><col style='width:8%'><col style='width:11%'>"
        "<col style='width:15%'><col style='width:20%'><col><col style='width:10%'></colgroup>"
        "<thead><tr><th class='n'>行 row</th><th>处理</th><th>问题</th><th>要素 id</th>"
        "<th>说明 detail</th><th class='n'>变动 m²</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{more}"
    )


def _section(zh: str, en: str, content: str) -> str:
    return f"<h2>{zh} <span class='en'>{en}</span></h2>\n{content}" if content else ""


def _facts(rows: Iterable[tuple[str, str, str]]) -> str:
    """`rows`: Chinese and English name, and a value that is HTML already."""
    each = "".join(
        f"<tr><th>{zh} <span class='en'>{en}</span></th><td>{value}</td></tr>"
        for zh, en, value in rows
    )
    return f"<table class='facts'><tbody>{each}</tbody></table>"


def _list(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(t)}</li>" for t in texts) + "</ul>" if texts else ""


def refuse_page_path(path: Path) -> None:
    """See that a page may be written to `path`; to be asked before the work that it is about.

    Raises:
        PlanningError: it is no name of a page, or its folder is not there.
    """
    if path.suffix.lower() not in {".html", ".htm"} or path.is_dir():
        message = f"{path}: the report is a page; name a file ending in .html"
        raise PlanningError(message)
    if not path.parent.is_dir():
        message = f"{path}: its folder does not exist; make it first"
        raise PlanningError(message)


def write_ingest_page(report: IngestReport, path: Path) -> None:
    """Write the page; a half-written one never stands under its name."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(ingest_page(report), "utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)

"""What the page on a delivery says of each kind of issue: its name, and what to do about it."""

from blueprint.values import Bilingual


def _say(zh: str, en: str) -> Bilingual:
    return Bilingual(zh=zh, en=en)


ACTIONS = {
    "repaired": _say("已修复", "repaired"),
    "quarantined": _say("已隔离", "quarantined"),
    "flagged": _say("已标注", "flagged"),
}

KINDS = {
    "coverage_unknown": _say("覆盖检查未完成", "coverage not fully checked"),
    "nul_character": _say("文字含空字符", "NUL characters in a text"),
    "no_geometry": _say("空图形", "no geometry"),
    "unreadable_geometry": _say("图形无法读取", "unreadable geometry"),
    "not_finite": _say("坐标非有限数", "coordinates not finite"),
    "not_transformable": _say("坐标无法转换", "coordinates not transformable"),
    "invalid_geometry": _say("图形无效", "invalid geometry"),
    "collapsed": _say("图形退化", "collapsed geometry"),
    "wrong_dimension": _say("图形类型不符", "wrong kind of geometry"),
    "parts_dropped": _say("部分图形类型不符", "parts of a wrong kind"),
    "out_of_city": _say("位于市域范围外", "out of the city"),
    "duplicate": _say("完全重复", "exact duplicate"),
    "duplicate_id": _say("标识重复", "duplicate id"),
    "duplicate_geometry": _say("图形重复", "duplicate geometry"),
    "sliver": _say("碎图斑", "sliver"),
    "missing_code": _say("必填值缺失", "required value missing"),
    "unknown_code": _say("代码不在代码表中", "code not in the list"),
    "bad_value": _say("值类型不符", "value of a wrong type"),
    "field_missing": _say("字段缺失", "field missing"),
    "overlap": _say("图层内重叠", "overlap within the layer"),
    "gap": _say("图层内缝隙", "gap within the layer"),
}

REMEDIES = {
    "coverage_unknown": _say("覆盖检查未完成", "coverage not fully checked"),
    "nul_character": _say("文字含空字符", "NUL characters in a text"),
    "no_geometry": _say(
        "补绘图形，或删除空行", "draw the missing shapes, or delete the empty rows"
    ),
    "unreadable_geometry": _say("重新导出该行图形", "export these shapes anew"),
    "not_finite": _say("更正坐标后重新导出", "mend the coordinates and export anew"),
    "not_transformable": _say("核对坐标系与坐标值", "check the CRS and the coordinates"),
    "invalid_geometry": _say(
        "核对修复结果，并在源数据中更正自相交与未闭合",
        "look at the repairs, and mend crossings and open rings at the source",
    ),
    "collapsed": _say("删除或重绘退化图形", "delete or redraw the collapsed shapes"),
    "wrong_dimension": _say(
        "按图层要求的几何类型重绘", "redraw as the kind of geometry that the layer takes"
    ),
    "parts_dropped": _say("拆分混合几何", "split mixed geometries by their kind"),
    "out_of_city": _say(
        "核对坐标系、带号与坐标轴顺序", "check the CRS, the zone and the order of the axes"
    ),
    "duplicate": _say("删除重复行", "delete the repeated rows"),
    "duplicate_id": _say("为每个要素编唯一标识", "give each feature an id of its own"),
    "duplicate_geometry": _say(
        "确认重复图形是否应保留", "say whether the repeated shapes are meant"
    ),
    "sliver": _say("核对界线，消除碎图斑", "check the boundaries and remove slivers"),
    "missing_code": _say("补全必填值", "fill in the required values"),
    "unknown_code": _say(
        "改用代码表中的代码，或申请扩充代码表",
        "use codes of the list, or ask for it to be extended",
    ),
    "bad_value": _say("按字段类型更正", "write the values as the field's type asks"),
    "field_missing": _say(
        "补充字段，或告知字段对应关系", "add the field, or tell which of yours it is"
    ),
    "overlap": _say("调整相邻要素界线，消除重叠", "move the boundaries so that no two overlap"),
    "gap": _say("填补缝隙，或说明其归属", "fill the gaps, or say whose they are"),
}


def kind_name(kind: str) -> Bilingual:
    """The name of a kind of issue; one without a name speaks for itself."""
    return KINDS.get(kind, Bilingual(zh=kind, en=kind.replace("_", " ")))

"""The national tables in which approval data are exchanged: columns, and what is known of them.

Names and titles of columns were seen in public code of systems that fill these tables; the standard
itself was not. A column that is not `seen` follows from another table's. Where the meaning of codes
is not known the column stays empty, and `why` says so: nothing is guessed.
"""

from dataclasses import dataclass
from typing import Literal

from blueprint.values import Bilingual

TableName = Literal[
    "SPGL_XMJBXXB",
    "SPGL_XMDWXXB",
    "SPGL_XMSPSXBLXXB",
    "SPGL_XMSPSXBLXXXXB",
    "SPGL_XMSPSXBLTBCXXXB",
    "SPGL_XMSPSXPFWJXXB",
    "SPGL_XMQTFJXXB",
    "SPGL_XMYDHXJZXXB",
    "SPGL_XMQQYJXXB",
    "SPGL_DFGHKZXXXB",
]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `seen` in public code, else assumed; `why` it is empty wherever it is."""

    name: str
    zh: str
    why: Bilingual
    seen: bool = True


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table and its columns in their order."""

    name: TableName
    title: Bilingual
    columns: tuple[Column, ...]


NOT_STATED = Bilingual(zh="项目未填报", en="the project does not state it")
_GIVEN_THERE = Bilingual(zh="由交换前置库生成", en="given by the exchange database")
_NO_CODES = Bilingual(
    zh="代码表未取得，不臆造", en="its table of codes is not at hand; none is invented"
)
_NO_CRS = Bilingual(
    zh="坐标参考未取得，界址点见红线界址表",
    en="its CRS is not at hand; boundary points are in their own table",
)
_NOT_KEPT = Bilingual(zh="本系统不记录", en="not kept by this service")
_NO_DIVISION = Bilingual(
    zh="图层目录的 city.division 未填写行政区划代码",
    en="city.division of the catalogue names no code of administrative divisions",
)
_NO_CODE = Bilingual(
    zh="尚无中央平台赋予的代码，不臆造",
    en="no code was issued by the central platform yet; none is invented",
)
_NO_PARENT = Bilingual(
    zh="没有上级项目，或上级项目尚无代码",
    en="comes from no other project, or that one has no code yet",
)
_NOT_SAID = Bilingual(zh="登记时未说明", en="was not said when it was entered")
_VALID = Bilingual(zh="数据有效，无需说明", en="the row is valid: nothing to explain")
_NO_FILE = Bilingual(zh="没有附件", en="no file is attached")
_NOT_OVER = Bilingual(zh="尚未申报", en="no case of it was opened yet")


def _own(*, project: bool = False, works: bool = False, item: bool = False) -> list[Column]:
    """The columns that most tables begin with."""
    columns = [
        Column("LSH", "流水号", _GIVEN_THERE),
        Column("DFSJZJ", "地方数据主键", _NOT_SAID),
        Column("XZQHDM", "行政区划代码", _NO_DIVISION),
    ]
    if project:
        columns.append(Column("XMDM", "项目代码", _NO_CODE))
    if works:
        columns.append(Column("GCDM", "工程代码", _NO_CODE))
    if item:
        columns.append(Column("SPSXSLBM", "审批事项实例编码", _NOT_SAID))
    return columns


def _table(name: TableName, zh: str, en: str, *columns: Column) -> TableSpec:
    valid = Column("SJYXBS", "数据有效标识", _NOT_SAID)
    why_not = Column("SJWXYY", "数据无效原因", _VALID)
    return TableSpec(name, Bilingual(zh=zh, en=en), (*columns, valid, why_not))


TABLES: tuple[TableSpec, ...] = (
    _table(
        "SPGL_XMJBXXB",
        "项目基本信息表",
        "projects and works",
        *_own(project=True),
        Column("XMMC", "项目名称", NOT_STATED),
        Column("GCDM", "工程代码", _NO_CODE),
        Column("GCFW", "工程范围", _NOT_SAID),
        Column("QJDGCDM", "前阶段关联工程代码", _NO_PARENT),
        Column("XMTZLY", "项目投资来源", _NO_CODES),
        Column("TDHQFS", "土地获取方式", _NO_CODES),
        Column("TDSFDSJFA", "土地是否带设计方案", _NO_CODES),
        Column("SFWCQYPG", "是否完成区域评估", _NO_CODES),
        Column("SPLCLX", "审批流程类型", _NO_CODES),
        Column("LXLX", "立项类型", _NO_CODES),
        Column("GCFL", "工程分类", _NO_CODES),
        Column("JSXZ", "建设性质", _NO_CODES),
        Column("XMZJSX", "项目资金属性", _NO_CODES),
        Column("GBHYDMFBND", "国标行业代码发布年代", _NOT_KEPT),
        Column("GBHY", "国标行业", NOT_STATED),
        Column("NKGSJ", "拟开工时间", _NOT_KEPT),
        Column("NJCSJ", "拟建成时间", _NOT_KEPT),
        Column("XMSFWQBJ", "项目是否完全办结", _NO_CODES),
        Column("XMWQBJSJ", "项目完全办结时间", _NOT_KEPT),
        Column("ZTZE", "总投资额（万元）", NOT_STATED),
        Column("JSDDXZQH", "建设地点行政区划", _NOT_KEPT),
        Column("JSDD", "建设地点", _NOT_KEPT),
        Column("XMJSDDX", "项目建设地点X坐标", _NO_CRS),
        Column("XMJSDDY", "项目建设地点Y坐标", _NO_CRS),
        Column("JSGMJNR", "建设规模及内容", NOT_STATED),
        Column("YDMJ", "用地面积", NOT_STATED),
        Column("JZMJ", "建筑面积", NOT_STATED),
        Column("SBSJ", "申报时间", _NOT_OVER),
        Column("SPLCBM", "审批流程编码", _NOT_KEPT),
        Column("SPLCBBH", "审批流程版本号", _NOT_KEPT),
        Column("JSDW", "建设单位", NOT_STATED),
        Column("JSDWDM", "建设单位代码", NOT_STATED),
    ),
    _table(
        "SPGL_XMDWXXB",
        "项目单位信息表",
        "units of a project",
        *_own(project=True, works=True),
        Column("DWTYSHXYDM", "单位统一社会信用代码", NOT_STATED),
        Column("DWMC", "单位名称", NOT_STATED),
        Column("DWLX", "单位类型", _NO_CODES),
    ),
    _table(
        "SPGL_XMSPSXBLXXB",
        "项目审批事项办理信息表",
        "approval items",
        *_own(works=True, item=True),
        Column("SPSXBM", "审批事项编码", _NOT_SAID),
        Column("SPSXBBH", "审批事项版本号", _NOT_KEPT),
        Column("SPLCBM", "审批流程编码", _NOT_KEPT),
        Column("SPLCBBH", "审批流程版本号", _NOT_KEPT),
        Column("SPBMBM", "审批部门编码", _NOT_KEPT),
        Column("SPBMMC", "审批部门名称", _NOT_SAID),
        Column("SLFS", "受理方式", _NO_CODES),
        Column("GKFS", "公开方式", _NO_CODES),
        Column("BLSPSLBM", "并联审批实例编码", _NOT_SAID),
        Column("SXBLSX", "事项办理时限", _NOT_SAID),
    ),
    _table(
        "SPGL_XMSPSXBLXXXXB",
        "项目审批事项办理详细信息表",
        "events of approval items",
        *_own(works=True, item=True),
        Column("BLCS", "办理处（科）室", _NOT_KEPT),
        Column("BLR", "办理人", _NOT_SAID),
        Column("BLZT", "办理状态", _NOT_SAID),
        Column("BLYJ", "办理意见", _NOT_SAID),
        Column("BLSJ", "办理时间", _NOT_SAID),
    ),
    _table(
        "SPGL_XMSPSXBLTBCXXXB",
        "项目审批事项办理特别程序信息表",
        "special procedures",
        *_own(works=True, item=True),
        Column("TBCX", "特别程序", _NO_CODES),
        Column("TBCXMC", "特别程序名称", _NOT_SAID),
        Column("TBCXKSSJ", "特别程序开始时间", _NOT_SAID),
        Column("TBCXSXLX", "特别程序时限类型", _NO_CODES),
        Column("TBCXSX", "特别程序时限", _NOT_SAID),
    ),
    _table(
        "SPGL_XMSPSXPFWJXXB",
        "项目审批事项批复文件信息表",
        "decisions on approval items",
        *_own(works=True, item=True),
        Column("PFRQ", "批复日期", _NOT_SAID),
        Column("PFWH", "批复文号", _NOT_SAID),
        Column("PFWJBT", "批复文件标题", _NOT_KEPT),
        Column("PFWJYXQX", "批复文件有效期限", _NOT_KEPT),
        Column("FJMC", "附件名称", _NO_FILE),
        Column("FJLX", "附件类型", _NO_FILE),
        Column("FJID", "附件ID", _NO_FILE),
    ),
    _table(
        "SPGL_XMQTFJXXB",
        "项目其他附件信息表",
        "other documents",
        *_own(works=True, item=True),
        Column("FJFL", "附件分类", _NO_CODES),
        Column("FJMC", "附件名称", _NOT_SAID, seen=False),
        Column("FJLX", "附件类型", _NO_FILE, seen=False),
        Column("FJID", "附件ID", _NOT_SAID, seen=False),
    ),
    _table(
        "SPGL_XMYDHXJZXXB",
        "项目用地红线界址信息表",
        "boundary points of sites",
        *_own(project=True),
        Column("JZWJXH", "界址文件序号", _NOT_SAID),
        Column("JZWJMC", "界址文件名称", _NOT_SAID),
        Column("JZWJSM", "界址文件说明", _NOT_SAID),
        Column("JZWJFJ", "界址文件附件", _NO_FILE),
    ),
    _table(
        "SPGL_XMQQYJXXB",
        "项目前期意见信息表",
        "opinions of departments",
        *_own(project=True),
        Column("QQYJSLBM", "前期意见实例编码", _NOT_SAID),
        Column("BLDWDM", "办理单位代码", _NOT_KEPT),
        Column("BLDWMC", "办理单位名称", _NOT_SAID),
        Column("FKSJ", "反馈时间", _NOT_SAID),
        Column("BLR", "办理人", _NOT_SAID),
        Column("QQYJ", "前期意见", _NOT_SAID),
        Column("FJMC", "附件名称", _NO_FILE),
        Column("FJID", "附件ID", _NO_FILE),
    ),
    _table(
        "SPGL_DFGHKZXXXB",
        "地方规划控制线信息表",
        "control lines",
        *_own(),
        Column("KZXWJXH", "控制线文件序号", _NOT_SAID),
        Column("KZXWJMC", "控制线文件名称", _NOT_SAID),
        Column("KZXSYKSSJ", "控制线适用开始时间", _NOT_SAID),
        Column("KZXWJSM", "控制线文件说明", _NOT_SAID),
        Column(
            "KZXWJFJ",
            "控制线文件附件",
            Bilingual(
                zh="随图层另行导出（blueprint export）", en="is exported as a layer of its own"
            ),
        ),
    ),
)

BY_NAME: dict[TableName, TableSpec] = {spec.name: spec for spec in TABLES}

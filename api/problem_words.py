"""The catalogue of problem types: what each is called and what to do, in Chinese and English.

Input: the name of a type, and the object that the error's own text names first. Output: words. A
Chinese text is never a translated one: it is put together here from the type, the object and, of a
site, the reason (`InvalidSite.why`). docs/problems.md is written from this table.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from blueprint.report.document import Lang
from blueprint.values import Bilingual

TYPE: Final = "about:blueprint/"


@dataclass(frozen=True, slots=True)
class ProblemWords:
    """What a type is called, and the remedy that holds for all problems of it."""

    title: Bilingual
    remedy: Bilingual


def _say(zh: str, en: str, remedy_zh: str, remedy_en: str) -> ProblemWords:
    return ProblemWords(Bilingual(zh=zh, en=en), Bilingual(zh=remedy_zh, en=remedy_en))


WORDS: dict[str, ProblemWords] = {
    # of the request
    "InvalidRequest": _say("请求参数有误", "A parameter is malformed or unknown",
        "按 /docs 的说明更正该参数", "correct the parameter as /docs says"),
    "BadRequest": _say("请求有误", "The request is malformed",
        "按 /docs 的说明更正请求", "correct the request as /docs says"),
    "Unauthenticated": _say("未表明身份", "Who calls is not known",
        "附上令牌或接口密钥后重试", "send a bearer token or an API key"),
    "Forbidden": _say("无权访问", "It is not for this caller",
        "向管理员申请权限", "ask an administrator for the role or scope"),
    "NotFound": _say("没有这个地址", "Nothing is at this address",
        "按 /docs 核对地址", "look up the address in /docs"),
    "MethodNotAllowed": _say("该地址不支持此方法", "The method is not allowed here",
        "改用 Allow 所列的方法", "use a method that Allow names"),
    "NotAcceptable": _say("没有所要求的格式", "It is not to be had in a form that Accept names",
        "改用所列的格式，或以 ?f= 指定", "ask for a form that is listed, by Accept or ?f="),
    "SiteTooLarge": _say("请求内容过大", "The body is too large",
        "简化用地边界后重新提交", "simplify the site's boundary"),
    "UnsupportedMediaType": _say("不接受这种内容类型", "No site is handed in as that media type",
        "以所列的类型提交用地文件", "send the site as one of the types that are listed"),
    # of a site and its file
    "InvalidSite": _say("用地图形不能受理", "The site cannot be checked as it is drawn",
        "更正用地边界后重新提交", "mend the boundary and send it again"),
    "InvalidFigures": _say("项目指标或答复有误", "An answer or a figure of the project cannot be",
        "更正该项，或不填", "correct it or leave it out"),
    "UnreadableSource": _say("文件无法读取", "The file cannot be read as what it claims to be",
        "检查文件后重新提交", "check the file and send it again"),
    "AmbiguousSource": _say("文件含多个图层", "The file has several layers, and none is named",
        "以 ?layer= 指明图层", "name the layer with ?layer="),
    "MissingCrs": _say("文件未注明坐标系", "The file does not say its CRS",
        "以 ?crs= 指明坐标系", "name the CRS with ?crs="),
    "UnsuitableCrs": _say("坐标系不能使用", "The CRS is unknown or needs parameters",
        "以 ?crs= 指明已知的坐标系", "name a known CRS with ?crs="),
    "WrongPlace": _say("坐标不在本市范围", "The coordinates lie outside the city",
        "核对坐标系与坐标轴次序", "check the CRS and the order of the axes"),
    "NothingToKeep": _say("没有可用的要素", "No feature could be kept",
        "更正数据后重新交付", "mend the data and deliver it again"),
    # of what is asked for
    "UnknownCheck": _say("没有这份预检", "There is no site check of that id",
        "向 /site-checks 提交用地以作预检", "POST the site to /site-checks to make one"),
    "UnknownCollection": _say("没有这个图层", "There is no collection of that id",
        "见 /collections 所列图层", "GET /collections lists them"),
    "UnknownFeature": _say("图层中没有这个要素", "The layer has no feature of that id",
        "见该图层的 items", "GET the collection's items"),
    "UnknownConflict": _say("没有这个差异图斑", "There is no conflict of that id",
        "见 /conflicts 所列图斑", "GET /conflicts lists them"),
    "UnknownSnapshot": _say("没有这个快照", "There is no such snapshot",
        "不填快照即查询最新快照", "leave it out to ask the newest"),
    "UnknownTile": _say("没有这个瓦片", "There is no such tile",
        "按 TileJSON 所列范围和级别请求", "ask within what TileJSON says"),
    "UnknownLayer": _say("库中没有这个图层", "The store has no such layer",
        "见 /collections 所列图层", "GET /collections lists them"),
    "UnknownVersion": _say("图层没有这个版本", "The layer has no such version",
        "改用已有的版本", "choose a version that is there"),
    "UnknownDelivery": _say("没有这次交付", "Nothing of that number or hash was handed in",
        "核对编号", "check the number"),
    "AmbiguousSnapshot": _say("快照指定了两次", "A snapshot is named by id and by day at once",
        "只用 snapshot 或 as_of 之一", "give snapshot or as_of"),
    "NotSearched": _say("该快照未作差异检测", "The snapshot was not searched for conflicts",
        "改用已检测的快照", "choose a snapshot that was searched"),
    "InvalidFilter": _say("筛选条件有误", "The filter is no CQL2 that is understood here",
        "按 queryables 更正条件", "correct it by the collection's queryables"),
    "CannotVerify": _say("无法核验", "What it cites is not in this store as it was",
        "在作出答复的库或其备份上核验", "verify it against the store that answered"),
    "MissingGlyphs": _say("字体缺字", "No font has a character of it",
        "更换该字符，或改取 JSON、HTML", "replace the character, or ask for JSON or HTML"),
    "InvalidStep": _say("不能进入该状态", "A conflict cannot come to that state, or not so",
        "按所列次序办理", "follow the order that is named"),
    # of projects and their cases
    "UnknownProject": _say("没有这个项目", "There is no project of that id",
        "见 /projects 所列项目", "GET /projects lists yours"),
    "UnknownCase": _say("没有这个案卷", "There is no case of that id",
        "见 /cases 所列案卷", "GET /cases lists yours"),
    "UnknownOutcome": _say("案卷尚无策划生成意见", "No outcome of the case was issued yet",
        "待部门反馈后出具", "wait until departments have answered"),
    "InvalidProject": _say("项目信息有误", "What is said of a project cannot be",
        "更正该项后重新提交", "correct it and send it again"),
    "InvalidCode": _say("项目代码有误", "The project code is not written as one",
        "对照原件更正所指部分", "correct the part that is named from the original"),
    "InvalidLink": _say("项目关系不能这样登记", "The projects cannot be linked like that",
        "按所述先撤销相矛盾的关系", "undo the link that contradicts it first"),
    "UnknownLink": _say("没有这条项目关系", "There is no link of that number",
        "见该项目的谱系", "the project's lineage lists them"),
    "InvalidSetting": _say("服务的设置有误", "The service is set up wrongly",
        "请管理员更正该环境变量", "have an administrator correct the variable"),
    "InvalidOpinion": _say("部门意见不完整", "An opinion lacks what it needs, or cannot be",
        "补充依据或条件后重新提交", "give the basis or the conditions that are named"),
    "InvalidCase": _say("案卷不能这样办理", "The case does not stand where that could follow",
        "按所述先办前一步", "do first what is named"),
    "InvalidEvent": _say("办理记录不能这样记载", "An event cannot follow what was noted before",
        "按所列的下一步记载，或先撤销有误的记载", "note what may follow, or undo what is wrong"),
    "InvalidDays": _say("天数不能计算", "So many days cannot be counted",
        "更正天数或日期", "give another number of days, or another day"),
    # of work that takes long, of keys, of who is told
    "NotAllowed": _say("不允许这样做", "The caller may not ask for that",
        "向管理员申请权限", "ask an administrator"),
    "UnknownProcess": _say("没有这个处理", "There is no process of that id",
        "见 /processes 所列", "GET /processes lists them"),
    "UnknownUpload": _say("没有这个上传文件", "There is no upload of that id",
        "重新上传", "upload it again"),
    "UnknownJob": _say("没有这个任务", "There is no job of that id",
        "见 /jobs 所列任务", "GET /jobs lists them"),
    "JobIsOver": _say("任务已结束", "The job does not run any more",
        "见 /jobs 所列任务", "GET /jobs lists them"),
    "ResultNotReady": _say("任务尚无结果", "The job has no result yet",
        "任务结束后重试", "try again when the job is over"),
    "ResultIsGone": _say("结果已不可取", "The result is not to be had any more",
        "重新提交任务", "ask for the job again"),
    "InvalidInputs": _say("任务输入有误", "A process cannot be run on these inputs",
        "按该处理的说明更正输入", "correct the inputs as the process says"),
    "TooManyJobs": _say("等候的任务过多", "So many jobs wait that no further one is taken",
        "稍后重试", "try again later"),
    "KeyAtWork": _say("同一密钥的请求正在处理", "A request of that key is being answered",
        "片刻后重试", "try again in a moment"),
    "KeyOfAnother": _say("该密钥已用于另一请求", "The key was given with another request",
        "换用新的密钥", "choose a new key"),
    "AnswerClosed": _say("原答复不能再出示", "What was answered may not be shown again",
        "换用新的密钥重新请求", "ask again with a new key"),
    "UnknownApproval": _say("没有这个审批事项", "There is no approval of that id",
        "见 /approvals 所列事项", "GET /approvals lists them"),
    "UnknownApplicant": _say("没有这个申请人档案", "No file is kept of that name",
        "先以 PUT 建立本单位档案", "PUT the profile to begin one"),
    "UnknownDocument": _say("没有这份已有材料", "No such document is held",
        "见该申请人的 documents", "GET the applicant's documents"),
    "InvalidDocument": _say("材料登记有误", "A document cannot be held like that",
        "按说明更正", "correct it as the detail says"),
    "InvalidProfile": _say("申请人档案有误", "What is said of an applicant cannot be",
        "更正该项，或不填", "correct it or leave it out"),
    "InvalidForm": _say("表单填写有误", "A value of the form cannot be, or is not asked",
        "按表单的 JSON Schema 更正", "correct it by the form's JSON Schema"),
    "InvalidApprovals": _say("审批事项清单有误", "The approvals pack is not as it should be",
        "按 docs/approvals.md 更正", "mend it as docs/approvals.md asks"),
    "UnknownWebhook": _say("没有这个通知地址", "There is no webhook of that id",
        "见 /webhooks 所列", "GET /webhooks lists them"),
    "InvalidWebhook": _say("通知地址或事件有误", "Nothing may be sent there, or of that",
        "更正地址或事件", "correct the address or the events"),
    "InvalidKey": _say("不能设立这样的密钥", "A key cannot be made like that",
        "更正密钥的内容", "correct what the key is to be"),
    "UnknownKey": _say("没有这个密钥", "There is no key of that id",
        "核对密钥编号", "check the key's id"),
    "InvalidAccess": _say("身份认证设置有误", "How callers are known is told wrongly",
        "请告知服务管理员", "tell whoever runs the service"),
    "AmbiguousCaller": _say("身份表明了两次", "Who calls is told twice",
        "只用令牌或接口密钥之一", "send a bearer token or an API key, not both"),
    "IssuerUnavailable": _say("身份服务无响应", "The issuer of tokens does not answer",
        "稍后重试", "try again later"),
    "TooManyRequests": _say("请求过于频繁", "More than the caller may ask for",
        "按 Retry-After 稍后重试", "try again after Retry-After"),
    "BodyTooLarge": _say("请求内容过大", "The body is too large",
        "减小请求内容", "send less"),
    "RequestTooLarge": _say("请求内容过大", "The request is too large",
        "先上传文件再引用", "upload the file and name it"),
    "UploadTooLarge": _say("上传文件过大", "The upload is too large",
        "分批上传", "upload it in parts"),
    # of the service
    "NothingPublished": _say("尚未发布快照", "Nothing is published yet",
        "待数据发布后重试", "try again when a snapshot is published"),
    "StoreUnavailable": _say("数据库无响应", "The store does not answer",
        "稍后重试", "try again later"),
    "StoreBusy": _say("服务繁忙", "The service is busy",
        "片刻后重试", "try again in a moment"),
    "Fault": _say("服务内部错误", "A fault of the service",
        "请告知时间和请求编号", "report the time and the request's id"),
    "OverlayError": _say("叠加计算失败", "An overlay could not be computed",
        "请告知服务管理员", "tell whoever runs the service"),
    "InvalidDistance": _say("缓冲距离有误", "A distance is negative or no number",
        "更正距离", "correct the distance"),
    "UnusablePack": _say("图层索引不能使用", "A packed layer cannot be opened",
        "请告知服务管理员", "tell whoever runs the service"),
    "ExecutionError": _say("计算任务未完成", "Tasks could not be run to their end",
        "稍后重试", "try again later"),
    "InvalidCatalogue": _say("图层目录有误", "The catalogue is not as it should be",
        "按 docs/catalogue.md 更正", "mend it as docs/catalogue.md asks"),
    "InvalidPack": _say("数据包有误", "A pack of data is not as it should be",
        "按 docs 所述更正", "mend it as its page in docs asks"),
    "InvalidRulePack": _say("规则包有误", "The rule pack is not as it should be",
        "按 docs/rules.md 更正", "mend it as docs/rules.md asks"),
    "InvalidCalendar": _say("日历补充文件有误", "The file of overrides is not as it should be",
        "按 docs/clock.md 更正", "mend them as docs/clock.md asks"),
    "InvalidClockLaw": _say("计时依据文件有误", "The law of the clock is not as it should be",
        "按 docs/clock.md 更正", "mend it as docs/clock.md asks"),
    "InvalidManifest": _say("交付清单有误", "The list of deliveries cannot be followed",
        "更正清单", "mend the list"),
    "CannotCopy": _say("不能复制到该库", "The target of a copy holds data already",
        "改用空库", "choose an empty store"),
    "CannotWrite": _say("不能写成该格式", "The format cannot say what is to be written",
        "改用其他格式", "choose another format"),
    "PlanningError": _say("请求不能办理", "The request cannot be met",
        "按说明更正", "do as the detail says"),
    "DataError": _say("数据不能使用", "The data cannot be used",
        "按说明更正", "do as the detail says"),
}  # fmt: skip

LISTS = {
    "NotAcceptable": "there is ",
    "UnsupportedMediaType": "; send ",
    "AmbiguousSource": "?layer=: ",
}
"""Of types whose text ends in a list of what may be asked for or sent: what stands before it."""

SITE_REASONS: dict[str, Bilingual] = {
    "unreadable": Bilingual(zh="有图形无法读取", en="a shape cannot be read"),
    "elsewhere": Bilingual(zh="按该坐标系读取不在本市范围内", en="it lies outside the city"),
    "no_polygon": Bilingual(zh="没有闭合的面", en="nothing drawn is a closed polygon"),
    "not_finite": Bilingual(zh="有坐标不是有限数", en="a coordinate is no finite number"),
    "no_crs": Bilingual(zh="未注明坐标系，也无法推定", en="its CRS is not named and not plain"),
    "no_area": Bilingual(zh="界址点在一条直线上，没有面积", en="it has no area"),
    "crossing": Bilingual(zh="边界自相交或重叠", en="its boundary crosses itself"),
    "misplaced": Bilingual(zh="面积或范围不合理", en="its size or extent cannot be a site's"),
}
"""Why a site is refused, by `InvalidSite.why`."""


def title_of(kind: str, lang: Lang, otherwise: str) -> str:
    """The title of a type; what is not in the table has the phrase of its status."""
    words = WORDS.get(kind)
    return otherwise if words is None else _in(words.title, lang)


_PARAMETER: dict[str, str] = {
    "missing": "缺少该参数",
    "extra_forbidden": "没有这个参数",
    "greater_than_equal": "应不小于 {ge}",
    "greater_than": "应大于 {gt}",
    "less_than_equal": "应不大于 {le}",
    "less_than": "应小于 {lt}",
    "int_parsing": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符",
    "json_invalid": "不是有效的 JSON",
}
"""What is wrong with a parameter, by pydantic's type of the error and its context."""
_OF_NAME = {
    "bbox": "应为四个数（或六个，含高程），先两个最小值、后两个最大值，次序随坐标系",
    "datetime": "应为时刻，或以 / 分隔的起止，如 2026-11-01T00:00:00Z、2026-11-01/..",
    "date": "应写作 YYYY-MM-DD",
    "as_of": "应写作 YYYY-MM-DD",
}


def reason_in_chinese(error: Mapping[str, Any]) -> str | None:
    """What is wrong with a parameter, of an error as pydantic tells it; None: no words for it."""
    text = _PARAMETER.get(error["type"]) or _OF_NAME.get(str(error["loc"][-1]))
    return None if text is None else text.format_map(defaultdict(str, error.get("ctx") or {}))


def detail_in_chinese(
    kind: str, detail: str, why: str | None = None, reason: str | None = None
) -> str | None:
    """The detail of a problem in Chinese, with a reason if there is one; None: it has no words."""
    words = WORDS.get(kind)
    if words is None:
        return None
    named = detail.partition(": ")[0] if ": " in detail else ""
    said = SITE_REASONS[why].zh if why in SITE_REASONS else words.title.zh
    _, mark, offers = detail.rpartition(LISTS[kind]) if kind in LISTS else ("", "", "")
    there = f"：{offers}" if mark else ""
    because = f"；{reason}" if reason else ""
    return (f"{named}：" if named else "") + f"{said}{because}；{words.remedy.zh}{there}"


def _in(text: Bilingual, lang: Lang) -> str:
    return text.zh if lang == "zh" else text.en

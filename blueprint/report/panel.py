"""What stands above and below the map: the title with the verdict, and the footer.

Input: the check. Output: lines on the page, and where the column beside the map lies.
"""

from blueprint.documents import SiteCheck
from blueprint.report.lettering import Script
from blueprint.report.page import GREY, INK, SMALL, Look, Page
from blueprint.words import COLOURS, WORDS

_LEFT, COLUMN, RIGHT = 20.0, 520.0, 752.0
"""Where the page's text begins, where the column beside the map begins, and where both end."""
TOP, BOTTOM = 522.0, 56.0
"""Between which heights the column lies."""


def write_title(page: Page, check: SiteCheck) -> None:
    """The site's name, as large as it fits, and the verdict in its colour."""
    words, colour = WORDS[check.verdict], COLOURS[check.verdict]
    page.plate((RIGHT - 118, 533, RIGHT, 567), Look(colour), radius=5)
    page.write((RIGHT - 59, 554.5), words.zh, Script(14.5, "white", bold=True), "center")
    page.write((RIGHT - 59, 540.5), words.en, Script(8, "white"), "center")
    room = RIGHT - 154
    size, lines = page.letters.fit(check.site.name, room, ((17, 1), (13, 2), (10, 3)))
    for number, line in enumerate(lines):
        y = 565.5 - size / 2 - number * size * 1.2
        page.write((_LEFT, y), line, Script(size, INK, bold=True))
    subtitle = f"{check.city.zh} · 选址预检 · {check.city.en} · Site check"
    page.write((_LEFT, 530), page.letters.wrap(subtitle, 7.5, room, 1)[0], Script(7.5, GREY))


def write_footer(page: Page, check: SiteCheck) -> None:
    """The city's notice, and what the check can be reproduced from."""
    if check.city_notice is not None:
        page.plate((_LEFT, 27, RIGHT, 45), Look("#FFF1C2", "#D9A400", 0.8))
        notice = f"{check.city_notice.zh} · {check.city_notice.en}"
        line = page.letters.wrap(notice, 9, RIGHT - 36, 1)[0]
        centre = (_LEFT + RIGHT) / 2, 36
        page.write(centre, line, Script(9, "#5C4400", bold=True), "center")
    deciding = "椭球" if check.site.area.decided_by == "ellipsoidal" else "投影"
    words = (
        f"快照 {check.snapshot.id} · 规则包 {check.rule_pack.id} {check.rule_pack.version}"
        f" · 申请日期 {check.application_date} · 坐标系 {check.site.crs}，单位：米"
        f" · 面积以{deciding}面积为准 · 检查编号 {check.check_id}"
    )
    for number, line in enumerate(page.letters.wrap(words, SMALL.size, RIGHT - 24, 2)):
        page.write((_LEFT, 18.5 - number * 9), line, SMALL)

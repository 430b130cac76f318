"""The planner's desk in a real browser: layers and time, conflicts, deliveries, control totals."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.serving import Served

from .browser import run_axe, settled
from .conftest import Visitor

VIEWS = ["", "plan/layers", "plan/conflicts", "plan/totals", "plan/deliveries", "apply"]


def test_a_visitor_is_told_what_this_is_and_where_to_go(visitor: Visitor):
    page = visitor.go()
    expect(page.get_by_role("heading", level=1)).to_have_text("各部门的规划，叠在一张图上")
    expect(page.locator(".door")).to_have_count(3)
    settled(page)
    expect(page.locator(".door").nth(1)).to_contain_text(re.compile(r"\d,\d{3} 处差异图斑"))
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every department's plan, on one map")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every department's plan, on one map")


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_serious_fault_of_accessibility(visitor: Visitor, view: str):
    page = visitor.go(view)
    settled(page)
    page.wait_for_load_state("networkidle")
    found = run_axe(page)
    assert found == []


def test_the_whole_catalogue_is_searched_and_switched(visitor: Visitor, administrator: str):
    page = visitor.go("plan/layers")
    visitor.sign_in(administrator)
    expect(page.locator("#tree")).to_contain_text("15 个专题 · 54 个子专题 · 275 个图层")
    page.get_by_label("查找图层").fill("生态保护红线")
    expect(page.locator(".tree .switch")).to_have_count(1)
    with page.expect_request(re.compile("/collections/eco_redline/tiles/")):
        page.locator(".tree .switch").click()
    expect(page.locator(".legend li").first).to_contain_text("生态保护红线")
    settled(page)
    page.get_by_label("生态保护红线的不透明度").fill("0.4")
    page.get_by_role("button", name="关闭生态保护红线").click()
    expect(page.locator(".legend li")).to_have_count(3)


def test_the_public_sees_fewer_layers_and_no_deliveries(visitor: Visitor):
    page = visitor.go("plan/layers")
    expect(page.locator("#tree")).to_contain_text("261 个图层")
    page.get_by_role("link", name="交付").click()
    expect(page.locator("main")).to_contain_text("以密钥登录")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("textbox", name="密钥").fill("bpk_wrong")
    page.locator("dialog button.primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert 401 in visitor.refused


def test_panning_asks_for_tiles_and_nothing_else(visitor: Visitor):
    page = visitor.go("plan/layers")
    settled(page)
    page.wait_for_load_state("networkidle")
    visitor.asked.clear()
    page.locator(".map-canvas canvas").focus()
    for key in ("Equal", "Equal", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    settled(page)
    assert visitor.asked
    assert [url for url in visitor.asked if "/tiles/" not in url] == []


def test_time_slides_and_two_snapshots_are_swept_over_one_another(visitor: Visitor):
    page = visitor.go("plan/layers")
    settled(page)
    page.get_by_label("卷帘比较").select_option(index=1)
    expect(page.locator(".time")).to_contain_text("1 个图层有变化")
    divide = page.get_by_role("slider", name="拖动分隔线")
    expect(divide).to_have_attribute("aria-valuenow", "50")
    divide.focus()
    page.keyboard.press("ArrowRight")
    expect(divide).to_have_attribute("aria-valuenow", "52")
    page.get_by_label("蓝图快照").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#time")).to_contain_text(".1 ·")
    expect(divide).to_have_count(0)


def test_the_board_filters_and_moves_with_the_map(visitor: Visitor, service: Served):
    page = visitor.go("plan/conflicts")
    settled(page)
    count = page.locator("#board")
    expect(count).to_contain_text(re.compile(r"\d"))
    whole = count.inner_text()
    page.get_by_label("规则").select_option("exclusive.farmland_redline")
    expect(count).not_to_have_text(whole)
    told = service.answer("/conflicts?rule=exclusive.farmland_redline")["matched"]
    expect(count).to_have_text(f"{told} 处差异图斑")
    page.get_by_label("状态").select_option("assigned")
    expect(count).to_have_text("1 处差异图斑")
    page.get_by_role("button", name="清除筛选").click()
    expect(count).to_have_text(whole)
    page.get_by_label("行政区").select_option("东翔区")
    expect(count).not_to_have_text(whole)
    page.get_by_role("button", name="清除筛选").click()
    page.get_by_label("只列地图范围内的").check()
    page.get_by_role("button", name="放大").click()
    page.get_by_role("button", name="放大").click()
    expect(count).not_to_have_text(whole)
    pair = page.get_by_label("部门之间").locator("option").nth(2).get_attribute("value")
    page.get_by_label("部门之间").select_option(pair)
    settled(page)


def test_a_conflict_shows_both_features_its_law_its_history_and_is_assigned(
    visitor: Visitor, administrator: str, service: Served
):
    page = visitor.go("plan/conflicts")
    visitor.sign_in(administrator)
    one = service.answer("/conflicts?rule=exclusive.heritage_production&limit=1")["conflicts"][0]
    page.get_by_label("规则").select_option("exclusive.heritage_production")
    before = page.locator(".map-canvas").get_attribute("data-view")
    page.locator(f".board a[href$='{one['id']}']").click()
    expect(page.locator(".map-canvas")).not_to_have_attribute("data-view", before or "")
    shown = page.locator("article.conflict")
    for text in (
        "平均宽度",
        "法律依据",
        "《",
        one["left"]["feature_id"],
        one["right"]["feature_id"],
    ):
        expect(shown).to_contain_text(text)
    assert any(f"/items/{one['right']['feature_id']}" in url for url in visitor.asked)
    shown.get_by_label("交给").select_option("heritage")
    shown.get_by_label("办结期限").fill("2099-12-31")
    shown.get_by_label("经办").fill("多规合一办公室")
    shown.get_by_role("button", name="交办").click()
    expect(shown.locator(".history")).to_contain_text("待处理 → 已交办")
    # what cannot follow is told by the service
    shown.get_by_label("提方案").check()
    shown.get_by_label("经办").fill("文物局")
    shown.locator("textarea").fill("缩减生产空间边界")
    shown.get_by_role("button", name="提方案").click()
    expect(shown.locator(".history")).to_contain_text("已交办 → 已提方案")


def test_a_delivery_shows_what_was_set_aside_and_where(visitor: Visitor, administrator: str):
    page = visitor.go("plan/deliveries")
    visitor.sign_in(administrator)
    page.get_by_label("查找交付").fill("城市黄线")
    page.locator(".board a").first.click()
    shown = page.locator("article.delivery")
    expect(shown.locator(".tally .prohibited dd")).to_have_text("1")
    expect(shown).to_contain_text("图形类型不符")
    assert any(url.endswith("/places") for url in visitor.asked)


def test_control_totals_are_gauges_against_their_targets(visitor: Visitor):
    page = visitor.go("plan/totals")
    expect(page.locator(".gauge").first).to_contain_text("不少于 981.00")
    expect(page.locator(".gauges .badge").first).to_have_text("守住")


def test_a_service_that_is_gone_is_told_on_the_planners_desk(visitor: Visitor):
    page = visitor.go("plan/conflicts")
    settled(page)
    page.context.set_offline(True)
    page.get_by_label("规则").select_option("exclusive.farmland_redline")
    expect(page.get_by_role("alert").first).to_contain_text("服务没有应答")
    page.context.set_offline(False)

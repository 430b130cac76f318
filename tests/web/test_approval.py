"""The approval desk in a real browser: the list with lights, and all parts of a case."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.serving import Served

from .approvals import Desk, officers, settle_cases, square
from .browser import run_axe, settled
from .city import SAMPLE
from .conftest import Visitor


@pytest.fixture(scope="module")
def cases(service: Served, administrator: str, city_store: str) -> dict[str, str]:
    return settle_cases(service.address, administrator, city_store)


def test_the_list_has_a_light_for_every_case(
    visitor: Visitor, cases: dict[str, str], administrator: str
):
    page = visitor.go("approve")
    visitor.sign_in(administrator)
    rows = page.locator(".cases tbody tr")
    expect(rows.filter(has=page.locator(f"a[href*='{cases['late']}']"))).to_contain_text("超期")
    under_way = rows.filter(has=page.locator(f"a[href*='{cases['under_way']}']"))
    expect(under_way).to_contain_text("依法停计")
    expect(rows.filter(has=page.locator(f"a[href*='{cases['asked']}']"))).to_contain_text("3/")
    assert run_axe(page) == []


def test_findings_are_frozen_and_on_the_map(
    visitor: Visitor, cases: dict[str, str], administrator: str
):
    page = visitor.go(f"approve/{cases['asked']}")
    visitor.sign_in(administrator)
    expect(page.locator(".case .verdict")).to_contain_text(re.compile("封存.*sha256", re.DOTALL))
    expect(page.locator(".finding").first).to_contain_text("问谁")
    settled(page)
    assert run_axe(page) == []


def test_opinions_stand_side_by_side_and_a_department_gives_its_own(
    visitor: Visitor, cases: dict[str, str], service: Served, administrator: str, city_store: str
):
    asked = Desk(service.address, administrator).ask(f"/cases/{cases['asked']}/consultations")
    waiting = [one for one in asked["consultations"] if one["status"] == "awaited"]
    department = waiting[0]["department"]
    key = officers(city_store, [department["id"]])[department["id"]]
    page = visitor.go(f"approve/{cases['asked']}/opinions")
    visitor.sign_in(administrator)
    columns = page.locator(".opinion")
    expect(columns).to_have_count(len(asked["consultations"]))
    expect(columns.first).to_contain_text("建筑高度不超过 24 米")
    assert run_axe(page) == []
    page.get_by_role("button", name="退出").click()
    visitor.sign_in(key)
    mine = page.locator(".opinion").filter(has_text=department["name"]["zh"])
    mine.get_by_text("填写意见").click()
    mine.locator("select").select_option("agree")
    mine.get_by_role("button", name="提交意见").click()
    expect(mine.locator(".badge").first).to_have_text("同意")


def test_the_eight_calibres_are_in_one_strip_chart(
    visitor: Visitor, cases: dict[str, str], administrator: str
):
    page = visitor.go(f"approve/{cases['under_way']}/clock")
    visitor.sign_in(administrator)
    chart = page.locator("img.strip")
    expect(chart).to_have_attribute("alt", re.compile(r"K1: \d+.*K8: \d+"))
    assert chart.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    expect(page.locator(".cases")).to_contain_text("法定期限")
    assert run_axe(page) == []


def test_materials_lineage_and_ledger_are_shown(
    visitor: Visitor, cases: dict[str, str], administrator: str
):
    page = visitor.go(f"approve/{cases['asked']}/materials")
    visitor.sign_in(administrator)
    expect(page.locator(".checklist li").first).to_contain_text("需提交")
    page.get_by_role("link", name="谱系").click()
    expect(page.locator(".family .node")).to_have_count(3)
    expect(page.locator(".family .here")).to_contain_text("示例产业园")
    page.get_by_role("link", name="记录").click()
    expect(page.locator(".history li").first).to_be_visible()


def test_what_changed_is_told_and_two_checks_are_compared(
    visitor: Visitor, cases: dict[str, str], administrator: str, service: Served
):
    made = Desk(service.address, administrator).ask(f"/cases/{cases['late']}")
    other = made["screenings"][0]["check_id"]
    page = visitor.go(f"approve/{cases['asked']}/changes")
    visitor.sign_in(administrator)
    expect(page.locator("main")).to_contain_text("逐项结论没有变化")
    page.get_by_label("乙").fill(other)
    page.get_by_role("button", name="比较").click()
    expect(page.locator(".compare .differs").first).to_be_visible()


def test_a_check_made_elsewhere_is_attached_beside_the_findings(
    visitor: Visitor, cases: dict[str, str], administrator: str, service: Served
):
    made = Desk(service.address, administrator).ask(f"/cases/{cases['late']}")
    check = made["screenings"][0]["check_id"]
    page = visitor.go(f"approve/{cases['under_way']}")
    visitor.sign_in(administrator)
    attached = page.locator("section[aria-labelledby=attached]")
    expect(attached).to_contain_text("还没有附入预检")
    attached.get_by_label("预检编号").fill("chk_none")
    attached.get_by_role("button", name="附入预检").click()
    expect(attached.get_by_role("alert")).to_contain_text("chk_none")
    attached.get_by_label("预检编号").fill(check)
    attached.get_by_label("说明").fill("二期的预检，供比选")
    attached.get_by_role("button", name="附入预检").click()
    expect(attached.locator("li")).to_contain_text("与预审红线不同")
    expect(attached.locator("li")).to_contain_text("二期的预检，供比选")
    assert run_axe(page) == []
    page.get_by_role("link", name="记录").click()
    expect(page.locator(".history")).to_contain_text("附入预检")


def test_the_outcome_is_had_as_pdf_and_word(
    visitor: Visitor, administrator: str, service: Served, city_store: str
):
    desk = Desk(service.address, administrator)
    project = desk.project("示例仓库", square(118.2532, 24.6205))
    case = desk.case(project, "generation", ask=True)
    waiting = desk.ask(f"/cases/{case}/consultations")["consultations"]
    asked_of = [one["department"]["id"] for one in waiting]
    for name, key in officers(city_store, asked_of).items():
        said = {"department": name, "answer": "agree", "prefilled": True}
        Desk(service.address, key).ask(f"/cases/{case}/opinions", said)
    desk.ask(f"/cases/{case}/outcome", {})
    page = visitor.go(f"approve/{case}")
    visitor.sign_in(administrator)
    for form, ending in (("PDF", "pdf"), ("Word", "docx")):
        with page.expect_download() as handed:
            page.locator(".frozen").get_by_role("button", name=form).click()
        assert handed.value.suggested_filename == f"outcome-{case}.{ending}"
    assert run_axe(page) == []


def test_a_checked_site_is_attached_to_a_case_of_its_own(visitor: Visitor, administrator: str):
    page = visitor.go("apply")
    visitor.sign_in(administrator)
    page.set_input_files("input[type=file]", SAMPLE / "sites" / "consult.geojson")
    page.locator("[data-verdict]").wait_for()
    page.get_by_text("以此建案").click()
    page.get_by_label("项目名称").fill("示例厂房")
    page.get_by_label("建设单位").fill("示例置业有限公司")
    page.get_by_role("button", name="建案并预审").click()
    page.wait_for_url("**/approve/cs_*")
    expect(page.get_by_role("heading", name="示例厂房")).to_be_visible()
    expect(page.locator(".case .verdict")).to_have_attribute("data-verdict", "consult")


def test_whoever_does_not_say_who_he_is_sees_no_case(visitor: Visitor, cases: dict[str, str]):
    page = visitor.go(f"approve/{cases['asked']}")
    expect(page.locator("main")).to_contain_text("以密钥登录")
    assert not [url for url in visitor.asked if "/cases" in url]

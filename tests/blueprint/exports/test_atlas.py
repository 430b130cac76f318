"""The atlas: a page for each conflict, with all that a planner signs for, and no sign missing."""

from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from blueprint.conflicts.against import changes_since
from blueprint.conflicts.ledger import Wish, take_step
from blueprint.conflicts.register import Register, register_of
from blueprint.conflicts.search import find_conflicts
from blueprint.conflicts.words import basis_words
from blueprint.errors import MissingGlyphs, PlanningError
from blueprint.exports.atlas import write_atlas
from blueprint.values import Bilingual
from tests.blueprint.conflicts.test_conflict_life import ASSIGN, EXEMPT
from tests.blueprint.conflicts.test_conflicts_over_time import (
    BESIDE,
    FIELD,
    NOWHERE_NEAR,
    RULE,
    keep_ids,
    named,
)
from tests.blueprint.conftest import DAY, LAW, Town, exclusive_rule

from .test_conflict_exports import two_conflicts


def register(town: Town, clearance: str = "public", **options) -> Register:
    run = find_conflicts(town.service, day=DAY, clearance=clearance).head.run_id
    return register_of(town.service, run, clearance, DAY, **options)


def pages(town: Town, made: Register, name: str = "atlas.pdf") -> pypdfium2.PdfDocument:
    path = town.folder / name
    write_atlas(town.service, made, path)
    return pypdfium2.PdfDocument(path)


def said(book: pypdfium2.PdfDocument, number: int = 0) -> str:
    page = book[number].get_textpage()
    text = " ".join(page.get_text_range().split())
    page.close()
    return text


def test_every_conflict_has_a_page_that_says_what_a_planner_signs_for(town: Town):
    then = two_conflicts(town)
    first = then.document.conflicts[0]
    take_step(town.service, first.id, ASSIGN, day=DAY)
    take_step(town.service, first.id, EXEMPT, day=DAY)
    change = changes_since(town.service, then.head.run_id, then, "public")
    book = pages(town, register(town, difference=change))
    assert len(book) == 2
    assert book[0].get_size() == pytest.approx((842, 595), abs=0.1)
    text = said(book)
    for part in (
        first.id,
        "=a",
        "规划局",
        f"{first.area.ellipsoidal_m2:,.2f} m²",
        f"{first.area.projected_m2:,.2f} m²",
        "mean 9.09 m, real overlap",
        "《某法》第一条",
        "A law, art. 1",
        "持续，面积未变",
        "已豁免",
        "exempted, by A law, art. 3, until 2026-11-30",
        "规划协调办公室：待处理 → 已交办",
        "page 1 of 2",
    ):
        assert part in text
    assert "待处理" in said(book, 1)


def test_the_page_shows_both_features_and_the_ground_they_share(town: Town):
    two_conflicts(town)
    picture = np.asarray(pages(town, register(town))[0].render(scale=1).to_pil().convert("RGB"))
    colours = {tuple(pixel) for pixel in picture.reshape(-1, 3)}
    # the two fills and the gravest red of the sign and the hatch
    assert {(0xD6, 0xE6, 0xF4), (0xFB, 0xE3, 0xC8), (0xA5, 0x00, 0x26)} <= colours


def test_equal_registers_give_equal_files(town: Town):
    two_conflicts(town)
    made = register(town)
    for name in ("one.pdf", "other.pdf"):
        write_atlas(town.service, made, town.folder / name)
    one, other = ((town.folder / name).read_bytes() for name in ("one.pdf", "other.pdf"))
    assert one == other


def test_a_sign_that_no_font_has_is_refused_with_its_conflict_and_leaves_no_file(town: Town):
    keep_ids(town)
    town.deliver("farmland", FIELD, **named("地\U0001f33e"))
    town.deliver("zone", BESIDE, **named("x"))
    town.publish(RULE)
    made = register(town)
    with pytest.raises(MissingGlyphs, match=f"conflict {made.lines[0].conflict.id}.*\U0001f33e"):
        write_atlas(town.service, made, town.folder / "atlas.pdf")
    assert not (town.folder / "atlas.pdf").exists()


def test_an_atlas_for_the_public_has_no_page_and_no_count_of_what_is_hidden(town: Town):
    town.deliver("farmland", FIELD)
    town.deliver("barracks", BESIDE)
    town.deliver("zone", BESIDE)
    town.publish(RULE, exclusive_rule("farmland", "barracks"))
    assert len(pages(town, register(town, "restricted"), "all.pdf")) == 2
    book = pages(town, register(town), "public.pdf")
    assert len(book) == 1
    assert "page 1 of 1" in said(book)
    assert "barracks" not in said(book)


def test_a_long_history_is_cut_off_with_the_number_of_steps_that_are_left_out(town: Town):
    then = two_conflicts(town)
    name = then.document.conflicts[0].id
    for number in range(9):
        note = f"第{number}次退回，请补充补划图斑和论证材料" * 3
        wish = Wish("assigned", "办公室", note, department="planning", due=ASSIGN.due)
        take_step(town.service, name, wish, day=DAY)
    made = register(town)
    text = said(pages(town, made.only((), ("assigned",))))
    told = text.count("已交办 → 已交办，") + text.count("待处理 → 已交办，")
    assert "第8次退回" in text
    assert f"earlier steps: {9 - told}" in text
    assert "重叠范围 Shared ground" in text


def test_a_page_with_more_laws_than_it_has_room_for_keeps_to_its_column(town: Town):
    title = {"zh": "很长的法律名称" * 9, "en": "a long title " * 20}
    laws = {f"law_{n}": LAW | {"title": title} for n in range(20)}
    bases = [{"law": name, "article": "第一条"} for name in laws]
    town.deliver("farmland", FIELD)
    town.deliver("zone", BESIDE)
    town.publish(RULE | {"bases": bases}, laws=laws)
    book = pages(town, register(town))
    text = said(book)
    assert "另有 17 项 · 17 more" in text
    assert "重叠范围 Shared ground" in text
    page = book[0].get_textpage()
    boxes = [page.get_rect(number) for number in range(page.count_rects())]
    page.close()
    # left, bottom, right, top: below the column is the footer alone
    assert all(top < 31 for left, bottom, _, top in boxes if left > 525 and bottom < 62)


def test_an_atlas_can_be_narrowed_and_is_never_empty(town: Town):
    then = two_conflicts(town)
    take_step(town.service, then.document.conflicts[0].id, ASSIGN, day=DAY)
    made = register(town)
    assert len(made.only((), ("assigned",)).lines) == 1
    assert len(made.only(("exclusive.farmland_zone",), ()).lines) == 2
    for wrong, told in (((("no.rule",), ()), "no such rule"), (((), ("lost",)), "no such state")):
        with pytest.raises(PlanningError, match=told):
            made.only(*wrong)
    town.deliver("zone", NOWHERE_NEAR, **named("x"))
    town.publish(RULE)
    with pytest.raises(PlanningError, match="1 to 5000 pages") as refused:
        write_atlas(town.service, register(town), Path(town.folder / "none.pdf"))
    assert "there is none to write" in str(refused.value)
    assert "narrow it" not in str(refused.value)


@pytest.mark.parametrize(
    ("article", "english"),
    [
        ("第三十五条", "Law, art. 35"),
        ("第十条", "Law, art. 10"),
        ("第一百零五条第二款", "Law, art. 105 para. 2"),
        ("附件二", "Law, 附件二"),
        (None, "Law"),
    ],
)
def test_an_article_is_told_in_english_too(article: str | None, english: str):
    assert basis_words(Bilingual(zh="法", en="Law"), article, None).en == english

"""Site checks verified: judged anew from what they cite, and held in a chain."""

import json
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from blueprint.checks.kept import follow_checks
from blueprint.checks.verify import Verification, read_check, verify_check, verify_kept
from blueprint.cli import verify as cli_verify
from blueprint.documents import SiteCheck
from blueprint.errors import CannotVerify, InvalidSite
from blueprint.models import SiteCheckRow
from blueprint.snapshots import load_into_store
from layers.table import canonical_json
from tests.blueprint.conftest import FAR, HALF, SITE, Town, catalogue, site_rule


@pytest.fixture
def town(town: Town) -> Town:
    return published(town)


@pytest.fixture
def either(town_on_either: Town) -> Town:
    return published(town_on_either)


def published(town: Town) -> Town:
    town.deliver("farmland", HALF)
    town.deliver("metro", "LINESTRING (900 1050, 1200 1050)")
    town.publish(site_rule("farmland", "prohibited"), site_rule("metro"))
    return town


def document(check: SiteCheck) -> dict[str, Any]:
    text = json.dumps(check.model_dump(mode="json"), ensure_ascii=False, indent=2)
    return read_check(text, "check.json")


def paths(found: Verification) -> list[str]:
    return [one.path for one in found.differences]


def test_a_check_judged_anew_is_identical_whatever_was_published_since(either: Town) -> None:
    check = either.check(SITE).document
    either.deliver("farmland", SITE)
    either.publish(site_rule("farmland", "notice"))
    found = verify_check(either.service, document(check))
    assert (found.status, found.kept, found.differences) == ("identical", "as_answered", [])
    assert (found.snapshot, found.rule_pack) == (check.snapshot, check.rule_pack)
    assert found.site_hash == either.site(SITE).geometry_hash
    assert found.cited_engine == found.engine == check.engine
    assert verify_kept(either.service, check.check_id, "public") == found
    assert either.check(SITE).document.verdict != check.verdict


def test_suggestions_that_were_asked_for_are_made_again(town: Town) -> None:
    check = town.check(SITE, suggest=True).document
    assert check.suggestions
    assert verify_check(town.service, document(check)).status == "identical"


def test_nothing_is_stored_by_verifying(either: Town) -> None:
    check = either.check(SITE).document
    with either.service.database.read() as connection:
        before = follow_checks(connection)
    verify_check(either.service, document(check))
    with either.service.database.read() as connection:
        assert follow_checks(connection) == before


def test_each_altered_member_is_named_with_what_was_and_what_is(town: Town) -> None:
    told = document(town.check(SITE).document)
    told["verdict"] = "notice"
    told["findings"][0]["area"]["ellipsoidal_m2"] -= 1
    told["findings"][0]["department"]["kind"] = "other"
    found = verify_check(town.service, told)
    assert (found.status, found.kept) == ("differs", "altered")
    assert [(d.path, d.kind) for d in found.differences] == [
        ("verdict", "changed"),
        ("findings[0].department.kind", "missing"),
        ("findings[0].area.ellipsoidal_m2", "changed"),
    ]
    assert (found.differences[0].old, found.differences[0].new) == ("notice", "prohibited")
    assert sorted(d.path for d in found.alterations) == sorted(paths(found))


def test_a_finding_that_was_taken_out_is_put_back(town: Town) -> None:
    told = document(town.check(SITE).document)
    gone = told["findings"].pop(0)
    (difference,) = verify_check(town.service, told).differences
    assert (difference.path, difference.kind, difference.new) == ("findings[0]", "added", gone)


def test_what_cannot_be_made_anew_is_held_against_the_kept_document(town: Town) -> None:
    told = document(town.check(SITE).document)
    told["site"]["name"] = "another"
    told["checked_at"] = "2020-01-01T00:00:00Z"
    found = verify_check(town.service, told)
    assert (found.status, found.kept, paths(found)) == ("differs", "altered", [])
    assert [d.path for d in found.alterations] == ["checked_at", "site.name"]
    told["check_id"] = "chk_0"
    assert verify_check(town.service, told).kept == "not_here"


def test_a_crs_that_is_not_the_citys_shows_though_the_check_is_not_kept_here(town: Town) -> None:
    told = document(town.check(SITE).document) | {"check_id": "chk_of_another_store"}
    told["site"]["crs"] = "EPSG:4326"
    found = verify_check(town.service, told)
    assert (found.status, found.kept, paths(found)) == ("differs", "not_here", ["site.crs"])
    assert (found.differences[0].old, found.differences[0].new) == ("EPSG:4326", "EPSG:4548")


def test_a_moved_corner_shows_in_the_hash_of_the_site_and_in_what_is_found(town: Town) -> None:
    told = document(town.check(SITE).document)
    for ring in told["site"]["geometry"]["coordinates"][0]:
        for corner in ring:
            corner[0] += 20 if corner[0] > 601_050 else 0
    found = paths(verify_check(town.service, told))
    assert "site.geometry_hash" in found
    assert "findings[0].area.projected_m2" in found


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1e999, 1], [1, 0], [0, 0]]]]},
        {"type": "Circle"},
    ],
)
def test_a_geometry_that_could_not_have_been_checked_is_refused(town: Town, geometry) -> None:
    told = document(town.check(SITE).document)
    told["site"]["geometry"] = geometry
    with pytest.raises(InvalidSite, match="no sound polygon"):
        verify_check(town.service, told)


@pytest.mark.parametrize(
    ("corners", "why"),
    [
        ("-1e15 -1e15, 1e15 -1e15, 1e15 1e15, -1e15 1e15", "larger than the city"),
        ("0 0, 1e9 0, 0 1e9", "larger than the city"),
        ("601000 2701000, 1e9 2701000, 601000 2701000.01", "farther than 1,000 km out of Town"),
        ("0 0, 100 0, 100 100", "lies .* km away from Town"),
        ("601000 2701000, 601000.1 2701000, 601000 2701000.1", "at least 1 m²"),
    ],
)
def test_a_geometry_out_of_the_citys_surroundings_is_refused_in_one_line(
    town: Town, corners: str, why: str
) -> None:
    told = document(town.check(SITE).document)
    shape = shapely.from_wkt(f"MULTIPOLYGON ((({corners}, {corners[: corners.index(',')]})))")
    told["site"]["geometry"] = json.loads(shapely.to_geojson(shape))
    with pytest.raises(InvalidSite, match=why) as caught:
        verify_check(town.service, told)
    assert "unaltered copy" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_document_cites_and_the_store_lacks_is_said_in_one_line(town: Town) -> None:
    told = document(town.check(SITE).document)

    def refused(**changes: Any) -> str:
        with pytest.raises(CannotVerify) as caught:
            verify_check(town.service, told | changes)
        return str(caught.value)

    snapshot, pack = told["snapshot"], told["rule_pack"]
    lines = [
        refused(snapshot=snapshot | {"id": "2020-01-01.1"}),
        refused(snapshot=snapshot | {"digest": "0" * 64}),
        refused(rule_pack=pack | {"sha256": "0" * 64}),
        refused(rule_pack=pack | {"version": "2"}),
    ]
    for line, why in zip(
        lines,
        [
            "cites snapshot 2020-01-01.1, which is not in this store",
            "which is another one here",
            "which is not what the snapshot pins here",
            "which is not what the snapshot pins here",
        ],
        strict=True,
    ):
        assert why in line
        assert "\n" not in line


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE rule_pack SET document = replace(document, 'notice', 'Notice')", None),
        ("UPDATE rule_pack SET document = document || ' '", "rule pack town 1, which was altered"),
        ("UPDATE catalogue SET document = document || ' '", "which was altered in this store"),
        ("UPDATE snapshot_layer SET version = 2 WHERE layer_id = 'farmland'", "was altered"),
    ],
)
def test_a_store_that_was_tampered_with_proves_nothing(
    town: Town, statement: str, why: str | None
) -> None:
    town.deliver("farmland", SITE)
    told = document(town.check(SITE).document)
    with town.service.database.write() as connection:
        connection.execute(sa.text(statement))
    if why is None:  # a statement that changes nothing
        assert verify_check(town.service, told).status == "identical"
        return
    with pytest.raises(CannotVerify, match=why):
        verify_check(town.service, told)


def test_a_rule_pack_that_is_gone_is_named(town_on_postgis: Town) -> None:
    told = document(published(town_on_postgis).check(SITE).document)
    with town_on_postgis.service.database.write() as connection:
        reference = "snapshot_rule_pack_sha256_fkey"
        connection.execute(sa.text(f"ALTER TABLE snapshot DROP CONSTRAINT {reference}"))
        connection.execute(sa.text("DELETE FROM rule_pack"))
    with pytest.raises(CannotVerify, match="rule pack town 1, which is no longer in this store"):
        verify_check(town_on_postgis.service, told)


def test_a_document_for_more_than_the_clearance_is_not_judged(town: Town) -> None:
    town.deliver("barracks", HALF)
    town.publish(site_rule("barracks"))
    told = document(town.check(SITE, clearance="restricted").document)
    with pytest.raises(CannotVerify, match="verify it with --clearance restricted"):
        verify_check(town.service, told)
    assert verify_check(town.service, told, "restricted").status == "identical"
    # to call it public shows no more than a public check does
    forged = verify_check(town.service, told | {"clearance": "public"})
    assert all(d.new in ([], None) for d in forged.differences if "feature_ids" in d.path)
    assert any(d.path == "findings[0].withheld" and d.new is True for d in forged.differences)


def test_a_kept_check_that_is_not_given_out_is_not_told_by_what_was_altered_either(
    town: Town,
) -> None:
    told = document(town.check(SITE).document)
    load_into_store(town.service, catalogue(farmland={"sensitivity": "restricted"}))
    found = verify_check(town.service, told | {"findings": []})
    assert (found.kept, found.alterations) == ("not_here", [])
    assert all(d.new in ([], None) for d in found.differences if "feature_ids" in d.path)


def test_a_document_from_before_engines_were_cited_is_judged_by_what_it_says(town: Town) -> None:
    told = document(town.check(SITE).document)
    for name in ("engine", "check_id"):
        del told[name]
    told["check_id"] = "chk_from_before"
    del told["findings"][0]["compared"]
    found = verify_check(town.service, told)
    assert (found.status, found.cited_engine) == ("identical", None)
    assert found.not_yet_told == ["findings[0].compared"]
    told["verdict"] = "consult"
    assert paths(verify_check(town.service, told)) == ["verdict"]


def test_another_engine_that_answers_the_same_is_told_and_is_no_difference(town: Town) -> None:
    told = document(town.check(SITE).document)
    told["engine"]["geos"] = "3.0.0"
    found = verify_check(town.service, told | {"check_id": "chk_of_another_store"})
    assert (found.status, found.kept) == ("identical", "not_here")
    assert "by another engine than it cites" in found.text.en
    assert found.engine.geos != "3.0.0"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not JSON"),
        ("[]", "is no site check"),
        ("{}", r"is no site check \(check_id: Field required\)"),
        ('{"check_id": NaN}', "NaN is no number"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_site_check_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(CannotVerify, match=why) as caught:
        read_check(text, "check.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "written", "why"),
    [
        ("extra", "1e999", "1e999 is no number"),
        ("site.area.projected_m2", "-1e999", "-1e999 is no number"),
        ("extra", '"\\ud800"', "is not JSON"),
        ("extra", '{"\\ud800": 1}', "is not JSON"),
        ("site.name", '"\\ud800"', "is not JSON"),
        ("extra", "[" * 300 + "]" * 300, "nested deeper than 100"),
        ("extra", '{"a":' * 300 + "1" + "}" * 300, "nested deeper than 100"),
        ("check_id", '"chk\\u0000"', "check_id has control characters"),
        ("snapshot.id", '"\\u0000"', "snapshot.id has control characters"),
    ],
)
def test_a_check_with_what_no_store_could_have_written_is_refused_in_one_line(
    town: Town, path: str, written: str, why: str
) -> None:
    told = town.check(SITE).document.model_dump(mode="json")
    *steps, last = path.split(".")
    member = told
    for step in steps:
        member = member[step]
    member[last] = "here"
    text = canonical_json(told).replace('"here"', written)
    with pytest.raises(CannotVerify, match=why) as caught:
        read_check(text, "check.json")
    assert str(caught.value).isprintable()


def broken(town: Town) -> str | None:
    with town.service.database.read() as connection:
        return break_of(connection)


def break_of(connection: sa.Connection) -> str | None:
    held, _ = follow_checks(connection)
    return None if held.broken is None else held.broken.kind


class Undone(Exception):
    """Raised so that nothing of a transaction stays."""


TAMPERED = [
    ("SET document = document || ' ' WHERE ordinal = 2", "altered"),
    ("SET document = replace(document, 'prohibited', 'prohibiteD') WHERE ordinal = 1", "altered"),
    ("SET clearance = 'internal' WHERE ordinal = 2", "altered"),
    ("SET id = 'chk_x' WHERE ordinal = 2", "altered"),
    ("SET checked_at = '2020-01-01 00:00:00.000000' WHERE ordinal = 2", "altered"),
    ("SET seal = NULL WHERE ordinal = 2", "relinked"),
    ("SET ordinal = NULL WHERE ordinal = 1", "missing"),
    ("SET ordinal = NULL WHERE ordinal = 3", "moved"),
    ("SET ordinal = 9 WHERE ordinal = 2", "missing"),
    ("SET ordinal = CASE ordinal WHEN 1 THEN 3 WHEN 3 THEN 1 ELSE 2 END", "relinked"),
]
DELETED = [
    ("DELETE FROM site_check WHERE ordinal = 1", "missing"),
    ("DELETE FROM site_check WHERE ordinal = 2", "missing"),
    ("DELETE FROM site_check WHERE ordinal = 3", "end"),
    ("DELETE FROM site_check", "end"),
    ("UPDATE chain_head SET ordinal = 2", "end"),
    ("DELETE FROM chain_head", "end"),
]


def test_whatever_is_done_to_kept_checks_is_seen(either: Town) -> None:
    for wkt in (SITE, FAR, HALF):
        either.check(wkt)
    assert broken(either) is None
    done = {f"UPDATE site_check {change}": kind for change, kind in TAMPERED} | dict(DELETED)
    seen = {}
    for statement in done:
        with suppress(Undone), either.service.database.write() as connection:
            connection.execute(sa.text("DROP INDEX site_check_chain"))
            connection.execute(sa.text(statement))
            seen[statement] = break_of(connection)
            raise Undone
    assert seen == done
    assert broken(either) is None


UNREADABLE = [
    "SET checked_at = 'garbage' WHERE ordinal = 2",
    "SET checked_at = x'ff' WHERE ordinal = 2",
    "SET document = replace(printf('%200000d', 0), ' ', '[') WHERE ordinal = 2",
    "SET document = x'fffe00' WHERE ordinal = 2",
    "SET document = cast(x'fffe' AS TEXT) WHERE ordinal = 2",
    "SET document = '[]' WHERE ordinal = 2",
    "SET document = document || x'ff' WHERE ordinal = 2",
    "SET id = x'ff' WHERE ordinal = 2",
    "SET clearance = cast(x'ff' AS TEXT) WHERE ordinal = 2",
]


@pytest.mark.parametrize("change", UNREADABLE)
def test_what_cannot_be_read_is_altered_where_a_store_lets_anything_be_written(
    town: Town, command, change: str
) -> None:
    for wkt in (SITE, FAR, HALF):
        town.check(wkt)
    with town.service.database.write() as connection:
        connection.execute(sa.text(f"UPDATE site_check {change}"))
    answer = command("--chain", "--json")
    assert answer.exit_code == 3
    place = json.loads(answer.stdout)["break"]
    assert (place["ordinal"], place["kind"]) == (2, "altered")


@pytest.mark.parametrize("ordinal", ["abc", 2.5, b"\xff"])
def test_an_ordinal_that_is_no_number_breaks_the_chain(
    town: Town, ordinal: str | float | bytes
) -> None:
    town.check(SITE)
    town.check(FAR)
    with town.service.database.write() as connection:
        change = sa.text("UPDATE site_check SET ordinal = :ordinal WHERE ordinal = 2")
        connection.execute(change, {"ordinal": ordinal})
    assert broken(town) == "altered"


def test_a_check_from_before_the_chain_that_cannot_be_read_breaks_its_first_link(
    town: Town,
) -> None:
    older = town.check(SITE).document
    with town.service.database.write() as connection:
        nothing = dict.fromkeys(("ordinal", "sha256", "previous", "seal"))
        connection.execute(sa.update(SiteCheckRow).values(nothing))
        connection.execute(sa.text("DELETE FROM chain_head"))
    town.check(FAR)
    with town.service.database.write() as connection:
        change = sa.text("UPDATE site_check SET document = cast(x'ff' AS TEXT) WHERE id = :id")
        connection.execute(change, {"id": older.check_id})
    assert broken(town) == "moved"


@pytest.mark.parametrize(
    ("statements", "seen"),
    [
        (["DELETE FROM site_check WHERE ordinal = 2"], "missing"),
        (["UPDATE chain_head SET ordinal = 1"], None),  # nothing is lost by it
        (["DELETE FROM chain_head"], "end"),
        (["DELETE FROM chain_head", "DELETE FROM site_check WHERE ordinal = 2"], "end"),
    ],
)
def test_a_service_goes_on_after_tampering_and_what_was_deleted_stays_missed(
    town_on_either: Town, statements: list[str], seen: str | None
) -> None:
    town = published(town_on_either)
    town.check(SITE)
    town.check(FAR)
    with town.service.database.write() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    for _ in range(2):
        town.check(HALF)
        assert broken(town) == seen


def test_an_empty_store_has_a_whole_chain_of_nothing(town: Town) -> None:
    with town.service.database.read() as connection:
        held, before = follow_checks(connection)
    assert (held.links, held.broken, before) == (0, None, 0)


def test_checks_from_before_the_chain_are_read_and_told_apart_and_stay_as_they_are(
    either: Town,
) -> None:
    older = [either.check(wkt).document for wkt in (SITE, FAR)]
    with either.service.database.write() as connection:  # as a store of the last revision has them
        nothing = dict.fromkeys(("ordinal", "sha256", "previous", "seal"))
        connection.execute(sa.update(SiteCheckRow).values(nothing))
        connection.execute(sa.text("DELETE FROM chain_head"))
    either.check(HALF)
    with either.service.database.read() as connection:
        held, before = follow_checks(connection)
    assert (held.links, held.broken, before) == (1, None, 2)
    assert verify_kept(either.service, older[0].check_id, "public").kept == "as_answered"
    with either.service.database.write() as connection:
        row = SiteCheckRow
        change = sa.update(row).where(row.id == older[1].check_id)
        connection.execute(change.values(document=row.document + " "))
    assert broken(either) == "moved"


def test_processes_that_keep_checks_at_once_make_one_chain(either: Town, store: str) -> None:
    either.check(SITE)
    script = str(Path(__file__).with_name("keep_checks.py"))
    processes = [
        subprocess.Popen(
            [sys.executable, script, store, "20"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    with either.service.database.read() as connection:
        held, before = follow_checks(connection)
    assert (held.links, held.broken, before) == (41, None, 0)


@pytest.fixture
def command(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli_verify, "open_service", lambda: nullcontext(town.service))
    app = typer.Typer()
    app.command()(cli_verify.verify)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_says_identical_or_what_differs_and_ends_so(
    town: Town, command, tmp_path: Path
) -> None:
    told = town.check(SITE).document.model_dump(mode="json")
    file = tmp_path / "check.json"
    file.write_text(json.dumps(told, ensure_ascii=False, indent=2), "utf-8")
    answer = command(file)
    assert answer.exit_code == 0
    assert "一致 identical" in answer.stdout
    told["findings"][0]["share"] = 0.25
    file.write_text(canonical_json(told), "utf-8")
    answer = command(file, "--json")
    assert answer.exit_code == 3
    assert [one["path"] for one in json.loads(answer.stdout)["differences"]] == [
        "findings[0].share"
    ]
    assert "findings[0].share  0.25 → 0.5" in command(file).stdout


def test_the_command_follows_the_chain_and_knows_a_head_noted_before(town: Town, command) -> None:
    town.check(SITE)
    noted = json.loads(command("--chain", "--json").stdout)["head"]
    town.check(FAR)
    answer = command("--chain", "--json", "--head", noted)
    assert (answer.exit_code, json.loads(answer.stdout)["links"]) == (0, 2)
    assert command("--chain", "--head", "0" * 64).exit_code == 3
    with town.service.database.write() as connection:
        connection.execute(sa.text("DELETE FROM site_check WHERE ordinal = 1"))
    answer = command("--chain", "--json")
    assert answer.exit_code == 3
    assert json.loads(answer.stdout)["break"]["kind"] == "missing"
    assert "documents before it were deleted" in command("--chain").stdout

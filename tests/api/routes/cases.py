"""What the routes to projects, cases and applicants show each caller."""

import json
from collections.abc import Callable
from typing import Any

from blueprint.clearance import Clearance, covers
from tests.api.callers import CLEARANCE, LAYERS, PLACES
from tests.api.routes.answers import holds
from tests.api.routes.asking import Desk, is_unknown, project

SEE_ALL_PROJECTS = {"planner", "approver", "administrator"}


REVISE_ALL = APPROVAL = {"approver", "administrator"}


def sees_of(who: str, owner: str) -> bool:
    """Everybody sees his own, staff see all, and a department what asks it: the applicant's."""
    return owner == who or who in SEE_ALL_PROJECTS or (
        owner == "applicant" and who.startswith("officer")
    )  # fmt: skip


def is_refused_unnamed(desk: Desk, who: str, path: str, method: str, **more: Any) -> bool:
    """Whoever does not say who he is owns no project, and is told so."""
    if who == "anonymous":
        answer = desk.ask(who, path, method=method, **more)
        assert answer.status_code == 401
        assert "for those who say who they are" in answer.json()["detail"]
    return who == "anonymous"


def lists_of_his(path: str, key: str, whose: str) -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        if is_refused_unnamed(desk, who, path, "GET"):
            return
        found = {one["id"] for one in desk.told(who, path)[key]}
        everybodys = getattr(desk, whose)
        seen = {name for owner, name in everybodys.items() if sees_of(who, owner)}
        assert found & set(everybodys.values()) == seen

    return tried


def proposes(desk: Desk, who: str) -> None:
    if not is_refused_unnamed(desk, who, "/projects", "POST", json=project(who)):
        assert desk.told(who, "/projects", method="POST", json=project(who))["owner"]


def of_each_of_his(
    path: str, whose: str, method: str = "GET", body: Callable[[str], Any] = lambda _: None
) -> Callable[[Desk, str], None]:
    """What is not his is not there; what he sees and may not change is refused."""

    def tried(desk: Desk, who: str) -> None:
        more = {"method": method} | ({} if method == "GET" else {"json": body(who)})
        for owner, name in getattr(desk, whose).items():
            if is_refused_unnamed(desk, who, path.format(name), **more):
                continue
            if not sees_of(who, owner):
                is_unknown(desk, who, path, name, "none", **more)
                continue
            mine = method == "GET" or owner == who or who in REVISE_ALL
            status = desk.ask(who, path.format(name), **more).status_code
            assert status in ({200, 201} if mine else {403})

    return tried


def notes_events(desk: Desk, who: str) -> None:
    """Approval staff note what they like, a department its own items, of cases that it sees."""
    path = "/cases/{}/events"
    for owner, name in desk.cases.items():
        item = f"item-{len(owner)}-{len(who)}-{who[0]}"
        event = {"item": item, "status": 1, "at": "2026-03-02T09:00:00+08:00"}
        more = {"method": "POST", "json": {"events": [event]}}
        if is_refused_unnamed(desk, who, path.format(name), **more):
            continue
        if who.startswith("officer") and not sees_of(who, owner):
            is_unknown(desk, who, path, name, "none", **more)
            continue
        wanted = 201 if who in APPROVAL else 403
        assert desk.ask(who, path.format(name), **more).status_code == wanted


def supervises(desk: Desk, who: str) -> None:
    answer = desk.ask(who, "/clock/supervision")
    assert answer.status_code == {"anonymous": 401, "applicant": 403}.get(who, 200)
    if who in SEE_ALL_PROJECTS:
        assert set(answer.json()) >= {"items", "flags", "statistics"}
    elif answer.status_code == 200:
        assert answer.json()["cases"] == 0


def shows_frozen_findings(desk: Desk, who: str) -> None:
    """Each his copy: of what may not be seen no more than any check tells."""
    of_each_of_his("/cases/{}/findings", "cases")(desk, who)
    if who == "anonymous":
        return
    found = desk.told(who, f"/cases/{desk.cases['applicant']}/findings")
    (check,) = [copy["findings"]["check"] for copy in found["copies"]]
    if who.startswith("officer"):
        own = {finding["layer"] for finding in check["findings"]}
        assert own == {name for name in PLACES if LAYERS[name][1] in CLEARANCE[who]}
        assert not any(finding["withheld"] for finding in check["findings"])
    else:
        holds(check, who)


def shows_changes(desk: Desk, who: str) -> None:
    for owner, name in desk.cases.items():
        path = "/cases/{}/changes"
        if is_refused_unnamed(desk, who, path.format(name), "GET"):
            continue
        if not sees_of(who, owner):
            is_unknown(desk, who, path, name, "none")
            continue
        # the others were not screened: nothing can have changed
        status = desk.ask(who, path.format(name)).status_code
        assert status == (200 if owner == "applicant" else 409)


def shows_no_outcome(suffix: str = "") -> Callable[[Desk, str], None]:
    """None was issued yet: that is told to whoever sees the case."""

    def tried(desk: Desk, who: str) -> None:
        for owner, name in desk.cases.items():
            path = f"/cases/{name}/outcome{suffix}"
            if not is_refused_unnamed(desk, who, path, "GET"):
                answer = desk.ask(who, path)
                assert answer.status_code == 404
                assert ("no outcome yet" in answer.json()["detail"]) == sees_of(who, owner)

    return tried


def by_approval(step: str, done: int) -> Callable[[Desk, str], None]:
    """For approval staff alone, whoever's case it is."""

    def tried(desk: Desk, who: str) -> None:
        path = f"/cases/{desk.cases['applicant']}/{step}"
        wanted = 401 if who == "anonymous" else done if who in APPROVAL else 403
        assert desk.ask(who, path, method="POST", json={}).status_code == wanted

    return tried


def attaches_checks(desk: Desk, who: str) -> None:
    """For approval staff alone; the same check once, and none that is not there."""
    path = f"/cases/{desk.cases['applicant']}/checks"
    body = {"check_id": desk.checks[who], "note": "secret detail of the note"}
    wanted = 401 if who == "anonymous" else 201 if who in APPROVAL else 403
    assert desk.ask(who, path, method="POST", json=body).status_code == wanted
    if who in APPROVAL:
        assert desk.ask(who, path, method="POST", json=body).status_code == 409
        none = desk.ask(who, path, method="POST", json={"check_id": "chk_none"})
        assert none.status_code == 404


def shows_attached_checks(desk: Desk, who: str) -> None:
    """Of a check that was made for more than the reader's clearance there is no word."""
    path = "/cases/{}/checks"
    of_each_of_his(path, "cases")(desk, who)
    there = path.format(desk.cases["planner"])
    known = {one["check_id"] for one in desk.told("administrator", there)["checks"]}
    for check in set(desk.checks.values()) - known:
        desk.told("approver", there, method="POST", json={"check_id": check, "note": "secret note"})
    if who not in SEE_ALL_PROJECTS:
        return
    told = desk.told(who, there)["checks"]
    seen = {
        check
        for other, check in desk.checks.items()
        if covers(Clearance(CLEARANCE[who]), Clearance(CLEARANCE[other]))
    }
    assert {one["check_id"] for one in told} == seen
    assert all((one["who"] is not None) == (who in APPROVAL) for one in told)
    shown = [line["kind"] for line in desk.told(who, f"/cases/{desk.cases['planner']}")["ledger"]]
    assert ("check" in shown) == (who in APPROVAL)
    if who not in APPROVAL:
        assert "secret note" not in desk.ask(who, there).text


def answers_for_his_own(desk: Desk, who: str) -> None:
    body = {"answer": "agree", "prefilled": True}
    for owner, name in desk.cases.items():
        path, more = "/cases/{}/opinions", {"method": "POST", "json": body}
        if not who.startswith("officer"):
            status = 401 if who == "anonymous" else 403
            assert desk.ask(who, path.format(name), **more).status_code == status
        elif not sees_of(who, owner):
            is_unknown(desk, who, path, name, "none", **more)
        elif owner == "applicant":
            assert desk.told(who, path.format(name), **more)["department"]["id"] in CLEARANCE[who]


def shows_documents_of_his_part(path: str) -> Callable[[Desk, str], None]:
    """Of a case that he sees: a department is told of its own approvals alone."""

    def tried(desk: Desk, who: str) -> None:
        of_each_of_his(path, "cases")(desk, who)
        if who.startswith("officer"):
            found = desk.ask(who, path.format(desk.cases["applicant"])).text
            assert '"approval":"site_opinion"' not in found

    return tried


def fills_in_forms(desk: Desk, who: str) -> None:
    body = {"values": {}}
    of_each_of_his("/cases/{}/form", "cases", "PUT", lambda _: body)(desk, who)


def of_each_file(
    path: str, method: str = "GET", body: Any = None, status: int = 200
) -> Callable[[Desk, str], None]:
    """His own file and, for approval staff, everybody's; `me` is his own."""

    def tried(desk: Desk, who: str) -> None:
        more = {"method": method} | ({} if body is None else {"json": body})
        if is_refused_unnamed(desk, who, path.format("me"), **more):
            return
        held = "documents" in path and method == "POST"
        for owner, name in desk.projects.items():
            file = desk.told(owner, f"/projects/{name}")["owner"]
            if held and who not in APPROVAL:
                assert desk.ask(who, path.format(file), **more).status_code == 403
            elif owner == who or who in APPROVAL:
                assert desk.ask(who, path.format(file), **more).status_code == status
            else:
                is_unknown(desk, who, path, file, "nobody", **more)
        if not held:
            assert desk.ask(who, path.format("me"), **more).status_code == status

    return tried


def his_projects(desk: Desk, who: str) -> set[str]:
    return {name for owner, name in desk.projects.items() if sees_of(who, owner)}


def tells_of_his_projects_alone(path: str) -> Callable[[Desk, str], None]:
    """What is told of one project names none that is not his, nor counts any."""

    def tried(desk: Desk, who: str) -> None:
        for name in desk.projects.values():
            if is_refused_unnamed(desk, who, path.format(name), "GET"):
                continue
            if name not in his_projects(desk, who):
                is_unknown(desk, who, path, name, "none")
                continue
            found = desk.told(who, path.format(name))
            told = {one for one in desk.projects.values() if one in json.dumps(found)}
            # each is a phase of the administrator's: without that one they have nothing in common
            linked = who in SEE_ALL_PROJECTS or "duplicates" in path
            assert told == (his_projects(desk, who) if linked else {name})
            assert found["scope"] == ("all" if who in SEE_ALL_PROJECTS else "visible")
            assert found.get("compared", len(told) - 1) >= len(told) - 1

    return tried


def is_for_approval(path: str, body: dict[str, Any]) -> Callable[[Desk, str], None]:
    """What staff enter of a project: who does not see it learns nothing, who does is refused."""

    def tried(desk: Desk, who: str) -> None:
        for name in desk.projects.values():
            more = {"method": "POST", "json": body}
            if is_refused_unnamed(desk, who, path.format(name), **more):
                continue
            if name not in his_projects(desk, who):
                is_unknown(desk, who, path, name, "none", **more)
                continue
            answer = desk.ask(who, path.format(name), **more)
            # what approval staff ask for here is of things that are not there
            assert answer.status_code == (404 if who in REVISE_ALL else 403)

    return tried


def exports_of(path: str, whose: str) -> Callable[[Desk, str], None]:
    """The exchange tables have what departments said: approval staff alone are given them."""

    def tried(desk: Desk, who: str) -> None:
        for name in [*getattr(desk, whose).values(), "none"]:
            answer = desk.ask(who, path.format(name))
            if who in REVISE_ALL:
                assert answer.status_code == (404 if name == "none" else 200)
            else:
                assert answer.status_code == (401 if who == "anonymous" else 403)

    return tried

"""What the routes to checks and conflicts show each caller, asked at once or as jobs."""

from collections.abc import Callable
from typing import Any

from tests.api.callers import CLEARANCE, PLACES, SEEN
from tests.api.routes.asking import Desk, hidden_from, is_unknown, site
from tests.blueprint.conftest import DAY


def holds(document: dict[str, Any], who: str) -> None:
    """A check for this caller: withheld is what is hidden from him, and nothing else is."""
    assert document["clearance"] == CLEARANCE[who]
    findings = {finding["layer"]: finding for finding in document["findings"]}
    assert set(findings) >= set(PLACES), "what is hidden counts all the same"
    for layer in PLACES:
        finding, mine = findings[layer], layer in SEEN[who]
        assert finding["outcome"] == "restricted"
        assert finding["withheld"] != mine, (who, layer)
        assert bool(finding["feature_ids"]) == mine
        assert (finding["area"] is not None) == mine
    lines = {line["layer"]: line for line in document["layers"]}
    assert {name for name in PLACES if lines[name]["version"]} == SEEN[who] - {"boundary"}


def makes_a_check(desk: Desk, who: str) -> None:
    answer = desk.ask(who, "/site-checks", method="POST", json=site(), params={"date": str(DAY)})
    assert answer.status_code == 201
    holds(answer.json(), who)


def shows_kept_checks(desk: Desk, who: str, path: str = "/site-checks/{}") -> None:
    holds(desk.told(who, path.format(desk.checks[who])), who)
    for other, check in desk.checks.items():
        if CLEARANCE[other] in ("public", CLEARANCE[who]) or CLEARANCE[who] == "restricted":
            found = desk.told(who, path.format(check))
            assert found["clearance"] == CLEARANCE[other]
        elif who.startswith("officer"):
            # a finding of it is on a layer of his own: he gets his part and nothing above it
            holds(desk.told(who, path.format(check)), who)
        else:
            is_unknown(desk, who, path, check, "chk_none")


def shows_checks_by_suffix(desk: Desk, who: str) -> None:
    shows_kept_checks(desk, who, "/site-checks/{}.json")


def verifies_kept_checks(desk: Desk, who: str) -> None:
    for other, check in desk.checks.items():
        path = "/site-checks/{}/verification"
        if CLEARANCE[other] in ("public", CLEARANCE[who]) or CLEARANCE[who] == "restricted":
            assert desk.told(who, path.format(check))["status"] == "identical"
        else:
            is_unknown(desk, who, path, check, "chk_none")


def conflicts_of(desk: Desk) -> dict[str, str]:
    """The layer beside the zone → the conflict's id."""
    found = desk.told("administrator", "/conflicts")["conflicts"]
    return {one["right"]["layer"]: one["id"] for one in found}


def lists_conflicts(desk: Desk, who: str) -> None:
    page = desk.told(who, "/conflicts")
    seen = SEEN[who] & (set(PLACES) - {"zone"})
    assert {one["right"]["layer"] for one in page["conflicts"]} == seen
    assert page["matched"] == len(seen)
    withheld = {rule["rule"] for rule in page["not_searched_whole"]}
    assert withheld == {f"exclusive.zone_{layer}" for layer in hidden_from(who)}
    assert page["clearance"] == CLEARANCE[who]
    for layer in hidden_from(who):
        assert desk.told(who, "/conflicts", params={"rule": f"exclusive.zone_{layer}"})[
            "matched"
        ] == 0  # fmt: skip


def shows_a_conflict(desk: Desk, who: str) -> None:
    for layer, conflict in conflicts_of(desk).items():
        if layer in SEEN[who]:
            found = desk.told(who, f"/conflicts/{conflict}")
            assert found["conflict"]["area"]["ellipsoidal_m2"] > 0
        else:
            is_unknown(desk, who, "/conflicts/{}", conflict, "cf_none")


def shows_conflict_totals(desk: Desk, who: str) -> None:
    found = desk.told(who, "/conflict-totals")
    seen = SEEN[who] & (set(PLACES) - {"zone"})
    assert found["whole"]["conflicts"] == len(seen)
    told = {rule["rule"] for rule in found["rules"] if rule["total"] is not None}
    assert told == {f"exclusive.zone_{layer}" for layer in seen}


def takes_steps(desk: Desk, who: str) -> None:
    """Staff work on what they see, and learn nothing of the rest."""
    body = {"after": "accepted", "by": "office"}
    for layer, conflict in conflicts_of(desk).items():
        path = "/conflicts/{}/steps"
        if who in ("anonymous", "applicant"):
            answer = desk.ask(who, path.format(conflict), method="POST", json=body)
            assert answer.status_code == (401 if who == "anonymous" else 403)
        elif layer in SEEN[who]:
            answer = desk.ask(who, path.format(conflict), method="POST", json=body)
            # what is open is not accepted unless something was proposed
            assert answer.status_code == 400
            assert "InvalidStep" in answer.text
        else:
            is_unknown(desk, who, path, conflict, "cf_none", method="POST", json=body)


def checks_a_batch(desk: Desk, who: str) -> None:
    sites = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": site()}]}  # fmt: skip
    body = {"inputs": {"sites": sites, "date": str(DAY)}}
    found = desk.told(who, "/processes/site-check/execution", method="POST", json=body)
    (name,) = [one["check_id"] for one in found["sites"]]
    holds(desk.told(who, f"/site-checks/{name}"), who)
    if who not in desk.jobs:
        search = desk.ask(who, "/processes/blueprint-conflicts/execution", method="POST", json={})
        assert search.status_code == 403


def lists_jobs(desk: Desk, who: str) -> None:
    mine = {one["jobID"] for one in desk.told(who, "/jobs")["jobs"]}
    assert mine == ({desk.jobs[who]} if who in desk.jobs else set())


def of_each_job(path: str, status: set[int], method: str = "GET") -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        for owner, job in desk.jobs.items():
            if owner != who:
                is_unknown(desk, who, path, job, "job_none", method=method)
        if who in desk.jobs:
            assert desk.ask(who, path.format(desk.jobs[who]), method=method).status_code in status

    return tried


def brings_a_file(desk: Desk, who: str) -> None:
    status = {"anonymous": 401, "applicant": 403}.get(who, 201)
    answer = desk.ask(who, "/uploads?name=x.geojson", method="POST", content=b"{}")
    assert answer.status_code == status


def of_each_upload(method: str) -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        for owner, upload in desk.uploads.items():
            path = "/uploads/{}"
            if who in ("anonymous", "applicant"):
                status = 401 if who == "anonymous" else 403
                assert desk.ask(who, path.format(upload), method=method).status_code == status
            elif owner != who:
                is_unknown(desk, who, path, upload, "upl_none", method=method)
            else:
                answer = desk.ask(who, path.format(upload), method=method)
                assert answer.status_code in (200, 204)

    return tried

"""A small approvals pack, and site checks that say what a test needs."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from blueprint.approvals.held import HeldDocument, HeldEntry
from blueprint.approvals.known import Knowledge
from blueprint.approvals.pack import ApprovalsPack
from blueprint.approvals.profiles import ApplicantProfile, ProfileVersion
from blueprint.cases.facts import ProjectFacts
from blueprint.documents import SiteCheck
from tests.blueprint.conftest import DAY, LAW

CODE = "91350200M0000LUC97"
NOW = datetime(2026, 11, 1, tzinfo=UTC)

FIELDS: dict[str, dict[str, Any]] = {
    "area": {
        "type": "number",
        "unit": "m²",
        "kept_as": "fact.site_area_m2",
        "from_site": "area_m2",
    },
    "height": {"type": "number", "unit": "m", "at_least": 0, "kept_as": "figure.height_m"},
    "pollutes": {"type": "yes_no", "kept_as": "answer.pollutes"},
    "code": {
        "type": "text",
        "format": "credit_code",
        "kept_as": "fact.proposer_code",
        "from_profile": "credit_code",
    },
    "address": {"type": "text", "kept_as": "profile.address"},
    "earth": {"type": "number", "unit": "m³", "at_least": 0, "at_most": 1e6},
    "trees": {"type": "integer", "at_least": 0},
    "funding": {"type": "choice", "choices": ["state", "own"]},
    "taken": {"type": "number", "from_finding": {"rule": "site.zone", "gives": "area_m2"}},
    "met": {"type": "yes_no", "from_finding": {"rule": "site.zone", "gives": "met"}},
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "form": {},
    "licence": {"made_by": "authority", "department": "planning", "of": "applicant",
                "licence": "营业执照"},
    "report": {"made_by": "professional", "valid_months": 12},
    "plan": {"made_by": "professional"},
    "permit": {"made_by": "authority", "licence": "许可证"},
    "agreement": {"reusable": False},
}  # fmt: skip


def titled(text: str) -> dict[str, str]:
    return {"zh": f"名{text}", "en": text}


def approval(name: str, needed_when: Any = "always", **fields: Any) -> dict[str, Any]:
    """An approval of the first stage, resting on a law in force since 2000."""
    return {
        "id": name,
        "title": titled(name),
        "stage": "land",
        "department": "planning",
        "needed_when": needed_when,
        "bases": [{"law": "a_law", "article": "第一条"}],
        **fields,
    }


def pack_of(
    *approvals: Mapping[str, Any], laws: Mapping[str, Any] | None = None, **more: Any
) -> ApprovalsPack:
    """A pack of these approvals."""
    fields = {name: {"title": titled(name), **given} for name, given in FIELDS.items()}
    fields["funding"]["choices"] = [
        {"id": name, "title": titled(name)} for name in FIELDS["funding"]["choices"]
    ]
    documents = {
        name: {"title": titled(name), "made_by": "applicant", **given}
        for name, given in DOCUMENTS.items()
    }
    return ApprovalsPack.model_validate(
        {
            "id": "town",
            "version": "1",
            "name": titled("town"),
            "laws": {"a_law": LAW} | dict(laws or {}),
            "fields": fields,
            "documents": documents,
            "approvals": [{"gives": ["permit"] if n == 0 else [], **dict(one)}
                          for n, one in enumerate(approvals)],
        }
        | more
    )  # fmt: skip


def facts(**said: Any) -> ProjectFacts:
    return ProjectFacts.model_validate({"name": "示例项目", "proposer": "示例置业有限公司"} | said)


def knowledge(pack: ApprovalsPack, check: SiteCheck | None = None, **said: Any) -> Knowledge:
    return Knowledge(pack, facts(**said), check)


def filed(**profile: Any) -> ProfileVersion:
    said = ApplicantProfile.model_validate({"name": "示例置业有限公司"} | profile)
    return ProfileVersion(applicant="a", version=3, at=NOW, who="a", profile=said)


def held(kind: str, name: str = "hd_1", **said: Any) -> HeldEntry:
    document = HeldDocument.model_validate({"kind": kind, "source": "desk"} | said)
    return HeldEntry(id=name, applicant="a", project_id=None, at=NOW, who="desk", document=document)


def area(square_metres: float) -> dict[str, Any]:
    return {
        "projected_m2": square_metres,
        "ellipsoidal_m2": square_metres,
        "decided_by": "ellipsoidal",
        "hectares": square_metres / 1e4,
        "mu": square_metres * 3 / 2000,
    }


def finding(rule: str, outcome: str = "restricted", **details: Any) -> dict[str, Any]:
    return {
        "rule": rule,
        "layer": rule.split(".")[1],
        "title": titled(rule),
        "outcome": outcome,
        "message": titled("message"),
        "department": {"id": "planning", "name": titled("planning")},
        "legal_bases": [],
        "relation": "overlaps",
        "area": area(100.0),
        "band": "real",
        **details,
    }


def line(layer: str, status: str = "clear", rules: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "layer": layer,
        "name": titled(layer),
        "status": status,
        "covered_share": 1.0,
        "rules": list(rules or (f"site.{layer}",)),
    }


def check_of(*findings: Mapping[str, Any], lines: tuple[Any, ...] = (), **more: Any) -> SiteCheck:
    """A check with these findings; layers with findings are hit unless `lines` says otherwise."""
    told = {one["layer"] for one in lines}
    hit = [
        line(one["layer"], "no_data" if one["outcome"] == "no_data" else "hit", (one["rule"],))
        for one in findings
        if one["layer"] not in told
    ]
    return SiteCheck.model_validate(
        {
            "check_id": "chk_1",
            "checked_at": NOW,
            "snapshot": {"id": "2026-11-01.1", "published_at": NOW, "digest": "0" * 64},
            "rule_pack": {"id": "town", "version": "1", "sha256": "0" * 64},
            "application_date": DAY,
            "clearance": "public",
            "city": titled("town"),
            "city_notice": None,
            "site": {
                "name": "site",
                "area": area(10_000.0),
                "crs": "EPSG:4548",
                "source_crs": "EPSG:4548",
                "crs_assumed": False,
                "parts": 1,
                "notes": [],
                "geometry_hash": "0" * 64,
                "geometry": {"type": "Polygon", "coordinates": []},
            },
            "verdict": "restricted",
            "complete": True,
            "notes": [],
            "findings": list(findings),
            "layers": [*hit, *lines],
            "rules_not_in_force": [],
            **more,
        }
    )


def day(text: str) -> date:
    return date.fromisoformat(text)

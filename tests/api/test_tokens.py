"""Bearer tokens: of an issuer that really runs, right ones and every kind of wrong one."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from api.issuer import IssuerUnavailable, Keyring, TokenRefused, caller_from
from blueprint.access.caller import ROLES
from blueprint.access.settings import Issuer, access_from
from blueprint.errors import InvalidAccess

from .issuer import AUDIENCE, LocalIssuer, local_issuer


@pytest.fixture(scope="module")
def running() -> Iterator[LocalIssuer]:
    with local_issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(running: LocalIssuer) -> LocalIssuer:
    """The issuer as it was at first."""
    running.is_down, running.says_it_is = False, running.url
    return running


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def keyring(issuer: LocalIssuer, clock: Clock | None = None) -> Keyring:
    return Keyring(Issuer(issuer.url, AUDIENCE), clock or Clock())


def test_a_token_of_the_issuer_is_believed_and_says_who_calls(issuer: LocalIssuer):
    issuer.turn("curved", "EC")
    ring = keyring(issuer)
    for key in issuer.keys.values():
        token = issuer.token(key=key, roles=["planner"], aud=["others", AUDIENCE])
        caller = caller_from(ring.claims_of(token), ring.issuer)
        assert (caller.name, caller.role) == ("user li.ming", "planner")
        assert "change" in caller.scopes


NOW = time.time()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-service"},
        {"aud": None},
        {"aud": [AUDIENCE + "x"]},
        {"iss": "https://another.example"},
        {"iss": None},
        {"exp": None},
        {"exp": NOW - 61},
        {"exp": float("nan")},
        {"exp": True},
        {"exp": "2099-01-01"},
        {"nbf": NOW + 36_000},
        {"iat": NOW + 36_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "li.ming\n"},
        {"sub": "x" * 201},
    ],
    ids=" ".join,
)
def test_a_token_that_does_not_say_what_it_must_is_refused(issuer: LocalIssuer, claims):
    with pytest.raises(TokenRefused) as refused:
        keyring(issuer).claims_of(issuer.token(**claims))
    assert "li.ming" not in str(refused.value)


def test_clocks_may_differ_by_a_minute(issuer: LocalIssuer):
    now = time.time()
    ring = keyring(issuer)
    assert ring.claims_of(issuer.token(exp=now - 30, nbf=now + 30, iat=now + 30))["sub"]


def test_a_key_that_is_published_cannot_be_made_to_sign(issuer: LocalIssuer):
    published = issuer.key.as_pem(private=False)
    good = issuer.token(roles=["administrator"])
    head, payload, seal = good.split(".")

    def part(document: Any) -> str:
        return urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

    signed = f"{part({'alg': 'HS256', 'kid': issuer.key.kid})}.{payload}"
    mac = hmac.digest(published, signed.encode(), "sha256")
    forged = f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    stranger = RSAKey.generate_key(2048, {"kid": issuer.key.kid})
    own_key = {"alg": "RS256", "jwk": stranger.as_dict(private=False)}
    tokens = [
        forged,
        f"{part({'alg': 'none'})}.{payload}.",
        f"{part({'alg': 'None', 'kid': issuer.key.kid})}.{payload}.",
        f"{part({'alg': 'HS256', 'kid': issuer.key.kid})}.{payload}.{seal}",
        f"{part(own_key)}.{payload}.{seal}",
        f"{part([])}.{payload}.{seal}",
        f"{part({'alg': 'RS256', 'kid': 7})}.{payload}.{seal}",
        issuer.token(key=stranger),
        f"{head}.{part({'sub': 'x'})}.{seal}",
        f"{head}.{payload}.{seal[:-6]}AAAAAA",
        f"{head}.{payload}",
        "",
        "....",
        "bearer",
        "é.é.é",
        "A" * 20_000,
    ]
    for token in tokens:
        with pytest.raises(TokenRefused):
            keyring(issuer).claims_of(token)


def test_a_key_that_is_not_known_is_asked_for_once_and_not_again_at_once(issuer: LocalIssuer):
    clock = Clock()
    ring = keyring(issuer, clock)
    ring.claims_of(issuer.token())
    asked = issuer.asked
    ring.claims_of(issuer.token())
    assert issuer.asked == asked, "keys are kept"
    issuer.turn("second")
    with pytest.raises(TokenRefused, match="does not publish"):
        ring.claims_of(issuer.token())  # asked just now: a flood of strange keys is none of its
    clock.now += 11
    assert ring.claims_of(issuer.token())["sub"] == "li.ming"
    assert issuer.asked == asked + 2


def test_an_issuer_that_is_down_fails_nobody_whose_key_is_known_and_tells_the_others_so(
    issuer: LocalIssuer,
):
    clock = Clock()
    ring = keyring(issuer, clock)
    known = issuer.token()
    ring.claims_of(known)
    issuer.is_down = True
    issuer.turn("third")
    clock.now += 4000  # the keys are due to be fetched again
    assert ring.claims_of(known)["sub"] == "li.ming"
    with pytest.raises(IssuerUnavailable):
        ring.claims_of(issuer.token())
    with pytest.raises(IssuerUnavailable):
        keyring(issuer).claims_of(known)
    clock.now += 86_400
    with pytest.raises(IssuerUnavailable):
        ring.claims_of(known)  # nobody says any more that it is good
    issuer.is_down = False
    clock.now += 11
    assert ring.claims_of(issuer.token())["sub"] == "li.ming"


def test_an_issuer_that_says_it_is_another_is_not_believed(issuer: LocalIssuer):
    issuer.says_it_is = "https://another.example"
    with pytest.raises(IssuerUnavailable):
        keyring(issuer).claims_of(issuer.token())


@pytest.mark.parametrize(
    ("claims", "role", "departments"),
    [
        ({}, "applicant", ()),
        ({"roles": "planner"}, "planner", ()),
        ({"roles": ["x", "officer"], "departments": "nrp, water"}, "officer", ("nrp", "water")),
        ({"roles": ["planner", "administrator"]}, "administrator", ()),
        ({"roles": {"planner": True}}, "applicant", ()),
        ({"roles": [["planner"], 7, None]}, "applicant", ()),
        ({"roles": "officer", "departments": ["a+b", "NRP", "nrp", 3]}, "officer", ("nrp",)),
        ({"roles": "officer", "departments": ["nrp\n", "public+x"]}, "officer", ()),
    ],
    ids=str,
)
def test_what_a_token_calls_somebody_makes_his_role(claims, role, departments):
    caller = caller_from({"sub": "x"} | claims, Issuer("u", "a"))
    assert (caller.role, sorted(caller.departments)) == (role, sorted(departments))
    assert caller.clearance


def test_claims_and_roles_are_named_as_the_issuer_names_them():
    access = access_from(
        {
            "BLUEPRINT_OIDC_ISSUER": "https://sso.example/realms/city",
            "BLUEPRINT_OIDC_AUDIENCE": "map",
            "BLUEPRINT_OIDC_ROLE_CLAIM": "realm_access.roles",
            "BLUEPRINT_OIDC_DEPARTMENT_CLAIM": "https://city.example/unit",
            "BLUEPRINT_OIDC_ROLES": "规划=planner, Unit=officer",
        }
    )
    assert access.issuer is not None
    claims = {
        "sub": "王",
        "realm_access": {"roles": ["规划", "administrator"]},
        "https://city.example/unit": ["water"],
    }
    caller = caller_from(claims, access.issuer)
    assert (caller.role, caller.name) == ("planner", "user 王")
    claims["realm_access"] = {"roles": ["Unit"]}
    assert caller_from(claims, access.issuer).clearance == "public+water"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"BLUEPRINT_OIDC_ISSUER": "http://sso.example", "BLUEPRINT_OIDC_AUDIENCE": "x"}, "https"),
        ({"BLUEPRINT_OIDC_ISSUER": "sso", "BLUEPRINT_OIDC_AUDIENCE": "x"}, "https"),
        ({"BLUEPRINT_OIDC_ISSUER": "https://sso.example"}, "AUDIENCE"),
        (
            {
                "BLUEPRINT_OIDC_ISSUER": "https://sso.example",
                "BLUEPRINT_OIDC_AUDIENCE": "x",
                "BLUEPRINT_OIDC_ROLES": "chief=king",
            },
            ROLES[0],
        ),
        ({"BLUEPRINT_LIMITS": "planner=many"}, "REQUESTS/POSTS"),
        ({"BLUEPRINT_LIMITS": "planner=3/0"}, "REQUESTS/POSTS"),
        ({"BLUEPRINT_LIMITS": "king=3"}, "REQUESTS/POSTS"),
        ({"BLUEPRINT_MAX_BODY_MIB": "0"}, "1 to 4096"),
    ],
)
def test_what_the_environment_says_wrongly_is_named(environment, says):
    with pytest.raises(InvalidAccess, match=says):
        access_from(environment)

"""What the routes of the service itself tell each caller."""

from collections.abc import Callable

from tests.api.callers import CLEARANCE, LAYERS, SEEN
from tests.api.routes.asking import Desk, hidden_from


def open_to_all(path: str) -> Callable[[Desk, str], None]:
    """A route that says the same to everybody."""

    def tried(desk: Desk, who: str) -> None:
        his, theirs = desk.ask(who, path), desk.ask("anonymous", path)
        assert his.status_code == theirs.status_code == 200
        assert his.content == theirs.content
        for layer in set(LAYERS) - SEEN["anonymous"]:
            assert f"{layer} detail" not in his.text

    return tried


def says_who_calls(desk: Desk, who: str) -> None:
    found = desk.told(who, "/caller")
    assert found["clearance"] == CLEARANCE[who]
    assert found["anonymous"] == (who == "anonymous")


def shows_the_page(desk: Desk, who: str) -> None:
    """The page is the same for everybody, and built or not it says nothing of a layer."""
    his, theirs = desk.ask(who, "/app/"), desk.ask("anonymous", "/app/")
    assert his.status_code == theirs.status_code
    assert his.content == theirs.content
    assert not [layer for layer in LAYERS if f"{layer} detail" in his.text]


def for_administrators(method: str, path: str, status: int) -> Callable[[Desk, str], None]:
    """Refused alike to everybody else, whether what is asked for is there or not."""

    def tried(desk: Desk, who: str) -> None:
        wanted = {"anonymous": 401, "administrator": status}.get(who, 403)
        assert desk.ask(who, path, method=method).status_code == wanted

    return tried


def shows_meters(desk: Desk, who: str) -> None:
    answer = desk.ask(who, "/metrics")
    status = {"anonymous": 401, "administrator": 200}.get(who, 403)
    assert answer.status_code == status
    assert not [layer for layer in hidden_from("anonymous") if f"{layer} detail" in answer.text]


def landing(desk: Desk, who: str) -> None:
    found = desk.told(who, "/")
    assert not [layer for layer in hidden_from(who) if f"/{layer}" in str(found)]

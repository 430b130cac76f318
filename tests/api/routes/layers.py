"""What the routes to layers show each caller: items, tiles, the tree, deliveries."""

import json
from collections.abc import Callable
from typing import Any

from tests.api.callers import CLEARANCE, LAYERS, PLACES, SEEN
from tests.api.routes.answers import conflicts_of
from tests.api.routes.asking import Desk, hidden_from, is_unknown, said


def lists_layers(desk: Desk, who: str) -> None:
    found = desk.told(who, "/collections")
    kept = {"conflicts", "site-checks"} if CLEARANCE[who] == "restricted" else {"conflicts"}
    kept |= set() if who == "anonymous" else {"projects"}
    assert {one["id"] for one in found["collections"]} == SEEN[who] | kept
    text = desk.ask(who, "/collections").text
    assert not [layer for layer in hidden_from(who) if f"/{layer}" in text]


def of_each_layer(path: str, seen: Callable[[Desk, str, str, Any], None]) -> Any:
    """A route below one layer: what is seen of those that are his, and no word of the others."""

    def tried(desk: Desk, who: str) -> None:
        for layer in PLACES:
            if layer in SEEN[who]:
                seen(desk, who, layer, desk.told(who, path.format(layer)))
            else:
                is_unknown(desk, who, path, layer, "no_such_layer")

    return tried


def shows_a_layer(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert found["id"] == layer
    assert len(found["extent"]["spatial"]["bbox"]) == 1


def shows_fields(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert "secret" in found["properties"]


def shows_items(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert found["numberMatched"] == 1
    assert found["features"][0]["properties"]["secret"] == f"{layer} detail"


def shows_kept_items(desk: Desk, who: str) -> None:
    """Conflicts and site checks as collections: no more of them than elsewhere."""
    found = desk.told(who, "/collections/conflicts/items")
    seen = SEEN[who] & set(conflicts_of(desk))
    assert found["numberMatched"] == len(seen)
    assert {one["id"] for one in found["features"]} == {conflicts_of(desk)[name] for name in seen}
    assert not [layer for layer in hidden_from(who) if f"{layer} detail" in str(found)]
    if CLEARANCE[who] == "restricted":
        assert desk.told(who, "/collections/site-checks/items")["numberMatched"] > 0
    else:
        is_unknown(desk, who, "/collections/{}/items", "site-checks", "no_such_layer")
    if who == "anonymous":
        is_unknown(desk, who, "/collections/{}/items", "projects", "no_such_layer")
        return
    drawn = {one["id"] for one in desk.told(who, "/collections/projects/items")["features"]}
    assert drawn == {one["id"] for one in desk.told(who, "/projects")["projects"]}


def shows_all_items(desk: Desk, who: str) -> None:
    of_each_layer("/collections/{}/items", shows_items)(desk, who)
    shows_kept_items(desk, who)


def shows_one_item(desk: Desk, who: str) -> None:
    for layer in PLACES:
        listed = desk.told("administrator", f"/collections/{layer}/items")
        feature = listed["features"][0]["id"]
        path = f"/collections/{{}}/items/{feature}"
        if layer in SEEN[who]:
            found = desk.told(who, path.format(layer))
            assert found["properties"]["secret"] == f"{layer} detail"
        else:
            is_unknown(desk, who, path, layer, "no_such_layer")


_WHOLE = "WebMercatorQuad/0/0/0"


def shows_tiles(desk: Desk, who: str) -> None:
    """A tile that somebody else may see and has seen is not there, not even as unchanged."""
    for layer in PLACES:
        path = f"/collections/{{}}/tiles/{_WHOLE}"
        whole = desk.ask("administrator", path.format(layer))
        seen = {"headers": {"If-None-Match": whole.headers["etag"]}}
        if layer in SEEN[who]:
            assert desk.ask(who, path.format(layer)).status_code in (200, 204)
            assert desk.ask(who, path.format(layer), **seen).status_code == 304
            mine = desk.ask(who, path.format(layer)).headers["cache-control"]
            assert ("public" in mine) == (who == "anonymous")
        else:
            is_unknown(desk, who, path, layer, "no_such_layer", **seen)


def shows_map_tiles(desk: Desk, who: str) -> None:
    """Several collections in one tile: none comes along that is not his."""
    path = f"/tiles/{_WHOLE}?collections="
    mine = ",".join(sorted(set(PLACES) & SEEN[who]))
    answer = desk.ask(who, f"{path}{mine}")
    assert answer.status_code in (200, 204)
    told = "public" in answer.headers["cache-control"]
    assert told == (set(mine.split(",")) <= SEEN["anonymous"] and who == "anonymous")
    whole = desk.ask("administrator", f"{path}{','.join(PLACES)}").headers["etag"]
    for layer in hidden_from(who) & set(PLACES):
        for names in (layer, f"zone,{layer}"):
            his = desk.ask(who, f"{path}{names}", headers={"If-None-Match": whole})
            none = desk.ask(who, f"{path}{names.replace(layer, 'no_such_layer')}")
            assert (his.status_code, none.status_code) == (404, 404)
            assert said(his, layer) == said(none, "no_such_layer")


def shows_the_tree(desk: Desk, who: str) -> None:
    found = desk.told(who, "/catalogue")
    layers = {
        layer["id"]
        for theme in found["themes"]
        for sub in theme["subthemes"]
        for layer in sub["layers"]
    }
    assert layers & set(LAYERS) == SEEN[who]
    assert found["counts"]["layers"] == len(layers)
    owners = {department["id"] for department in found["departments"]}
    assert ("army" in owners) == ("barracks" in SEEN[who])
    assert not [layer for layer in hidden_from(who) if f'"{layer}"' in json.dumps(found)]


def lists_the_layers(desk: Desk, who: str) -> None:
    found = desk.told(who, "/layers")
    assert {layer["id"] for layer in found["layers"]} & set(LAYERS) == SEEN[who]
    assert not [layer for layer in hidden_from(who) if f'"{layer}"' in json.dumps(found)]
    themes = desk.told(who, "/catalogue")["themes"]
    tree = [layer for theme in themes for sub in theme["subthemes"] for layer in sub["layers"]]
    assert found["layers"] == tree


def shows_rules(desk: Desk, who: str) -> None:
    """Rules are published: they are the same for everybody, and show nothing of a feature."""
    text = desk.ask(who, "/rules").text
    assert text == desk.ask("anonymous", "/rules").text
    assert " detail" not in text


def lists_snapshots(desk: Desk, who: str) -> None:
    (one,) = desk.told(who, "/snapshots")["snapshots"]
    assert one["searched"]


def shows_snapshot_changes(desk: Desk, who: str) -> None:
    (one,) = desk.told(who, "/snapshots")["snapshots"]
    found = desk.told(who, f"/snapshots/{one['id']}/changes?against={one['id']}")
    assert found["layers"] == []


def shows_supervision(desk: Desk, who: str) -> None:
    found = desk.told(who, "/supervision")
    assert found["clearance"] == CLEARANCE[who]


def lists_deliveries(desk: Desk, who: str) -> None:
    if who in ("anonymous", "applicant"):
        status = 401 if who == "anonymous" else 403
        assert desk.ask(who, "/deliveries").status_code == status
        return
    found = desk.told(who, "/deliveries")
    assert {one["layer"] for one in found["deliveries"]} & set(LAYERS) == SEEN[who]


def of_each_delivery(path: str) -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        for one in desk.told("administrator", "/deliveries")["deliveries"]:
            there = path.format(one["delivery"])
            if who in ("anonymous", "applicant"):
                assert desk.ask(who, there).status_code == (401 if who == "anonymous" else 403)
            elif one["layer"] in SEEN[who]:
                desk.told(who, there)
            else:
                his, none = desk.ask(who, there), desk.ask(who, path.format(987654))
                assert (his.status_code, none.status_code) == (404, 404)
                assert (
                    his.json()["detail"].partition(":")[2]
                    == none.json()["detail"].partition(":")[2]
                )

    return tried


def exists(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert layer in str(found)

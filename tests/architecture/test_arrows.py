"""The packages of the product stand in storeys: an arrow never leads back up."""

from pathlib import Path

from tests.architecture.draw import both_ways, storeys, svg
from tests.architecture.modules import House, look, room_of

ROOT = Path(__file__).resolve().parents[2]


def test_modules_are_drawn_in_their_folders() -> None:
    rooms = {name: room_of(name) for name in ("core.tasks.claim", "core.log", "control.relay")}
    assert list(rooms.values()) == ["core.tasks", "core", "control"]


def test_services_stand_above_what_they_share() -> None:
    house = House({"core.a": 1, "backend": 2, "workers": 3}, {("backend", "core.a"): 1})
    assert storeys(house) == [["backend"], ["workers"], ["core.a"]]


def test_two_that_import_each_other_are_seen() -> None:
    arrows = {("core.a", "core.b"): 3, ("core.b", "core.a"): 1, ("backend", "core.a"): 1}
    house = House({"core.a": 1, "core.b": 1, "backend": 1}, arrows)
    assert both_ways(house) == {("core.a", "core.b"), ("core.b", "core.a")}
    assert svg(house).count("#dc2626") == 2


def test_services_import_core_and_core_none_of_them() -> None:
    arrows = look(ROOT).arrows
    tops = {(one.partition(".")[0], other.partition(".")[0]) for one, other in arrows}
    assert {one for one, other in tops if one == "core" and other != "core"} == set()
    assert {("backend", "core"), ("control", "core"), ("workers", "core")} <= tops


def test_the_picture_is_well_formed(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    drawn = svg(look(ROOT))
    names = [node.text for node in ElementTree.fromstring(drawn).iter() if node.text]
    assert {"core.tasks", "control", "workers.operations"} <= set(names)

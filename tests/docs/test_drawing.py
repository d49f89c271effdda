from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from docs.pictures.drawing import IMAGES, WORKFLOWS, draw
from workspace.plugin.yaml_file import Loader

SVG = "{http://www.w3.org/2000/svg}"

every_workflow = pytest.mark.parametrize("file", sorted(WORKFLOWS.glob("*.yml")), ids=lambda file: file.stem)


@every_workflow
def test_the_picture_of_an_example_is_of_the_file_as_it_is(file: Path) -> None:
    """If it is not: make screenshots"""
    assert (IMAGES / f"{file.stem}.svg").read_text() == draw(file)


@every_workflow
def test_every_node_and_every_edge_is_drawn_within_the_picture(file: Path) -> None:
    graph = yaml.load(file.read_bytes(), Loader)["workflow"]["graph"]
    picture = ElementTree.fromstring(draw(file))
    left, top, width, height = map(float, picture.attrib["viewBox"].split())

    texts = [text.text for text in picture.iter(f"{SVG}text")]
    boxes = [box.attrib for box in picture.iter(f"{SVG}rect") if box.get("stroke")]
    assert {node["data"]["title"] for node in graph["nodes"]} <= set(texts)
    assert len(boxes) == len(graph["nodes"])
    assert len(list(picture.iter(f"{SVG}path"))) == len(graph["edges"])
    for box in boxes:
        assert left < float(box["x"]) < float(box["x"]) + float(box["width"]) < left + width
        assert top < float(box["y"]) < float(box["y"]) + float(box["height"]) < top + height

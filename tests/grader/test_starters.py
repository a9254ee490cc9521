"""What students start from, and that its forms agree."""

from __future__ import annotations

import json
import re

import pytest

from assignments import catalog
from grader.services import notebooks, starters
from worker.client import RunnerClient
from worker.judging import grade_upload

WITH_CODE = [slug for slug in catalog.slugs() if catalog.load(slug).code_questions]
PERCEPTRON = "/courses/dl101/assignments/perceptron"
QUIZ = "/courses/dl101/assignments/gradient_quiz"
CELL_KEYS = {
    "markdown": {"cell_type", "id", "metadata", "source"},
    "code": {"cell_type", "id", "metadata", "source", "execution_count", "outputs"},
}


def made(slug):
    return json.loads(starters.notebook(catalog.load(slug)))


def source(cell):
    return "".join(cell["source"])


@pytest.mark.parametrize("slug", WITH_CODE)
def test_a_notebook_has_what_format_4_5_requires(slug):
    document = made(slug)
    assert set(document) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert {"name", "display_name"} <= set(document["metadata"]["kernelspec"])
    ids = [cell["id"] for cell in document["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in document["cells"]:
        assert set(cell) == CELL_KEYS[cell["cell_type"]]
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert all(isinstance(line, str) for line in cell["source"])
        assert not any("\n" in line[:-1] for line in cell["source"])


@pytest.mark.parametrize("slug", WITH_CODE)
def test_a_notebook_holds_the_same_code_as_the_file(slug):
    spec = catalog.load(slug)
    cells, _, notes = notebooks.read(starters.notebook(spec).decode())
    assert notes == []
    code = "\n".join(cells)
    want = spec.starter.read_text("utf-8")
    assert [line for line in code.splitlines() if line.strip()] == [line for line in want.splitlines() if line.strip()]


@pytest.mark.parametrize("slug", WITH_CODE)
def test_each_function_has_a_cell_with_its_questions_above(slug):
    spec = catalog.load(slug)
    cells = made(slug)["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert spec.prompt.strip() in source(cells[0])
    ids = [cell["id"] for cell in cells]
    for question in spec.code_questions:
        at = ids.index(f"question-{question.id}")
        assert question.title in source(cells[at])
        below = next(cell for cell in cells[at:] if cell["cell_type"] == "code")
        assert any(f"def {name}(" in source(below) for name in question.functions), question.id
    for cell in cells:
        if cell["cell_type"] == "code":
            assert len(re.findall(r"^(?:def|class) ", source(cell), re.MULTILINE)) <= 1


def test_a_typed_question_is_named_but_not_asked_in_the_notebook():
    text = source(made("python_warmup")["cells"][0])
    assert "Typed into the page" in text
    assert "has_key" in text


class TestApi:
    @pytest.mark.parametrize(
        "asks", [{"query_string": {"format": "ipynb"}}, {"headers": {"Accept": starters.NOTEBOOK_TYPE}}]
    )
    def test_the_notebook_can_be_asked_for(self, call, class_, asks):
        response = call(class_.student, "GET", f"{PERCEPTRON}/starter", **asks)
        assert response.mimetype == starters.NOTEBOOK_TYPE
        assert response.headers["Content-Disposition"] == 'attachment; filename="perceptron.ipynb"'
        assert json.loads(response.data) == made("perceptron")

    @pytest.mark.parametrize("asks", [{}, {"query_string": {"format": "py"}}, {"headers": {"Accept": "*/*"}}])
    def test_the_file_comes_where_nothing_else_is_asked(self, call, class_, asks):
        response = call(class_.student, "GET", f"{PERCEPTRON}/starter", **asks)
        assert response.mimetype == "text/x-python"
        assert response.data == catalog.load("perceptron").starter.read_bytes()

    def test_a_quiz_has_its_fields_and_they_can_be_handed_in(self, call, class_):
        response = call(class_.student, "GET", f"{QUIZ}/starter")
        assert response.mimetype == "application/json"
        body = response.json
        assert list(body["answers"]) == [question.id for question in catalog.load("gradient_quiz").fields]
        body["answers"]["q"] = "3"
        assert call(class_.student, "POST", f"{QUIZ}/submissions", json=body).status_code == 202

    @pytest.mark.parametrize(
        ("path", "asks", "status"),
        [
            (QUIZ, {"query_string": {"format": "ipynb"}}, 404),
            (PERCEPTRON, {"query_string": {"format": "json"}}, 404),
            (PERCEPTRON, {"query_string": {"format": "exe"}}, 422),
            (PERCEPTRON, {"headers": {"Accept": "image/png"}}, 406),
        ],
    )
    def test_a_form_that_is_not_there_is_refused(self, call, class_, path, asks, status):
        assert call(class_.student, "GET", f"{path}/starter", **asks).status_code == status


def filled(slug):
    """Return a right exemplar as a file, and the starter's notebook with its functions written into their cells."""
    exemplars = sorted((catalog.PACK / slug / "exemplars").glob("right*.py"))
    file = next((path for path in exemplars if "numpy" in path.name), exemplars[0])
    document = made(slug)
    cells = {cell["id"]: cell for cell in document["cells"]}
    for name, text in starters._blocks(file.read_text("utf-8")):
        target = cells.get(f"function-{name}")
        if target is None:
            cells["code-1"]["source"].append(f"\n\n{text}")  # imports and helpers go on top
        else:
            target["source"] = [text]
    return file.read_bytes(), json.dumps(document).encode()


@pytest.mark.parametrize("slug", WITH_CODE)
def test_a_filled_in_notebook_is_graded_as_the_file_is(slug, runner_socket):
    spec = catalog.load(slug)
    points = []
    for suffix, content in zip(("py", "ipynb"), filled(slug), strict=True):
        report = grade_upload(
            spec, [(f"{slug}.{suffix}", content)], {}, seed=b"0" * 32, runner=RunnerClient(str(runner_socket))
        )
        points.append({result.id: (result.verdict, result.score) for result in report.questions})
    assert points[0] == points[1]
    assert any(score for _, score in points[0].values())


def test_the_notebook_as_it_is_scores_nothing(runner_socket):
    spec = catalog.load("perceptron")
    files = [("perceptron.ipynb", starters.notebook(spec))]
    report = grade_upload(spec, files, {}, seed=b"0" * 32, runner=RunnerClient(str(runner_socket)))
    assert report.score == 0

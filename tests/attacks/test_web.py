"""Attacks on the web application itself that no other test makes, against a whole running service."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from grader.services import notebooks, text, unpack
from tests.attacks.__main__ import main
from tests.servers import ROOT, Service

PATH = "/api/v1/courses/dl101/assignments/python_warmup/submissions"
RIGHT = "def f4(x, a=1):\n    return a * x ** 2\n"


def post(service: Service, student: int, body: dict[str, Any], wait_s: int = 30, **headers: str) -> tuple[int, Any]:
    """Hand something in as one of the demo's students."""
    request = urllib.request.Request(  # noqa: S310 (our own address)
        f"{service.url}{PATH}?wait={wait_s}",
        json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {service.demo['students'][student]['token']}",
            "Content-Type": "application/json",
            **headers,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def raw(service: Service, request: bytes, *, is_all: bool = False) -> bytes:
    """Send bytes and return what comes back until the other side closes, or falls silent after it has answered.

    Args:
        service: asked.
        request: sent.
        is_all: whether to tell the other side that nothing more comes.
    """
    place = urllib.parse.urlsplit(service.url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as stream:
        stream.sendall(request)
        if is_all:
            stream.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(TimeoutError):
            while piece := stream.recv(1 << 16):
                answer += piece
                stream.settimeout(3)
        return answer


def test_flood_from_one_person_delays_nobody_else(service: Service) -> None:
    """A35: fifty uploads in a moment; another student's, sent after them, is graded before most of them."""
    flood = [{"files": {"python_warmup.py": f"{RIGHT}# {n}\n"}} for n in range(50)]
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(post, service, 0, body, 0) for body in flood]
        statuses = [each.result()[0] for each in sent]
    status, document = post(service, 1, {"files": {"python_warmup.py": RIGHT}}, wait_s=30)
    assert status == 200, document
    assert document["status"] == "graded"
    assert set(statuses) <= {202, 429}


def test_host_header_is_not_written_into_a_link_for_others(service: Service) -> None:
    """W14: a link is only ever shown to who sent the header; nothing is mailed, nothing is cached."""
    token = service.demo["students"][0]["token"]
    request = urllib.request.Request(f"{service.url}/api/v1/courses", headers={"Host": "evil.example"})  # noqa: S310
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        assert "no-store" in response.headers["Cache-Control"]
    status, body = service.get("/api/v1/courses", token)
    assert status == 200
    assert b"evil.example" not in body


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 40\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 4, 4\r\n",
        b"Content-Length : 4\r\n",
    ],
)
def test_request_whose_length_can_be_read_in_two_ways_hides_no_second_one(head: bytes, service: Service) -> None:
    """W15: what follows the first request must not be taken for another's."""
    hidden = b"0\r\n\r\nGET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(service, b"POST /api/v1/courses HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + hidden)
    assert b'"openapi"' not in answer
    assert answer.count(b"HTTP/1.1 200") == 0


WHOLE = b'{"files": {"a.py": "x = 1"}}'


@pytest.mark.parametrize("path", [PATH, "/login"])
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Transfer-Encoding: chunked", b"-5\r\nabc\r\n0\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"0x1c\r\n" + WHOLE + b"\r\n0\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b'1c;a="\r\n' + WHOLE + b"\r\n0\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"1c\r\n" + WHOLE + b"no end"),
        (b"Transfer-Encoding: chunked", b"1c\r\n" + WHOLE[:9]),
        (b"Content-Length: 100", WHOLE),
    ],
)
def test_body_that_does_not_come_as_announced_is_refused_and_no_failure_of_ours(
    head: bytes, body: bytes, path: str, service: Service
) -> None:
    """A 500 says that we failed, and its log entry calls somebody to look."""
    token = service.demo["students"][0]["token"].encode()
    kind = b"application/json" if path == PATH else b"application/x-www-form-urlencoded"
    fields = [b"Host: x", b"Authorization: Bearer " + token, b"Content-Type: " + kind, head, b"Connection: close"]
    request = b"\r\n".join([b"POST " + path.encode() + b" HTTP/1.1", *fields, b"", body])
    answer = raw(service, request, is_all=True)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:300]
    assert b"our fault" not in answer


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../settings.py", "/static/..%2f..%2fsettings.py", "/static/%2e%2e/%2e%2e/pyproject.toml"),
        *("/static//etc/passwd", "/static/....//....//etc/passwd", "/static/..\\..\\settings.py"),
        *("/api/v1/submissions/../../healthz/../etc/passwd", "/api/v1/submissions/%2e%2e/files/..%2f..%2fdemo.json"),
    ],
)
def test_path_leads_to_no_file_of_the_service(path: str, service: Service) -> None:
    """W16: files are sent by their place in a list, never by a path that somebody chose."""
    token = service.demo["students"][0]["token"]
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    answer = raw(service, head.encode())
    assert answer.split(b" ", 2)[1] in {b"404", b"400", b"308", b"403"}
    assert b"GRADER_" not in answer
    assert b"root:" not in answer


def test_file_of_a_submission_is_found_by_its_name_alone(service: Service) -> None:
    """W16, with a submission that is there."""
    _, document = post(service, 2, {"files": {"python_warmup.py": RIGHT}})
    token = service.demo["students"][2]["token"]
    for name in ("..%2f..%2fdemo.json", "..", "%2e%2e%2fpython_warmup.py", "python_warmup.py%00.txt", "/etc/passwd"):
        assert service.get(f"/api/v1/submissions/{document['id']}/files/{name}", token)[0] in {404, 400, 308}, name


@pytest.mark.parametrize("payload", ["{{7*191}}", "{% print(7*191) %}", "${7*191}", "#{7*191}", "<%= 7*191 %>"])
def test_template_in_what_a_student_sends_is_text(payload: str, service: Service) -> None:
    """W17: in the name of a file, in what is printed, in an exception, in a typed answer."""
    source = f"print({payload!r})\ndef f4(x, a=1):\n    raise ValueError({payload!r})\n"
    name = f"a{re.sub('[^0-9{}*]', '', payload)}.py"
    _, document = post(service, 3, {"files": {name: source}, "answers": {"slicing": payload}})
    told = json.dumps(document)
    assert document["status"] == "graded"
    assert "1337" not in told
    request = urllib.request.Request(document["links"]["self"])  # noqa: S310
    request.add_header("Authorization", f"Bearer {service.demo['students'][3]['token']}")
    request.add_header("Accept", "text/plain")
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        assert b"1337" not in response.read()


@pytest.mark.parametrize("query", ["sort=name'--", "sort=(SELECT 1)", "q=%27%20OR%201=1--", "page=1;DROP TABLE users"])
def test_query_is_never_part_of_a_statement(query: str, service: Service) -> None:
    """W06: what cannot be sorted by is refused, what is sought is a parameter."""
    token = service.demo["instructor"]["token"]
    status, body = service.get(f"/api/v1/courses/dl101/gradebook?{query.replace(' ', '%20')}", token)
    assert status in {200, 422}
    assert b"sqlite" not in body.lower()
    assert b"syntax error" not in body.lower()
    assert service.get("/api/v1/courses/dl101/gradebook", token)[0] == 200


def test_nothing_is_fetched_for_anybody() -> None:
    """W18: no field takes an address to call, and nothing of ours but the tests opens one."""
    openers = re.compile(r"urllib\.request|http\.client|\brequests\b\.|\bhttpx\b|\baiohttp\b")
    paths = [path for folder in ("grader", "worker", "assignments") for path in (ROOT / folder).rglob("*.py")]
    found = [path.name for path in paths if "embedded" not in path.parts and openers.search(path.read_text("utf-8"))]
    assert set(found) <= {"openapi.py"}  # which prints an example for its readers


def test_nothing_that_runs_code_is_used_to_read_data() -> None:
    """W19: no pickle, no marshal, no YAML, no eval outside the box."""
    readers = re.compile(
        r"\bpickle\.(load|Unpickler)|\bmarshal\.load|\byaml\.|\bshelve\.|np\.load\(|\beval\(|[^.\w]exec\("
    )
    allowed = {"worker/box/loading.py"}  # runs the submission, in the box
    for folder in ("grader", "worker", "assignments", "migrations"):
        for path in (ROOT / folder).rglob("*.py"):
            relative = path.relative_to(ROOT).as_posix()
            if relative in allowed or "/exemplars/" in relative:
                continue
            code = re.sub(r'"""[\s\S]*?"""|#.*|"[^"\n]*"', "", path.read_text(encoding="utf-8"))
            assert not readers.search(code), relative


def test_tasks_are_json_and_nothing_else(tmp_path: Path) -> None:
    """W20: a pickled message would run before anybody looked at it."""
    from grader.settings import Settings
    from worker.app import create_app

    app = create_app(Settings(data_dir=tmp_path, redis_url="redis://127.0.0.1:1/0", secret_key="0" * 64))
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == "json"


LONG = 200_000


@pytest.mark.parametrize(
    "hostile",
    [
        "a@" * LONG,
        "\x1b]" * LONG,
        "# coding:" * LONG,
        " " * LONG + "!",
        "(" * LONG,
        "x=" * LONG,
        "%" * LONG,
        "\\" * LONG,
    ],
    ids=["at", "escapes", "coding", "blanks", "brackets", "assignments", "percents", "backslashes"],
)
def test_own_patterns_take_time_in_proportion(hostile: str) -> None:
    """W13: whatever we match what students send with is linear."""
    started = time.process_time()
    text.plain(hostile)
    text.one_line(hostile)
    document = {"cells": [{"cell_type": "code", "source": hostile}]}
    notebooks.read(json.dumps(document))
    unpack.unpack([("a.py", hostile.encode())], "python_warmup")
    assert time.process_time() - started < 5


def test_command_runs_the_corpus_against_a_service(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    """Over the API, graded by the real worker, the queue and the database in between."""
    wanted = ["A05", "A21", "B03", "C02", "E01", "E10", "F01", "G11", "G23", "H06", "H07"]
    code = main(["--demo", str(service.data_dir / "demo.json"), *wanted])
    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith("attack")
    assert "refused" in said
    assert main(["Z99"]) == 2

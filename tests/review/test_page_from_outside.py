"""The page, asked by anything but the reviewer's browser: what is not ours is refused, and nothing leaks."""

import http.client
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from served import QUIET, Client, form_of, served, until

from pseudolabel.review.page.guard import HEADERS, MOST_BODY_BYTES
from pseudolabel.review.store import Store

PAGES = ("/", "/review", "/conflicts", "/audit", "/export", "/keys", "/cluster?cluster=0", "/whole/0", "/training")


def decided(run):
    with Store.open(run / "review.sqlite") as store:
        return store.last_seq()


@pytest.fixture
def unchanged(page):
    """See that a test stores nothing."""
    before = decided(page.run)
    yield
    assert decided(page.run) == before


def raw(page, request):
    """Send bytes as they are; give the first line of the answer."""
    with socket.create_connection(("127.0.0.1", page.port), timeout=60) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline().decode()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", ""])
def test_another_host_is_misdirected(client, page, host):
    status, _, text = client.ask("GET", "/", headers={"Host": host.format(port=page.port)})

    assert status == 421
    assert "malignant" not in text


def test_two_hosts_are_no_host(client, page):
    own = f"Host: 127.0.0.1:{page.port}\r\n".encode()
    first = raw(page, b"GET / HTTP/1.1\r\n" + own + own + b"Cookie: " + client.cookie.encode() + b"\r\n\r\n")

    assert re.match(r"HTTP/1.1 4(00|21) ", first)


def test_a_forwarded_host_is_not_believed(client):
    assert client.ask("GET", "/", headers={"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1"})[0] == 421


@pytest.mark.parametrize("path", PAGES)
def test_without_the_cookie_no_page_is_shown_and_it_says_where_the_link_is(page, path):
    client = object.__new__(Client)
    client.page = page
    status, _, text = client.ask("GET", path)

    assert status == 401
    assert "terminal" in text
    assert client.ask("GET", path, cookie=f"pseudolabel-{page.port}=old")[0] == 401


def test_a_link_works_once(page):
    Client(page)
    stranger = object.__new__(Client)
    stranger.page = page

    assert stranger.ask("GET", page.link.removeprefix(page.origin))[0] == 401


def test_the_cookie_is_for_this_page_alone(page):
    stranger = object.__new__(Client)
    stranger.page = page
    cookie = stranger.ask("GET", page.link.removeprefix(page.origin))[1]["set-cookie"]
    name, _, token = cookie.split(";")[0].partition("=")

    assert str(page.port) in name
    assert len(token) >= 43
    assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
    assert token not in page.link


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "ACCEPT"])
def test_other_methods_are_refused(client, unchanged, method):
    status, headers, _ = client.ask(method, "/decide")

    assert status == 405
    assert headers["allow"] == "GET, HEAD, POST"
    assert "access-control-allow-origin" not in headers


def test_looking_changes_nothing(client, unchanged):
    for path in ("/decide", "/undo", "/retrain", "/settle", "/cluster?cluster=0", "/review?row=1&do=accept"):
        client.ask("GET", path)
        client.ask("HEAD", path)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "https://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_an_answer_from_another_page_is_refused(client, unchanged, headers):
    fields = client.next_form()

    assert client.post("/decide", {**fields, "do": "accept"}, headers)[0] == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_an_answer_without_the_token_of_our_forms_is_refused(client, unchanged, token):
    fields = client.next_form()

    assert client.post("/decide", {**fields, "do": "accept", "form_token": token})[0] == 403


def test_every_answer_carries_the_headers_that_keep_others_out(client):
    asked = [("GET", path) for path in (*PAGES, "/static/review.js", "/favicon.ico", "/nowhere", "/picture/0")]
    for method, path in [*asked, ("PUT", "/"), ("POST", "/decide")]:
        headers = client.ask(method, path)[1]
        assert {name: headers.get(name) for name in HEADERS} == HEADERS, path
        assert not {"server", "access-control-allow-origin", "x-powered-by"} & headers.keys()


def test_a_policy_lets_in_no_script_or_style_but_our_files(client):
    policy = HEADERS["content-security-policy"]
    templates = Path(sys.modules["pseudolabel.review.page.guard"].__file__).parent / "templates"

    assert "unsafe" not in policy
    assert "http" not in policy
    for template in templates.iterdir():
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe|<style|\son\w+=|style=|javascript:|<script(?! src=\"/static)", text), template


def test_a_body_that_is_too_large_or_of_no_length_is_refused(client, page, unchanged):
    head = (
        f"POST /decide HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nOrigin: {page.origin}\r\nCookie: {client.cookie}\r\n"
    ).encode()

    assert client.ask("POST", "/decide", b"x" * (MOST_BODY_BYTES + 1))[0] == 413
    assert " 413 " in raw(page, head + b"Content-Length: 1048576\r\n\r\n" + b"x" * 1000)
    assert " 411 " in raw(page, head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert " 400 " in raw(page, head + b"Content-Length: 5\r\n\r\n\xff\xfe\xfd\xfc\xfb")
    assert client.ask("GET", "/")[0] == 200


def test_sixty_connections_that_say_nothing_keep_nobody_waiting(client, page):
    silent = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(60)]
    try:
        for number, connection in enumerate(silent):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: "[: number % 20])
        assert client.ask("GET", "/")[0] == 200
    finally:
        for connection in silent:
            connection.close()


def test_no_page_waits_for_the_acknowledgement_of_its_head(client, page):
    connection, taken = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60), []
    for _ in range(20):
        began = time.monotonic()
        connection.request("GET", "/review", headers={"Cookie": client.cookie})
        connection.getresponse().read()
        taken.append(time.monotonic() - began)
    connection.close()

    assert min(taken[5:]) < 0.03  # where it waits, 0.04 and more, but for the first ones


def test_problems_name_no_path_and_show_no_traceback(client, page):
    asked = [
        client.ask("GET", "/review?order=sideways"),
        client.ask("GET", "/review?at_least=none"),
        client.ask("GET", "/review?row=99999999999999999999"),
        client.ask("GET", "/static/../../store.py"),
        client.ask("GET", "/static/..%2f..%2fstore.py"),
        client.ask("GET", "/picture/0"),
        client.post("/decide", {"row": "7", "do": "accept"}),
        client.post("/decide", {"row": "x"}),
        client.post("/decide", {**client.next_form(), "do": "class:unheard of"}),
        client.post("/keys", {"key_accept": "\x1b"}),
        client.post("/reviewer", {"reviewer": "\u202e" * 10}),
        client.post("/audit", {"do": "class:x", "row": "1", "seen": "0"}),
    ]
    for status, _, text in asked:
        assert 400 <= status < 500, text
        assert str(page.run) not in text
        assert str(page.run.parent) not in text
        assert "Traceback" not in text
        assert "mistake of ours" not in text


def test_a_new_name_is_short_and_can_be_seen(client, unchanged):
    for name in ("", "x" * 201, "a\nb", "\u202ecba"):
        fields = client.next_form()
        assert client.post("/decide", {**fields, "do": "new_class", "name": name})[0] == 400


def test_the_same_answer_sent_twice_is_stored_once(client, page):
    fields, before = {**client.next_form(), "do": "skip"}, decided(page.run)

    assert client.post("/decide", fields)[0] == 200
    assert client.post("/decide", fields)[0] == 200
    assert decided(page.run) == before + 1


def test_the_second_of_two_who_answer_a_row_sees_the_first_and_may_keep_both(run):
    with served(run, "--reviewer", "ann") as page:
        ann = Client(page)
        link = re.search(r"<code>(http[^<]+)</code>", ann.post("/invite", {})[2]).group(1)
        page.link = link
        bob = Client(page)
        bob.post("/reviewer", {"reviewer": "bob"})
        row = ann.next_form()["row"]
        of_ann, of_bob = (form_of(each.ask("GET", f"/review?row={row}")[2]) for each in (ann, bob))
        assert ann.post("/decide", {**of_ann, "do": "class:benign"})[0] == 200
        status, _, text = bob.post("/decide", {**of_bob, "do": "class:malignant"})
        assert status == 409
        assert "ann" in text
        assert decided(run) == 1
        seen = re.search(r'name="seen" value="(\d+)"', text).group(1)
        confirmed = {**of_bob, "seen": seen, "do": "class:malignant", "is_confirmed": "yes"}
        assert bob.post("/decide", confirmed)[0] == 200
        assert "ann</b>: benign" in bob.ask("GET", "/conflicts")[2]

    with Store.open(run / "review.sqlite") as store:
        assert [each.row for each in store.conflicts()] == [int(row)]


def test_two_at_once_are_given_different_rows(client, page):
    assert client.next_form()["row"] != page.host.next_form()["row"]


def test_what_was_acknowledged_before_a_kill_is_there(run):
    with served(run) as page:
        client, acknowledged = Client(page), set()
        for _ in range(15):
            fields, (status, _, _) = client.answer("skip")
            assert status == 200
            acknowledged.add(fields["request_id"])
        page.stop(signal.SIGKILL)

    with Store.open(run / "review.sqlite") as store:
        assert {each.request_id for each in store.history(100)} == acknowledged


def test_a_restart_goes_on_where_it_was(run):
    with served(run) as page:
        client = Client(page)
        fields = client.next_form()
        code, said = page.stop(signal.SIGINT)
        assert (code, "Traceback" in said) == (0, False)
        page.start(page.port)
        assert client.post("/decide", {**fields, "do": "accept"})[0] == 401
        client.cookie = Client(page).cookie
        assert client.post("/decide", {**fields, "do": "accept"})[0] == 200

    assert decided(run) == 1


def test_nothing_of_a_review_can_be_read_by_others(client, page):
    client.answer("skip")

    for path in page.run.glob("review.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def refused(run, *options):
    command = [sys.executable, "-m", "pseudolabel", "review", str(run), "--no-browser", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=QUIET)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_host_that_others_reach_must_be_meant(run):
    code, said = refused(run, "--host", "0.0.0.0")

    assert (code, "--i-understand" in said) == (2, True)


def test_a_port_that_is_taken_is_refused_by_name(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = refused(run, "--port", str(taken.getsockname()[1]))

    assert (code, "--port" in said) == (2, True)


def test_a_review_of_a_newer_version_is_neither_read_nor_written(run):
    with sqlite3.connect(run / "review.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (run / "review.sqlite").read_bytes()
    code, said = refused(run)

    assert (code, "newer pseudolabel" in said) == (2, True)
    assert (run / "review.sqlite").read_bytes() == before


def test_a_review_of_another_table_is_refused(run, run_of, tmp_path):
    other = run_of("texts")
    os.replace(run / "review.sqlite", other / "review.sqlite")
    code, said = refused(other)

    assert (code, "another table" in said) == (2, True)


def test_a_run_of_numbers_and_no_run_are_refused(tmp_path):
    assert refused(tmp_path)[0] == 2


@pytest.fixture
def drawings(run_of):
    return run_of("images")


def test_a_picture_is_drawn_anew_and_asked_for_by_the_number_of_its_row(drawings):
    with served(drawings, "--images", str(drawings.parent)) as page:
        client = Client(page)
        status, headers, _ = client.ask("GET", "/picture/3")
        assert (status, headers["content-type"]) == (200, "image/jpeg")
        assert client.ask("GET", "/picture/50")[0] == 404  # no image
        assert client.ask("GET", "/picture/51")[0] == 404  # missing
        assert client.ask("GET", "/picture/drawings%2F3.png")[0] == 404
        assert client.ask("GET", "/picture/3?size=../..")[0] == 404
        assert "cannot be shown" in client.ask("GET", "/review?row=51")[2]


def test_an_image_that_would_fill_the_memory_is_not_decoded(drawings):
    huge = drawings.parent / "drawings" / "3.png"
    Image.new("1", (20_000, 20_000)).save(huge)
    (drawings.parent / "drawings" / "4.png").unlink()
    (drawings.parent / "drawings" / "4.png").symlink_to("/etc/passwd")

    with served(drawings, "--images", str(drawings.parent)) as page:
        client = Client(page)
        assert client.ask("GET", "/picture/3")[0] == 404
        assert "pixels" in client.ask("GET", "/review?row=3")[2]
        assert client.ask("GET", "/picture/4")[0] == 404
        assert client.ask("GET", "/picture/5")[0] == 200


def test_the_process_that_draws_ends_with_the_page(drawings):
    psutil = pytest.importorskip("psutil")
    with served(drawings, "--images", str(drawings.parent)) as page:
        client = Client(page)
        client.ask("GET", "/picture/5")
        children = psutil.Process(page.process.pid).children(recursive=True)
        assert children
        page.stop(signal.SIGINT)

    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))

"""A review that is served by a process of its own, as a user starts it; and a client that is no browser."""

import http.client
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PATIENCE = 60

QUIET = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}


class Served:
    """`pseudolabel review RUN --port 0 --no-browser`, and the link it printed."""

    def __init__(self, run, *options):
        self.run, self.options = Path(run), options
        self.start()

    def start(self, port=0):
        command = [sys.executable, "-m", "pseudolabel", "review", str(self.run), "--no-browser", "--port", str(port)]
        self.process = subprocess.Popen(
            [*command, *self.options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=QUIET
        )
        self.link = self._line().strip()
        self.port = urlsplit(self.link).port
        self.origin = f"http://127.0.0.1:{self.port}"

    def _line(self):
        """Give the first line on stdout, or what was said instead."""
        waiting = selectors.DefaultSelector()
        waiting.register(self.process.stdout, selectors.EVENT_READ)
        if not waiting.select(PATIENCE):
            self.process.kill()
            raise AssertionError(f"no link within {PATIENCE} seconds: {self.process.communicate()[1]}")
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"no link: {self.process.communicate()[1]}")
        return line

    def stop(self, how=signal.SIGINT):
        """End it; give its exit code and what it said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        said = self.process.communicate(timeout=PATIENCE)[1]
        return self.process.returncode, said


@contextmanager
def served(run, *options):
    page = Served(run, *options)
    try:
        yield page
    finally:
        page.stop(signal.SIGKILL if page.process.poll() is None else signal.SIGINT)


class Client:
    """Sends what a browser would send, or something else."""

    def __init__(self, page):
        self.page = page
        status, headers, _ = self.ask("GET", page.link.removeprefix(page.origin), cookie=None)
        assert status == 303, status
        self.cookie = headers["set-cookie"].split(";")[0]
        self.form_token = re.search(r'name="form_token" value="(\w+)"', self.ask("GET", "/")[2]).group(1)

    def ask(self, method, path, body=None, headers=None, cookie="own"):
        """Give status, headers in lower case, and text; `headers` of None are left out."""
        connection = http.client.HTTPConnection("127.0.0.1", self.page.port, timeout=PATIENCE)
        sent = {"Cookie": getattr(self, "cookie", None) if cookie == "own" else cookie}
        if method == "POST":
            sent |= {"Origin": self.page.origin, "Content-Type": "application/x-www-form-urlencoded"}
        sent |= headers or {}
        connection.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def post(self, path, fields, headers=None, **more):
        return self.ask("POST", path, urlencode({"form_token": self.form_token, **fields}), headers, **more)

    def next_form(self, query=""):
        """Give the fields of the form of the next row."""
        return form_of(self.ask("GET", f"/review?{query}")[2])

    def answer(self, do="accept", query="", **more):
        fields = self.next_form(query)
        return fields, self.post("/decide", {**fields, "do": do, **more})


def form_of(page):
    """Give the hidden fields of the form that takes answers."""
    form = page[page.index('id="answer"') :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


def until(holds, seconds=PATIENCE):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)

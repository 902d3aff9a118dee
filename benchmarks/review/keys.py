"""Keys: how long it takes from a key to the next painted row, in a real browser, with 200,000 rows under review.

    python benchmarks/review/keys.py [--rows 200000] [--keys 200] [--cells 30]

A table is made and fitted, its review served as a user starts it, and keys are pressed in Chromium: for every order of
the queue the time from the press to the next painted row (median, 95th percentile, worst, in ms), and how many
of 20 presses 50 ms apart were stored. Besides, how long it takes to make the review and to open it again. Limits: one
machine, browser and server share its processors; painting is taken for done at the second frame after the swap.
"""

import argparse
import re
import selectors
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

ORDERS = ("doubtful", "useful", "cluster", "surest", "random")
BURST, APART_MS = 20, 50

PRESS = """n => new Promise(done => {
    const times = [];
    let pressed = 0;
    const press = () => {
        pressed = performance.now();
        document.dispatchEvent(new KeyboardEvent('keydown', {key: 's', bubbles: true}));
    };
    document.addEventListener('htmx:afterSettle', () => requestAnimationFrame(() => setTimeout(() => {
        times.push(performance.now() - pressed);
        if (times.length < n) setTimeout(press, 20); else done(times);
    }, 0)));
    press();
})"""


def make_run(folder: Path, n_rows: int, n_cells: int) -> Path:
    """Fit a quick model to a table of which every hundredth row is labeled."""
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(n_rows, n_cells)).astype(np.float32)
    kind = np.array(["fox", "dog", "cat"])[np.digitize(cells[:, 0] + cells[:, 1] + rng.normal(size=n_rows), [-1, 1])]
    frame = pd.DataFrame(cells, columns=[f"size_{at}" for at in range(n_cells)])
    frame["kind"] = pd.Series(kind).where(np.arange(n_rows) % 100 == 0)
    frame.to_parquet(folder / "rows.parquet")
    options = ["--estimator", "logistic", "--teacher", "own", "--evidence", "none", "--quiet"]
    command = [sys.executable, "-m", "pseudolabel", "fit", str(folder / "rows.parquet"), "--label", "kind"]
    subprocess.run([*command, "--out", str(folder / "run"), *options], check=True, stdout=subprocess.DEVNULL)
    return folder / "run"


def serve(run: Path) -> tuple[subprocess.Popen[str], str, float]:
    """Serve a review; give the process, the link, and the seconds until it came."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pseudolabel", "review", str(run), "--no-browser", "--port", "0", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    waiting = selectors.DefaultSelector()
    waiting.register(process.stdout, selectors.EVENT_READ)
    waiting.select(600)
    return process, process.stdout.readline().strip(), time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--cells", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run = make_run(Path(name), asked.rows, asked.cells)
        process, link, seconds = serve(run)
        print(f"made in {seconds:.0f} s, {(run / 'review.sqlite').stat().st_size / 2**20:.0f} MiB")
        process.terminate()
        process.wait()
        process, link, seconds = serve(run)
        print(f"opened in {seconds:.1f} s")
        try:
            measure(link, asked.keys)
        finally:
            process.terminate()
            process.wait()


def measure(link: str, n_keys: int) -> None:
    """Press keys in a browser, and print how long they took."""
    origin = re.match(r"http://[^/]+", link).group()
    with sync_playwright() as playwright:
        found = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(link)
        print(f"{'order':10}{'median':>8}{'p95':>8}{'worst':>8}{'burst':>8}")
        for order in ORDERS:
            page.goto(f"{origin}/review?order={order}")
            times = np.array(page.evaluate(PRESS, n_keys))
            time.sleep(0.5)
            before = waiting(page, origin)
            page.goto(f"{origin}/review?order={order}")
            for _ in range(BURST):
                page.keyboard.press("s")
                page.wait_for_timeout(APART_MS)
            time.sleep(1)
            stored = waiting(page, origin) - before
            figures = (np.median(times), np.quantile(times, 0.95), times.max())
            print(f"{order:10}{''.join(f'{figure:8.0f}' for figure in figures)}{stored:5}/{BURST}")
        browser.close()


def waiting(page, origin: str) -> int:
    """Read how many rows were skipped."""
    page.goto(origin)
    counts = dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))
    return int(counts["skipped"].replace(",", ""))


if __name__ == "__main__":
    main()

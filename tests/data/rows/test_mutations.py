"""Files with bytes changed, cut, doubled and put in give a table or an explanation, and nothing else: never a crash.

The work is done in a process of its own, so that a crash of a library is seen; what it was doing is on its disk.
"""

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 4
"""For each format in the usual tests; by night a hundred times as long."""

FUZZ = """
import gzip, io, random, sys, time
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError

suffix, seconds, seed, folder = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
random = random.Random(seed)

def packed(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()

TEXTS = [
    b"id,x,label\\n1,2.5,a\\n2,,b\\n3,nan,\\n",
    "id;text;label\\r\\n1;\\"a;b\\nc\\";\u00e9\\r\\n2;-1,5;\\"\\"\\"\\"\\r\\n".encode(),
    b"\\xef\\xbb\\xbfa\\n1\\n\\n2\\n",
    b"x\\ty\\r1\\t2\\r" * 20,
]
KINDS = pa.array(["p", "q", "p"]).dictionary_encode()
TABLE = pa.table(
    {"id": ["a", "b", None], "x": [1.5, None, 2.5], "n": [1, 2, 3], "c": KINDS, "l": [[1], [], None]}
)
PLAIN = {"use_dictionary": False, "compression": "none", "row_group_size": 2}
SEEDS = {
    ".csv": TEXTS, ".tsv": TEXTS,
    ".csv.gz": [gzip.compress(text) for text in TEXTS],
    ".parquet": [
        packed(TABLE), packed(TABLE, compression="zstd", data_page_version="2.0"), packed(TABLE, **PLAIN)
    ],
}[suffix]
TOKENS = [
    b"\\0", b'\"', b",", b";", b"\\n", b"\\r", b"\\xff", 
    b"PAR1", b"\\x1f\\x8b", b"\\x80\\x80\\x80\\x80\\x08", b"=", b"1e400", b"9" * 40,
]

def mutated(content):
    content = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(content) + 1)
        kind = random.randrange(5)
        if kind == 0 and content:
            content[at % len(content)] ^= 1 << random.randrange(8)
        elif kind == 1:
            del content[at : at + random.randrange(1, 9)]
        elif kind == 2:
            content[at:at] = random.choice(TOKENS)
        elif kind == 3:
            content[at:at] = content[at : at + random.randrange(1, 40)]
        else:
            content = content[:at] or content
    return bytes(content)

path, until, n_read, n_refused = folder / f"rows{suffix}", time.monotonic() + seconds, 0, 0
while time.monotonic() < until:
    path.write_bytes(mutated(random.choice(SEEDS)))
    try:
        source = open_rows(path)
        n_rows = sum(batch.num_rows for part in source.parts() for batch in part.batches(at_most=1000))
        assert n_rows == source.n_rows
        n_read += 1
    except InputError as error:
        n_refused += 1
        assert 10 <= len(str(error)) <= 2000, error
print(n_read, n_refused)
"""


def fuzz(folder: Path, suffix: str, seconds: float, seed: int) -> tuple[int, int]:
    """Try changed files for some time; give how many were read and how many refused."""
    typed = [sys.executable, "-W", "ignore", "-c", FUZZ, suffix, str(seconds), str(seed), str(folder)]
    done = subprocess.run(typed, capture_output=True, text=True, check=False, timeout=seconds + 60)
    spoilt = folder / f"rows{suffix}"
    assert done.returncode == 0, f"{spoilt.read_bytes()!r} ended with {done.returncode}: {done.stderr[-2000:]}"
    n_read, n_refused = map(int, done.stdout.split())
    return n_read, n_refused


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".parquet"])
def test_changed_files_give_a_table_or_an_explanation(tmp_path, suffix):
    n_read, n_refused = fuzz(tmp_path, suffix, SECONDS, seed=0)

    assert n_refused > 20
    assert n_read + n_refused > 100


@pytest.mark.nightly
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".parquet"])
def test_changed_files_give_a_table_or_an_explanation_for_minutes(tmp_path, suffix):
    for seed in range(1, 9):
        fuzz(tmp_path, suffix, 50, seed)

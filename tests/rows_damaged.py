"""Read damaged files one after the other, as a program of its own: a reader that crashes takes only this one along.

    python rows_damaged.py KIND SECONDS SEED FOLDER

Each damaged file is written to FOLDER before it is read, so that it is still there when the process is not. The same
seed gives the same files. It ends with 0 if all were a table or an input error, and prints how many of each there were.
"""

import gzip
import io
import random
import resource
import sys
import time
import traceback
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pseudolabel.data.rows import open_rows
from pseudolabel.errors import InputError

LONGEST_READ = 10.0
"""Seconds that no small file may take."""

MEMORY = 4 << 30
"""Bytes of address space: what a crafted size asks for is refused by the system, not fetched."""

TEXT = (
    b"id,x,label\nr1,1.5,a\nr2,-2,b\nr3,,\n",
    b'\xef\xbb\xbfid;"a ""b"";c";label\r\n1;"x\r\ny";b\r\n2;1e5;\r\n',
    "näme\tlabel\nü\tja\n\U0001f600\tnein\n".encode(),
    "id,label\nr1,ä\n".encode("utf-16"),
    b"x\n1\n\n2\n",
)
TELLING = {
    "text": (b"\0", b'"', b",", b"\n", b"\r", b"\xff", b"\xef\xbb\xbf", b"9" * 400, b"1e999", b"\xed\xa0\x80", b"-"),
    "packed": (b"\0", b"\xff", b"\x1f\x8b", b"\x80"),
}


def table() -> pa.Table:
    """Give a table with a column of each kind that Parquet stores in a way of its own."""
    n = 40
    return pa.table(
        {
            "i": pa.array([None if at % 7 == 0 else at for at in range(n)], pa.int64()),
            "u": pa.array(range(n), pa.uint8()),
            "f": pa.array([at / 3 for at in range(n)], pa.float32()),
            "b": pa.array([at % 2 == 0 for at in range(n)]),
            "t": pa.array([f"text {at % 5}" for at in range(n)]),
            "d": pa.array([f"c{at % 3}" for at in range(n)]).dictionary_encode(),
            "m": pa.array([Decimal(at) / 4 for at in range(n)], pa.decimal128(12, 4)),
            "w": pa.array([datetime(2026, 1, 1) + timedelta(days=at) for at in range(n)], pa.timestamp("us", "UTC")),
            "l": pa.array([[at, None] if at % 3 else [] for at in range(n)]),
            "s": pa.array([{"k": f"v{at}", "l": ["x"]} for at in range(n)]),
            "x": pa.array([bytes([at]) * 4 for at in range(n)], pa.binary(4)),
        }
    )


def parquet(**options: object) -> bytes:
    """Give a small Parquet file, written in one of the ways there are."""
    made = io.BytesIO()
    pq.write_table(table(), made, row_group_size=16, **options)
    return made.getvalue()


def seeds(kind: str) -> dict[str, list[bytes]]:
    """Give sound files, by suffix."""
    if kind == "csv":
        return {".csv": list(TEXT), ".tsv": list(TEXT)}
    if kind == "gz":
        return {".csv.gz": [gzip.compress(text, mtime=0) for text in TEXT]}
    ways = [{}, {"use_dictionary": False, "compression": "none"}, {"data_page_version": "2.0", "compression": "zstd"}]
    return {".parquet": [parquet(**way) for way in ways] + [parquet(store_schema=False, write_page_index=True)]}


def damaged(data: bytes, chance: random.Random, telling: tuple[bytes, ...]) -> bytes:
    """Flip, cut, insert, repeat or overwrite bytes, one to four times."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        size = len(changed)
        # Half of all damage near the end: there stand a Parquet file's footer and the checksums of gzip.
        at = (
            chance.randrange(size)
            if size and chance.random() < 0.5
            else max(0, size - 1 - int(chance.expovariate(1e-3)))
        )
        length = chance.choice((1, 1, 2, 4, 8, 64))
        match chance.randrange(6):
            case 0 if size:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = chance.choice(telling)
            case 3:
                changed[at:at] = changed[at : at + length] * chance.choice((1, 2, 50))
            case 4:
                changed[at : at + length] = chance.randbytes(length)
            case _ if chance.random() < 0.2:
                del changed[at:]
    return bytes(changed)


def outcome(path: Path, encoding: str) -> str:
    """Read all of a file; say whether it was a table or not, and raise what is neither."""
    try:
        source = open_rows(path, encoding=encoding)
        for part in source.parts():
            n_rows = sum(batch.num_rows for batch in part.batches(at_most=1024))
            assert n_rows == part.n_rows
    except InputError as error:
        if not 10 <= len(str(error)) <= 2000:
            raise AssertionError("a message is one paragraph") from error
        return "refused"
    return "table"


def main(kind: str, seconds: str, seed: str, folder: str) -> int:
    """Damage and read until the time is over."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    chance, end, counts = random.Random(seed), time.monotonic() + float(seconds), {"table": 0, "refused": 0}
    files = [(suffix, data) for suffix, all_of in seeds(kind).items() for data in all_of]
    telling = TELLING["text" if kind == "csv" else "packed"]
    while time.monotonic() < end:
        suffix, data = chance.choice(files)
        if kind == "gz" and chance.random() < 0.5:  # sound gzip of damaged text
            data = gzip.compress(damaged(gzip.decompress(data), chance, TELLING["text"]), mtime=0)
        else:
            data = damaged(data, chance, telling)
        path = Path(folder) / f"damaged{suffix}"
        path.write_bytes(data)
        began = time.monotonic()
        try:
            counts[outcome(path, chance.choice(("utf-8", "utf-8", "utf-16", "cp1252")))] += 1
        except BaseException:
            traceback.print_exc()
            return 1
        if time.monotonic() - began > LONGEST_READ:
            print(f"reading took more than {LONGEST_READ} s", file=sys.stderr)
            return 1
        path.unlink()
    print(counts)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

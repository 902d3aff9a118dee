"""Images: the files that a column of paths names, looked at without trusting any of them.

Takes  a column of paths, and the folder they are relative to.
Gives  Note: which of them are refused, and why. No pixel is decoded of an image that is too large.

A path is what somebody wrote into a table. Only a regular file inside the folder, after links are followed, is opened;
its size is read from its head, before there is memory for its pixels.

Before this: rows/source.py. After this: features.py, dataset.py.
"""

import stat
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pseudolabel.data.rows.source import Note
from pseudolabel.validation import listed

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")

MOST_PIXELS = 100_000_000
"""Of one image: 400 MB of memory, more than any camera of today takes."""

MOST_BYTES = 200_000_000
"""Of one file."""

MOST_FILES = 2_000
"""Files that are looked at: a second or two. More are said to be unseen."""

MOST_DECODED_PIXELS = 4_000_000
"""Of an image that is decoded to see whether it is whole; of larger ones only the head is read."""

CELLS_TO_JUDGE = 200
"""Cells that are looked at to tell whether a column holds names of images."""

NAMES_SHOWN = 5


@dataclass(frozen=True)
class Refused:
    """An image that is not used, and why."""

    name: str
    reason: str


def is_column_of_images(cells: Sequence[str]) -> bool:
    """Tell whether most of some texts are names of image files.

    Examples
    --------
    >>> is_column_of_images(["a.jpg", "b.PNG", "c"]), is_column_of_images(["a", "b.txt"])
    (True, False)
    """
    return 2 * sum(cell.casefold().endswith(SUFFIXES) for cell in cells) > len(cells) > 0


def names_of_images(column: "pd.Series[Any]") -> list[str]:
    """Give the filled cells of a column of names of images; none of another column.

    Examples
    --------
    >>> names_of_images(pd.Series(["a.jpg", None, "b.jpg"])), names_of_images(pd.Series([1.5, 2.5]))
    (['a.jpg', 'b.jpg'], [])
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return []
    filled = column.dropna()
    first = filled.head(CELLS_TO_JUDGE).tolist()
    if not all(isinstance(cell, str) for cell in first) or not is_column_of_images(first):
        return []
    return [str(cell) for cell in filled]


def look_at_images(column: str, cells: Sequence[str], folder: Path, *, named_only: bool = False) -> Note:
    """Report a column of paths, and the images among them that cannot be used.

    Parameters
    ----------
    column : str
    cells : sequence of str
        Its filled cells.
    folder : Path
        What the paths are relative to.
    named_only : bool, default=False
        Whether the names themselves are learnt from, because there is nothing else.
    """
    names = sorted(set(cells))
    refused = refused_images(names[:MOST_FILES], folder)
    told = f"{column!r} names {len(names):,} images. Their pixels are not learnt from, and "
    told += "as there is no other column, their names are." if named_only else "their names are not either."
    if len(names) > MOST_FILES:
        told += f" The first {MOST_FILES:,} were looked at."
    if refused:
        told += f" {len(refused):,} cannot be used: {shown_refusals(refused)}."
    return Note("images", told)


def refused_images(names: Sequence[str], folder: Path) -> list[Refused]:
    """Look at images; give those that cannot be used.

    Parameters
    ----------
    names : sequence of str
        Paths relative to the folder.
    folder : Path
    """
    reasons = ((name, why_not_opened(name, folder) or _why_not_an_image(folder / name)) for name in names)
    return [Refused(name, reason) for name, reason in reasons if reason]


def shown_refusals(refused: Sequence[Refused]) -> str:
    """Name refused images by their reason.

    Examples
    --------
    >>> shown_refusals([Refused("a.png", "missing"), Refused("b.png", "missing")])
    "missing: 'a.png', 'b.png'"
    """
    by_reason: dict[str, list[str]] = {}
    for image in refused:
        by_reason.setdefault(image.reason, []).append(image.name)
    return "; ".join(f"{reason}: {listed(names, most=NAMES_SHOWN)}" for reason, names in by_reason.items())


def why_not_opened(name: str, folder: Path) -> str:
    """Say why a file is not even opened; an empty text when it may be.

    Parameters
    ----------
    name : str
        A path relative to the folder.
    folder : Path
    """
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        if Path(name).is_absolute() or not path.is_relative_to(root):
            return "outside the folder of the table, and not opened"
        found = path.stat()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, or links in a circle
        return "missing"
    if not stat.S_ISREG(found.st_mode):
        return "no file"
    return f"larger than {MOST_BYTES:,} bytes" if found.st_size > MOST_BYTES else ""


def _why_not_an_image(path: Path) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # we have a limit of our own
            with Image.open(path) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    return f"more than {MOST_PIXELS:,} pixels"
                if width * height <= MOST_DECODED_PIXELS:
                    image.load()
                return ""
    except UnidentifiedImageError:
        return "no image"
    except Image.DecompressionBombError:
        return f"more than {MOST_PIXELS:,} pixels"
    except Exception:  # whatever a decoder meets in a damaged file
        return "damaged or cut short"

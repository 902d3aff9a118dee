"""Small runs to review: of cells, of texts and of images; made once for all workers of a test session."""

import shutil

import numpy as np
import pandas as pd
from filelock import FileLock
from PIL import Image, ImageDraw
from sklearn.datasets import load_breast_cancer

from pseudolabel.plan import Plan
from pseudolabel.review.intake import open_review
from pseudolabel.run import carry_out

N_LABELED = 40

MATTERS = ("invoice", "payment", "refund", "account", "charge", "receipt", "price", "card")
PARCELS = ("parcel", "courier", "delivery", "tracking", "address", "shipment", "driver", "box")
FILLERS = ("please", "when", "my", "the", "was", "again", "today", "never", "and", "still", "about", "your")

NASTY = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


def cells(folder):
    """Tumours measured, a real table: ids, ten numbers, a class; and a column that says nothing."""
    known = load_breast_cancer(as_frame=True)
    frame = known.data.iloc[:200, :10].round(3)
    frame.insert(0, "patient", [f"p{row:03d}" for row in range(len(frame))])
    frame["batch"] = 1
    return frame, np.where(known.target[:200] == 0, "malignant", "benign")


def texts(folder):
    """Messages to a shop, about money or about parcels; one of them long, one empty, one that is no friend."""
    rng = np.random.default_rng(0)
    truth = np.where(np.arange(120) % 2 == 0, "money", "parcels")
    words = [
        " ".join(rng.choice(MATTERS if kind == "money" else PARCELS, 4).tolist() + rng.choice(FILLERS, 9).tolist())
        for kind in truth
    ]
    words[7], words[9], words[11] = "parcel " * 20_000, "", NASTY
    return pd.DataFrame({"ticket": [f"t{row}" for row in range(120)], "message": words}), truth


def images(folder):
    """Drawings of discs and of squares, with how dark they are; one file is no image, one is missing."""
    rng = np.random.default_rng(0)
    (folder / "drawings").mkdir()
    truth, names, ink = [], [], []
    for row in range(100):
        kind, size = ("disc", "square")[row % 2], int(rng.integers(12, 28))
        drawing = Image.new("RGB", (64, 64), "white")
        corner = rng.integers(2, 64 - size - 2, 2).tolist()
        box = [*corner, corner[0] + size, corner[1] + size]
        draw = ImageDraw.Draw(drawing)
        (draw.ellipse if kind == "disc" else draw.rectangle)(box, fill="navy")
        names.append(f"drawings/{row}.png")
        drawing.save(folder / names[-1])
        ink.append(float((np.asarray(drawing)[:, :, 0] < 128).mean()) / (size / 64) ** 2)
        truth.append(kind)
    (folder / names[50]).write_bytes(b"no image at all")
    (folder / names[51]).unlink()
    return pd.DataFrame({"name": [f"i{row}" for row in range(100)], "path": names, "ink": ink}), np.array(truth)


KINDS = {"cells": cells, "texts": texts, "images": images}


def make(folder, kind):
    """Fit a quick model, and begin the review."""
    folder.mkdir()
    frame, truth = KINDS[kind](folder)
    labeled = np.random.default_rng(1).permutation(len(frame))[:N_LABELED]
    frame["kind"] = pd.Series(truth).where(np.isin(np.arange(len(frame)), labeled))
    frame.to_csv(folder / "table.csv", index=False)
    np.save(folder / "truth.npy", truth)
    plan = Plan(
        data=folder / "table.csv",
        label="kind",
        id=frame.columns[0],
        out=folder / "run",
        estimator="logistic",
        teacher="own",
        jobs=1,
    )
    carry_out(plan)
    open_review(folder / "run").close()


def copy_of(kind, tmp_path, tmp_path_factory):
    """Give a copy of a run of a kind, with its inputs beside it; all workers share the one it is copied from."""
    shared = tmp_path_factory.getbasetemp().parent / f"reviewed-{kind}"
    with FileLock(shared.with_suffix(".lock")):
        if not (shared / "made").exists():
            shutil.rmtree(shared, ignore_errors=True)
            make(shared, kind)
            (shared / "made").touch()
    copied = tmp_path / kind
    shutil.copytree(shared, copied)
    return copied / "run"


def truth_of(run):
    """Give the true class of every row."""
    return np.load(run.parent / "truth.npy").tolist()

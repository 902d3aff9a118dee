"""Images that a table names are looked at from outside: by path, kind and head, before there is memory for a pixel."""

import os
import tracemalloc

import pytest
from PIL import Image

from pseudolabel.data.images import is_column_of_images, look_at_images, refused_images


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "table"
    (root / "sub").mkdir(parents=True)
    Image.new("RGB", (8, 8), "red").save(root / "sound.png")
    Image.new("RGB", (8, 8), "red").save(root / "sub" / "sound.jpg")
    Image.new("RGB", (64, 64), "red").save(tmp_path / "outside.jpg")
    return root


def reasons(folder, *names):
    return {image.name: image.reason for image in refused_images(names, folder)}


def test_sound_images_are_not_refused(folder):
    assert reasons(folder, "sound.png", "sub/sound.jpg", "sub/../sound.png") == {}


@pytest.mark.parametrize(
    "name", ["../outside.jpg", "sub/../../outside.jpg", "link.jpg", "/etc/hostname", "link/outside.jpg"]
)
def test_a_file_outside_the_folder_is_not_opened(folder, name, monkeypatch):
    (folder / "link.jpg").symlink_to(folder.parent / "outside.jpg")
    (folder / "link").symlink_to(folder.parent)
    monkeypatch.setattr("PIL.Image.open", lambda path: pytest.fail(f"{path} was opened"))

    assert reasons(folder, name) == {name: "outside the folder of the table, and not opened"}


def test_what_is_no_sound_image_is_refused_by_its_reason(folder):
    content = (folder.parent / "outside.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(content[: len(content) // 2])
    (folder / "fake.jpg").write_bytes(b"not an image")
    (folder / "empty.png").touch()
    os.mkfifo(folder / "pipe.png")
    (folder / "circle.png").symlink_to(folder / "circle.png")

    found = reasons(folder, "cut.jpg", "fake.jpg", "empty.png", "none.png", "sub", "pipe.png", "circle.png", "a\0.png")

    assert found == {
        "cut.jpg": "damaged or cut short",
        "fake.jpg": "no image",
        "empty.png": "no image",
        "none.png": "missing",
        "sub": "no file",
        "pipe.png": "no file",
        "circle.png": "missing",
        "a\0.png": "missing",
    }


def test_an_image_of_too_many_pixels_is_refused_from_its_head(folder):
    Image.new("1", (20_000, 20_000)).save(folder / "bomb.png", optimize=True)
    assert (folder / "bomb.png").stat().st_size < 100_000
    tracemalloc.start()

    assert reasons(folder, "bomb.png") == {"bomb.png": "more than 100,000,000 pixels"}
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [(["a.png", "b.JPG"], True), (["a.png", "b", "c"], False), ([], False), (["my.pngs"], False), (["x/y.tiff"], True)],
)
def test_a_column_is_one_of_images_if_most_cells_end_so(cells, expected):
    assert is_column_of_images(cells) == expected


def test_the_note_names_the_column_and_what_is_refused(folder):
    note = look_at_images("photo", ["sound.png", "none.png", "none.png"], folder)

    assert note.code == "images"
    assert note.detail.startswith("'photo' names 2 images.")
    assert note.detail.endswith("1 cannot be used: missing: 'none.png'.")

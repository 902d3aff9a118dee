"""Picture worker: a process that draws images anew, and may use little memory.

Takes  lines of JSON on stdin, each with the path of an image and the longest side wanted.
Gives  on stdout for each a line with the number of bytes and, after it, a JPEG of so many bytes; 0 if it cannot be
       drawn.

Decoders of images have had errors that a prepared file could use. Whatever happens in here, the page goes on: it holds
no answer and no token, and only pixels leave it.

Before this: nothing. After this: pictures.py, which starts it.
"""

import json
import sys
from io import BytesIO

MOST_MEMORY = 1 << 30
"""Bytes of addresses: 100 million pixels of three bytes, decoded and scaled."""

MOST_PIXELS = 100_000_000


def draw(path: str, side: int) -> bytes:
    """Give an image as a JPEG whose longer side is at most `side` pixels."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the limit is ours
    with Image.open(path) as image:
        if image.width * image.height > MOST_PIXELS:
            return b""
        image.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(image) or image
        upright.thumbnail((side, side))
        ground = Image.new("RGB", upright.size, "white")
        plain = upright.convert("RGBA") if upright.mode in ("P", "LA", "PA", "RGBA") else upright.convert("RGB")
        ground.paste(plain, mask=plain.getchannel("A") if plain.mode == "RGBA" else None)
        out = BytesIO()
        ground.save(out, "JPEG", quality=85)
    return out.getvalue()


def main() -> None:
    """Draw what is asked for until nobody asks any more."""
    _limit()
    for line in sys.stdin:
        wish = json.loads(line)
        try:
            drawn = draw(wish["path"], int(wish["side"]))
        except Exception:  # whatever a decoder meets in a damaged file
            drawn = b""
        sys.stdout.buffer.write(f"{len(drawn)}\n".encode() + drawn)
        sys.stdout.buffer.flush()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # a system without limits
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()

"""Draw a photo upright and without its metadata. Runs in the confined child only."""

from __future__ import annotations

import warnings
from io import BytesIO

import pillow_heif

# Named, not found at the first file: the child opens nothing once it runs. MPO is what telephones call JPEG.
from PIL import Image, ImageOps, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, UnidentifiedImageError

from portal.lib.confined import Refused

PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin)
FORMATS = ("JPEG", "PNG", "HEIF")
MOST_PIXELS = 40_000_000
QUALITY = 85
ORIENTATION = 0x0112
SIDEWAYS = range(5, 9)  # EXIF orientations that exchange width and height
SMOOTH = {
    "1": "L",
    "P": "RGBA",
    "PA": "RGBA",
}  # by what is replaced a mode that cannot be made smaller smoothly


def preload() -> None:
    """Let Pillow read the photos of iPhones, in this process alone; the child may start no thread."""
    pillow_heif.register_heif_opener(decode_threads=0, thumbnails=False, depth_images=False, aux_images=False)


def draw(data: memoryview, width: int) -> Image.Image:
    """The picture as its camera meant it, at most `width` pixels wide, on white, nothing else kept."""
    try:
        return _drawn(_opened(data), width)
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # what Pillow raises on broken files
        raise Refused("damaged") from error


def check(data: memoryview) -> None:
    """Refuse what is no picture, or too large a one; only its head is read."""
    try:
        _opened(data)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Refused("damaged") from error


def encode(picture: Image.Image) -> bytes:
    """JPEG with nothing in it but the pixels. `picture` is not used any more.

    PNG took 100 to 300 ms a page, and ten times the bytes of a photo.
    """
    picture.info = {}
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _opened(data: memoryview) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(BytesIO(data), formats=FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise Refused("too-large") from error
        except UnidentifiedImageError as error:
            raise Refused("damaged") from error


def _drawn(image: Image.Image, width: int) -> Image.Image:
    sideways = image.getexif().get(ORIENTATION) in SIDEWAYS
    across, down = image.size[::-1] if sideways else image.size
    height = max(1, round(down * min(1.0, width / across)))
    box = (height, width) if sideways else (width, height)
    image.draft("RGB", box)  # a JPEG is decoded at a half, a quarter, an eighth at once
    image.load()
    image = _smooth(image)
    image.thumbnail(box, Image.Resampling.HAMMING)
    return _on_white(ImageOps.exif_transpose(image))


def _smooth(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey, as X-ray pictures have
        return image.point(lambda grey: grey * (1 / 257)).convert("L")
    return image.convert(SMOOTH[image.mode]) if image.mode in SMOOTH else image


def _on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        sheet = Image.new("RGBA", image.size, "white")
        sheet.alpha_composite(image)
        image = sheet
    return image if image.mode == "L" else image.convert("RGB")

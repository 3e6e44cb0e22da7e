# SPDX-License-Identifier: Apache-2.0
# Makes the fixtures beside it. resize.json: torch 2.11 interpolate(antialias=True), bilinear and bicubic, in
# float64, rounded half up; no output one pixel wide, where torch's answer depends on the memory
# format. *.jpg, *.png, *.webp and decode.json: small files written by Pillow 13 and their pixels as Pillow
# reads them, upright. Run: python make.py
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import torch
from PIL import Image, ImageOps

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(3)


def packed(array):
    return base64.b16encode(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).decode().lower()


cases = []
shapes = [((8, 8), (32, 32)), ((8, 8), (3, 5)), ((7, 11), (4, 4)), ((13, 5), (13, 9)),
          ((20, 17), (2, 3)), ((1, 1), (4, 3)), ((6, 9), (9, 6)), ((5, 5), (5, 4))]
for mode in ("bilinear", "bicubic"):
    for (h, w), (oh, ow) in shapes:
        image = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
        planes = torch.from_numpy(image).permute(2, 0, 1)[None].double()
        out = torch.nn.functional.interpolate(planes, (oh, ow), mode=mode, antialias=True, align_corners=False)
        out = (out[0].permute(1, 2, 0).clamp(0, 255) + 0.5).floor().to(torch.uint8).numpy()
        cases.append({"mode": mode, "in": [h, w], "pixels": packed(image), "out": [oh, ow], "resized": packed(out)})
(here / "resize.json").write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")

y, x = np.mgrid[0:11, 0:14]
smooth = np.stack([x * 18, y * 23, 255 - x * 9 - y * 11], -1).astype(np.uint8)
grey = Image.fromarray(smooth[..., 0])
color = Image.fromarray(smooth)
alpha = Image.fromarray(np.concatenate([smooth, (x * 19)[..., None].astype(np.uint8)], -1))
files = {}


def save(name, image, **options):
    buffer = io.BytesIO()
    image.save(buffer, {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[name.split(".")[1]], **options)
    files[name] = buffer.getvalue()


save("color.jpg", color, quality=90)
save("color_420.jpg", color, quality=80, subsampling=2)
save("progressive.jpg", color, quality=90, progressive=True)
save("grey.jpg", grey, quality=90)
save("cmyk.jpg", color.convert("CMYK"), quality=95)
save("color.png", color)
save("grey.png", grey)
save("palette.png", color.quantize(7))
save("bits1.png", grey.point(lambda v: 255 if v > 100 else 0).convert("1"))
save("grey_alpha.png", alpha.convert("LA"))
save("alpha.png", alpha)
save("transparent_color.png", color, transparency=(18, 0, 246))
save("wide16.png", Image.fromarray((x * 4000 + y * 771).astype(np.uint16)))


save("bits2.png", color.quantize(4), bits=2)
save("bits4.png", color.quantize(16), bits=4)
save("lossy.webp", color, quality=80)
save("lossless.webp", color, lossless=True)
save("alpha.webp", alpha, lossless=True, exact=True)
turned = Image.Exif()
for orientation in range(2, 9):
    turned[274] = orientation
    save(f"turned{orientation}.jpg", color, quality=90, exif=turned)
turned[274] = 6
save("turned.png", color, exif=turned)
save("turned.webp", color, lossless=True, exif=turned)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def interlaced(array):  # Adam7, which Pillow reads and does not write
    raw = b""
    for y0, x0, dy, dx in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
        for row in array[y0::dy, x0::dx]:
            raw += b"\0" + row.tobytes() if row.size else b""
    h, w = array.shape[:2]
    header = struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


files["interlaced.png"] = interlaced(smooth)


def wide_alpha(array):  # 16 bits, which Pillow has no colour mode for
    h, w = array.shape[:2]
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    header = struct.pack(">IIBBBBB", w, h, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


deep = np.concatenate([smooth.astype(int) * 257, (x * 4681)[..., None]], -1)
files["wide16_alpha.png"] = wide_alpha(deep)


def pixels(name, data):
    if name == "wide16_alpha.png":
        return np.round(deep[..., :3] * (deep[..., 3:] / 65535) / 257).astype(np.uint8)
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if name == "wide16.png":
        return np.repeat(np.round(np.asarray(image).astype(float) * 255 / 65535).astype(np.uint8)[..., None], 3, -1)
    if name == "cmyk.jpg":  # Pillow turns Adobe's inverted inks round
        inks = 255 - np.asarray(image).astype(int)
        return np.round(inks[..., :3] * inks[..., 3:] / 255).astype(np.uint8)
    rgba = np.asarray(image.convert("RGBA")).astype(float)
    return np.round(rgba[..., :3] * rgba[..., 3:] / 255).astype(np.uint8)


decoded = {}
for name, data in files.items():
    (here / name).write_bytes(data)
    array = pixels(name, data)
    decoded[name] = {"shape": list(array.shape), "pixels": packed(array)}
(here / "decode.json").write_text(json.dumps(decoded, separators=(",", ":")) + "\n")

buffer = io.BytesIO()
Image.new("RGB", (2000, 2000), (9, 90, 200)).save(buffer, "WEBP", lossless=True)
(here / "flat.webp").write_bytes(buffer.getvalue())
buffer = io.BytesIO()
color.save(buffer, "WEBP", save_all=True, append_images=[Image.fromarray(255 - smooth)], lossless=True)
(here / "animated.webp").write_bytes(buffer.getvalue())

# RandAugment's operations and colour changes, as torchvision 0.26 does them on uint8 tensors.
import torchvision.transforms.v2.functional as F  # noqa: E402
from torchvision.transforms import InterpolationMode, RandAugment  # noqa: E402
from torchvision.transforms.autoaugment import _apply_op  # noqa: E402

height, width = 10, 12
picture = np.clip(np.stack([np.outer(np.arange(height), np.ones(width)) * 20,
                            np.outer(np.ones(height), np.arange(width)) * 17,
                            rng.integers(0, 256, (height, width))], -1) + rng.integers(0, 30, (height, width, 3)),
                  0, 255).astype(np.uint8)
tensor = torch.from_numpy(picture).permute(2, 0, 1)
space = RandAugment()._augmentation_space(31, (height, width))
operations = []
for operation, (magnitudes, signed) in space.items():
    for magnitude in (9, 27) if magnitudes.ndim > 0 else (9,):
        for negative in (False, True) if signed else (False,):
            value = float(magnitudes[magnitude]) if magnitudes.ndim > 0 else 0.0
            out = _apply_op(tensor, operation, -value if negative else value, InterpolationMode.NEAREST, None)
            operations.append({"operation": operation, "magnitude": magnitude, "negative": negative,
                               "pixels": packed(out.permute(1, 2, 0).numpy())})
hues = [{"turn": turn, "pixels": packed(F.adjust_hue(tensor, turn).permute(1, 2, 0).numpy())} for turn in (-0.3, 0.1, 0.5)]
(here / "augment.json").write_text(json.dumps({"shape": [height, width], "pixels": packed(picture), "operations": operations,
                                               "hues": hues}, separators=(",", ":")) + "\n")

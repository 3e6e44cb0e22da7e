# SPDX-License-Identifier: Apache-2.0
# Makes the fixtures beside it. resize.json: torch 2.11 interpolate(mode="bilinear", antialias=True) in
# float64, rounded half up; no output one pixel wide, where torch's answer depends on the memory
# format. *.jpg, *.png and decode.json: small files written by Pillow 13 and their
# pixels as Pillow reads them. Run: python make.py
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import torch
from PIL import Image

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(3)


def packed(array):
    return base64.b16encode(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).decode().lower()


cases = []
for (h, w), (oh, ow) in [((8, 8), (32, 32)), ((8, 8), (3, 5)), ((7, 11), (4, 4)), ((13, 5), (13, 9)),
                         ((20, 17), (2, 3)), ((1, 1), (4, 3)), ((6, 9), (9, 6)), ((5, 5), (5, 4))]:
    image = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].double()
    out = torch.nn.functional.interpolate(planes, (oh, ow), mode="bilinear", antialias=True, align_corners=False)
    out = (out[0].permute(1, 2, 0).clamp(0, 255) + 0.5).floor().to(torch.uint8).numpy()
    cases.append({"in": [h, w], "pixels": packed(image), "out": [oh, ow], "resized": packed(out)})
(here / "resize.json").write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")

y, x = np.mgrid[0:11, 0:14]
smooth = np.stack([x * 18, y * 23, 255 - x * 9 - y * 11], -1).astype(np.uint8)
grey = Image.fromarray(smooth[..., 0])
color = Image.fromarray(smooth)
alpha = Image.fromarray(np.concatenate([smooth, (x * 19)[..., None].astype(np.uint8)], -1))
files = {}


def save(name, image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG" if name.endswith("jpg") else "PNG", **options)
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


def pixels(name, data):
    image = Image.open(io.BytesIO(data))
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

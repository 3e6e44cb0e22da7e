#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peers of bench_images, and the files that all of them read.

    images.py make FOLDER --count N     N JPEG files of 500 x 375 pixels, quality 90, in two class folders
    images.py decode FOLDER             simplejpeg's decode of every file to RGB, one thread
    images.py loader FOLDER --size S [--workers W] [--decoder pil|torchvision] [--random-parts]
                                        torchvision's ImageFolder through a DataLoader to normalised batches

The loader's first epoch warms up, the second is timed. pil is what ImageFolder does by itself;
torchvision reads with torchvision.io.decode_jpeg and resizes bytes. One JSON line on stdout.
"""
import argparse
import json
import pathlib
import time


def make(folder, count):
    """Photographs are noise whose strength falls with frequency: so many bytes a pixel, too."""
    import numpy
    from PIL import Image

    rng = numpy.random.default_rng(0)
    rows, columns = numpy.fft.fftfreq(375)[:, None], numpy.fft.rfftfreq(500)[None, :]
    falling = 1.0 / numpy.maximum(numpy.hypot(rows, columns), 1.0 / 500) ** 1.3
    for number in range(count):
        planes = []
        for strength in (1.0, 0.35, 0.35):
            noise = rng.normal(size=falling.shape) + 1j * rng.normal(size=falling.shape)
            plane = numpy.fft.irfft2(noise * falling, s=(375, 500))
            planes.append(128 + 52 * strength * plane / plane.std())
        pixels = numpy.clip(numpy.stack(planes, -1), 0, 255).astype(numpy.uint8)
        path = pathlib.Path(folder) / "ab"[number % 2] / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels, "YCbCr").convert("RGB").save(path, quality=90)
    return {"files": count}


def decode(folder):
    import simplejpeg

    files = [path.read_bytes() for path in sorted(pathlib.Path(folder).glob("*/*.jp*g"))]
    for content in files[:50]:
        simplejpeg.decode_jpeg(content)
    begin, cpu = time.perf_counter(), time.process_time()
    for content in files:
        simplejpeg.decode_jpeg(content)
    return {
        "images_per_second": len(files) / (time.perf_counter() - begin),
        "cpu_ms": 1e3 * (time.process_time() - cpu) / len(files),
    }


def loader(words):
    import torch
    import torchvision
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    size = words.size
    parts = [v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip()]
    geometry = parts if words.random_parts else [v2.Resize((size, size), antialias=True)]
    to_floats = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5, 0.4, 0.3], [0.2, 0.2, 0.2])]
    first = [v2.ToImage()] if words.decoder == "pil" else []
    # PIL's own resize where PIL has decoded, as the common recipe has it.
    transform = v2.Compose((geometry + first if words.decoder == "pil" else geometry) + to_floats)
    read = {}
    if words.decoder == "torchvision":
        mode = torchvision.io.ImageReadMode.RGB
        read["loader"] = lambda path: torchvision.io.decode_jpeg(torchvision.io.read_file(path), mode=mode)
    data = torchvision.datasets.ImageFolder(words.folder, transform, **read)
    batches = torch.utils.data.DataLoader(
        data, words.batch, shuffle=True, num_workers=words.workers, persistent_workers=words.workers > 0, drop_last=True
    )
    for _ in batches:
        pass
    begin = time.perf_counter()
    count = sum(len(targets) for _, targets in batches)
    return {"images_per_second": count / (time.perf_counter() - begin)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("measure", choices=["make", "decode", "loader"])
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--decoder", choices=["pil", "torchvision"], default="pil")
    parser.add_argument("--random-parts", action="store_true")
    words = parser.parse_args()
    measures = {
        "make": lambda: make(words.folder, words.count),
        "decode": lambda: decode(words.folder),
        "loader": lambda: loader(words),
    }
    print(json.dumps(measures[words.measure]()))


main()

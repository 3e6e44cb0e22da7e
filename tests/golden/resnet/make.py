# SPDX-License-Identifier: Apache-2.0
"""Names, shapes and logits of torchvision's ResNets, so that tests can compare without Python:

    python make.py

Weights are not stored: every tensor of the state is filled by a formula of its place in the sorted list of names,
which the test repeats. Writes expected.json."""

import json
import pathlib

import torch
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

CLASSES, SIZE = 5, 40


def pattern(count, number):
    """Values in [-1, 1] that need no generator: the sine of a quadratic, in double precision."""
    index = torch.arange(count, dtype=torch.float64)
    return torch.sin(index * 0.7 + index * index * 0.013 + number)


def fill(model):
    for number, (name, tensor) in enumerate(sorted(model.state_dict().items())):
        if not tensor.is_floating_point():
            continue
        values = pattern(tensor.numel(), number).view(tensor.shape)
        if tensor.dim() == 1 and not name.endswith("bias") and not name.endswith("mean"):
            values = 1.0 + 0.3 * values
        elif tensor.dim() > 1:
            values = values * (2.0 / tensor[0].numel()) ** 0.5
        else:
            values = values * 0.1
        tensor.copy_(values.to(tensor.dtype))


def fixture(block, blocks):
    model = ResNet(block, blocks, num_classes=CLASSES).eval()
    with torch.no_grad():
        fill(model)
        images = pattern(2 * 3 * SIZE * SIZE, 0).to(torch.float32).view(2, 3, SIZE, SIZE)
        logits = model(images)
    return {"blocks": blocks, "bottleneck": block is Bottleneck,
            "state": {name: list(tensor.shape) for name, tensor in sorted(model.state_dict().items())},
            "logits": [round(value, 6) for value in logits.flatten().tolist()]}


def main():
    folder = pathlib.Path(__file__).parent
    expected = {"basic": fixture(BasicBlock, [1, 2, 1, 1]), "bottleneck": fixture(Bottleneck, [2, 1, 1, 1])}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""PyTorch: ResNet-18 in torchvision's layout with the small stem (3x3, stride 1, no pooling), width 64, or with
--narrow the network of configs/cifar10.json: fixed 2x2 filters as its stem, three stages of one block, halved by pooling;
images 32x32, 10 classes, batch 128, SGD with Nesterov momentum, no clipping. Prints one JSON line; items are images."""

import sys

import torch
from torch import nn
from torch.nn import functional as F

import timing

SIZE, CLASSES, BATCH, IMAGES = 32, 10, 128, 2048
WIDTH, STAGES, BLOCKS = 64, 4, 2
NARROW_WIDTHS, FILTERS = (64, 192, 192), 24


def convolution(inputs, outputs, kernel, stride):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = convolution(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = convolution(outputs, outputs, 3, 1), nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(convolution(inputs, outputs, 1, stride),
                                            nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.bn2(self.conv2(x))
        x += shortcut
        return F.relu(x, inplace=True)


class PooledBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1, self.bn1 = convolution(inputs, outputs, 3, 1), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = convolution(outputs, outputs, 3, 1), nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential(convolution(inputs, outputs, 1, 1), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = self.downsample(F.avg_pool2d(x, 2))
        x = F.relu(self.bn1(F.max_pool2d(self.conv1(x), 2)), inplace=True)
        x = self.bn2(self.conv2(x))
        x += shortcut
        return F.relu(x, inplace=True)


class NarrowResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("filters", 0.3 * torch.randn(FILTERS, 3, 2, 2))
        blocks, inputs = [], FILTERS
        for outputs in NARROW_WIDTHS:
            blocks.append(PooledBlock(inputs, outputs))
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        x = F.relu(F.conv2d(x, self.filters), inplace=True)
        return self.fc(self.blocks(x).mean(dim=(2, 3)))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = convolution(3, WIDTH, 3, 1), nn.BatchNorm2d(WIDTH)
        blocks, inputs = [], WIDTH
        for stage in range(STAGES):
            outputs = WIDTH << stage
            for block in range(BLOCKS):
                blocks.append(BasicBlock(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(inputs, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.fc(self.blocks(x).mean(dim=(2, 3)))


def main():
    options = timing.arguments(steps=6, warmup=1)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    images = torch.randn(IMAGES, 3, SIZE, SIZE)
    labels = torch.randint(CLASSES, (IMAGES,))
    model = (NarrowResNet() if "--narrow" in sys.argv else ResNet()).to(memory_format=layout)
    # PyTorch's SGD adds the decay to the gradient, candor subtracts it from the weight: as many operations.
    optimizer = torch.optim.SGD(timing.parameter_groups(model, 5e-4), lr=0.1, momentum=0.9, nesterov=True,
                                fused=options.fused)

    def draw():
        index = torch.randint(IMAGES, (BATCH,))
        return (images.index_select(0, index).contiguous(memory_format=layout),
                labels.index_select(0, index))

    def loss(batch, target):
        return F.cross_entropy(model(batch), target)

    timing.report(options, timing.train(options, model, optimizer, draw, loss), BATCH)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""PyTorch: MLP 105-512-256-2 at batch 256, AdamW, gradients clipped to norm 1. Rows lie in
memory; a batch is an index_select. Prints one JSON line; items are rows."""

import torch
from torch import nn
from torch.nn import functional as F

import timing

ROWS, FEATURES, CLASSES, BATCH = 32768, 105, 2, 256


def main():
    options = timing.arguments(steps=1500, warmup=100)
    rows = torch.randn(ROWS, FEATURES)
    labels = torch.randint(CLASSES, (ROWS,))
    model = nn.Sequential(nn.Linear(FEATURES, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
                          nn.Linear(256, CLASSES))
    optimizer = torch.optim.AdamW(timing.parameter_groups(model, 0.01), lr=1e-3, fused=options.fused)
    state = {"order": torch.randperm(ROWS), "next": 0}

    def draw():
        if state["next"] + BATCH > ROWS:
            state["order"], state["next"] = torch.randperm(ROWS), 0
        index = state["order"][state["next"]:state["next"] + BATCH]
        state["next"] += BATCH
        return rows.index_select(0, index), labels.index_select(0, index)

    def loss(batch, target):
        return F.cross_entropy(model(batch), target)

    timing.report(options, timing.train(options, model, optimizer, draw, loss, clip_norm=1.0), BATCH)


if __name__ == "__main__":
    main()

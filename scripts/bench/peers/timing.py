# SPDX-License-Identifier: Apache-2.0
"""What the training peers share: arguments, the timed loop, the JSON line."""

import argparse
import json
import time

import torch


def arguments(steps, warmup):
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=steps, help="timed steps")
    parser.add_argument("--warmup", type=int, default=warmup, help="steps before the clock starts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fused", action="store_true", help="the optimizer's fused kernel")
    parser.add_argument("--channels-last", action="store_true", help="images as NHWC (ResNet only)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    return options


def parameter_groups(model, weight_decay):
    """Weight decay for everything of two or more dimensions: no biases, no norms."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


def train(model, optimizer, loss_of, clip_norm=None):
    """One step of eager training; `loss_of` draws a batch and returns its loss."""

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of().backward()
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()

    return step


def report(options, step, items_per_step):
    for _ in range(options.warmup):
        step()
    begin = time.perf_counter()
    for _ in range(options.steps):
        step()
    seconds = time.perf_counter() - begin
    print(json.dumps({
        "steps": options.steps,
        "seconds": round(seconds, 6),
        "items_per_second": round(options.steps * items_per_step / seconds, 3),
    }))

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
    parser.add_argument("--large", action="store_true", help="6 x 384, context 256 (Transformer only)")
    parser.add_argument("--narrow", action="store_true", help="the network of configs/cifar10.json (ResNet only)")
    parser.add_argument("--bfloat16", action="store_true", help="autocast to bfloat16")
    parser.add_argument("--compile", action="store_true", help="torch.compile of model and loss")
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


def train(options, model, optimizer, draw, loss_of, clip_norm=None):
    """One step of training; `loss_of` gives the loss of the batch that `draw` returns."""
    if options.compile:
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad(set_to_none=True)
        batch = draw()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
            loss = loss_of(*batch)
        loss.backward()
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

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peer of bench_loader: PyTorch's RandomSampler, and its DataLoader over a TensorDataset.

    loader.py resume|order|batches --rows N

resume: the sampler of a new process shuffles all rows and goes to the middle of the epoch. order: rows
per second of the shuffle, handed out in batches. batches: microseconds per batch of index_select on the
tensors, and through a DataLoader that hands whole batches of numbers to the dataset (its fastest way).
One JSON line on stdout.
"""
import argparse
import json
import time

import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

COLUMNS, BATCH = 14, 256


class Rows(Dataset):
    def __init__(self, count):
        self.numeric = torch.rand(count, COLUMNS)
        self.target = torch.randint(0, 2, (count,))

    def __len__(self):
        return len(self.target)

    def __getitem__(self, rows):
        rows = torch.tensor(rows)
        return self.numeric.index_select(0, rows), self.target.index_select(0, rows)


def batches_of(count):
    return BatchSampler(RandomSampler(range(count)), BATCH, drop_last=True)


def resume(count):
    begin = time.perf_counter()
    middle = count // BATCH // 2
    for number, _ in enumerate(batches_of(count)):
        if number == middle:
            break
    return {"seconds": time.perf_counter() - begin}


def order(count):
    begin = time.perf_counter()
    rows = sum(len(batch) for batch in batches_of(count))
    return {"rows_per_second": rows / (time.perf_counter() - begin)}


def batches(count):
    data = Rows(count)
    steps = min(count // BATCH, 2000)
    numbers = [rows for _, rows in zip(range(steps), batches_of(count))]
    loader = iter(DataLoader(data, sampler=batches_of(count), batch_size=None))
    next(loader)
    raw = through = 0.0
    for rows in numbers[1:]:
        begin = time.perf_counter()
        data[rows]
        raw += time.perf_counter() - begin
        begin = time.perf_counter()
        next(loader)
        through += time.perf_counter() - begin
    return {"raw_us": 1e6 * raw / (steps - 1), "loader_us": 1e6 * through / (steps - 1)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("measure", choices=["resume", "order", "batches"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    words = parser.parse_args()
    torch.set_num_threads(1)
    measure = {"resume": resume, "order": order, "batches": batches}[words.measure]
    print(json.dumps(measure(words.rows)))


main()

# SPDX-License-Identifier: Apache-2.0
"""Fairlearn's MetricFrame on a file of bench_groups; prints one JSON line with the seconds it took."""

import json
import sys
import time

import numpy
from fairlearn import metrics
from sklearn.metrics import accuracy_score, precision_score

with open(sys.argv[1], "rb") as file:
    rows, groups = numpy.fromfile(file, numpy.uint64, 2)
    target = numpy.fromfile(file, numpy.uint8, int(rows))
    codes = numpy.fromfile(file, numpy.uint8, int(rows))
    probability = numpy.fromfile(file, numpy.float32, int(rows))
names = numpy.array([f"group {code}" for code in range(int(groups))])[codes]

start, cpu = time.perf_counter(), time.process_time()
# The first of equals: a positive one needs more than the other class has.
predicted = (probability > numpy.float32(1) - probability).astype(numpy.uint8)
frame = metrics.MetricFrame(
    metrics={
        "accuracy": accuracy_score,
        "selection_rate": metrics.selection_rate,
        "true_positive_rate": metrics.true_positive_rate,
        "false_positive_rate": metrics.false_positive_rate,
        "precision": precision_score,
    },
    y_true=target,
    y_pred=predicted,
    sensitive_features=names,
)
table = frame.by_group
seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
print(json.dumps({"rows": int(rows), "groups": len(table), "seconds": round(seconds, 6),
                  "cpu_seconds": round(cpu_seconds, 6), "accuracies": round(float(table["accuracy"].sum()), 9)}))

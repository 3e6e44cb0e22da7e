# SPDX-License-Identifier: Apache-2.0
"""1,000 areas under the ROC curve of resampled rows with scikit-learn, as bench_metrics auc has them.

    auc_resamples.py FILE RESAMPLES
"""

import json
import sys
import time

import numpy as np
from sklearn.metrics import roc_auc_score


def main():
    data = np.fromfile(sys.argv[1], dtype=np.uint8)
    rows = len(data) // 5
    score = data[: 4 * rows].view(np.float32)
    label = data[4 * rows :]
    rng = np.random.default_rng(0)
    start = time.perf_counter()
    sides = [np.flatnonzero(label == side) for side in (0, 1)]
    areas = []
    for _ in range(int(sys.argv[2])):
        drawn = np.concatenate([side[rng.integers(0, len(side), len(side))] for side in sides])
        areas.append(roc_auc_score(label[drawn], score[drawn]))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "mean": float(np.mean(areas)), "standard_error": float(np.std(areas, ddof=1))}))


if __name__ == "__main__":
    main()

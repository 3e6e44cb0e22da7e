# SPDX-License-Identifier: Apache-2.0
"""Two runs of a classifier on the same test rows, row by row: the second less the first, with a 95 % interval of the
mean difference (its standard error over rows).

    python paired_rows.py RUN_A RUN_B
"""

import json
import math
import pathlib
import sys

import numpy as np


def rows(run):
    labels = json.loads((pathlib.Path(run) / "report.json").read_text())["confusion"]["labels"]
    result = {}
    with open(pathlib.Path(run) / "predictions" / "test.jsonl") as file:
        for line in file:
            row = json.loads(line)
            p = max(row["output"]["probabilities"][labels.index(row["target"])], 1.2e-38)
            result[row["id"]] = (row["output"]["label"] == row["target"], -math.log(p))
    return result


def main():
    a, b = rows(sys.argv[1]), rows(sys.argv[2])
    if a.keys() != b.keys():
        sys.exit("error: the runs were tested on other rows")
    for place, name in enumerate(("accuracy", "log_loss")):
        x = np.array([a[k][place] for k in a], float)
        y = np.array([b[k][place] for k in a], float)
        d = y - x
        reach = 1.959964 * d.std(ddof=1) / math.sqrt(len(d))
        print(f"{name}: {x.mean():.5f} -> {y.mean():.5f}, {d.mean():+.5f} [{d.mean() - reach:+.5f}, "
              f"{d.mean() + reach:+.5f}] over {len(d)} rows")


main()

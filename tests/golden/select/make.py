# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/select/folds.json: cross-validated AUC with the influence-curve interval of LeDell, Petersen
and van der Laan (2015), and the corrected interval of Nadeau and Bengio (2003), by direct formulas over all pairs in
NumPy, with the quantiles of SciPy.

    python make.py
"""

import json
import pathlib

import numpy as np
import scipy.stats


def short(values):
    """float32 numbers as the shortest decimals that read back to the same float32."""
    return [float(np.format_float_positional(v, unique=True)) for v in np.ravel(values)]


def pairs(score, positive):
    """Share of (positive, negative) pairs in the right order, ties half, as a matrix."""
    x, y = score[positive], score[~positive]
    return (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])


def auc_case(name, seed, rows, classes, folds, decimals):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes)) + 0.8 * np.eye(classes)[target]
    p = np.exp(logits)
    p = (p / p.sum(axis=1, keepdims=True)).round(decimals).astype(np.float32)
    fold = rng.permutation(np.arange(rows) % folds)
    labels = [1] if classes == 2 else range(classes)
    influence = np.zeros(rows)
    values = []
    for v in range(folds):
        held = np.flatnonzero(fold == v)
        area, curve = [], np.zeros(len(held))
        for c in labels:
            positive = target[held] == c
            matrix = pairs(p[held, c].astype(float), positive)
            auc = matrix.mean()
            share = (target == c).mean()
            area.append(auc)
            curve[positive] += (matrix.mean(axis=1) - auc) / share
            curve[~positive] += (matrix.mean(axis=0) - auc) / (1 - share)
        values.append(np.mean(area))
        influence[held] = curve / len(labels)
    value = float(np.mean(values))
    error = float(np.sqrt((influence**2).mean() / rows))
    z = scipy.stats.norm.ppf(0.975)
    return {"name": name, "classes": classes, "folds": folds, "fold": fold.tolist(), "target": target.tolist(),
            "probabilities": short(p), "fold_values": [float(v) for v in values], "value": value,
            "low": value - z * error, "high": value + z * error}


def nadeau_bengio_case(name, values, share, confidence):
    k = len(values)
    error = float(np.sqrt((1 / k + share) * np.var(values, ddof=1)))
    t = float(scipy.stats.t.ppf(0.5 + confidence / 2, k - 1))
    mean = float(np.mean(values))
    return {"name": name, "values": values, "share": share, "confidence": confidence, "mean": mean,
            "standard_error": error, "low": mean - t * error, "high": mean + t * error,
            "p": float(2 * scipy.stats.t.sf(abs(mean / error), k - 1))}


def main():
    # Expected largest of n standard normal numbers; Teichroew 1956, Annals of Mathematical Statistics 27, table I.
    largest = [[1, 0.0], [2, 0.56418958], [3, 0.84628438], [5, 1.16296447], [10, 1.53875273], [20, 1.86747506]]
    result = {
        "auc": [auc_case("two classes", 1, 60, 2, 5, 7), auc_case("two classes, ties", 2, 61, 2, 4, 1),
                auc_case("four classes", 3, 120, 4, 5, 7)],
        "nadeau_bengio": [nadeau_bengio_case("five folds", [0.81, 0.84, 0.79, 0.86, 0.82], 0.25, 0.95),
                          nadeau_bengio_case("differences", [0.01, -0.02, 0.03, 0.02, 0.0, 0.04, 0.01, 0.02, -0.01, 0.03],
                                             1 / 9, 0.9)],
        "largest": largest}
    path = pathlib.Path(__file__).with_name("folds.json")
    path.write_text(json.dumps(result) + "\n")


main()

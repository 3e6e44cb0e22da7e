# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/metrics/*.json: small scored data sets with the values that scikit-learn, SciPy and
direct formulas in NumPy give for them. Run by hand in a Python that has scikit-learn >= 1.7:

    python make.py
"""

import json
import math
import pathlib

import numpy as np
import scipy.stats
import sklearn.metrics as sk


def short(values):
    """float32 numbers as the shortest decimals that read back to the same float32."""
    return [float(np.format_float_positional(v, unique=True)) for v in np.ravel(values)]


def calibration_error(probabilities, target, weight, bins=15):
    top = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == target).astype(float)
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (top > low) & (top <= high)
        error += abs((weight * (right - top))[inside].sum())
    return error / weight.sum()


def delong_variance(score, positive):
    """All pairs, unweighted."""
    x, y = score[positive], score[~positive]
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    return psi.mean(axis=1).var(ddof=1) / len(x) + psi.mean(axis=0).var(ddof=1) / len(y)


def classification(name, seed, rows, classes, weighted=False, decimals=None, absent=()):
    rng = np.random.default_rng(seed)
    target = rng.choice([k for k in range(classes) if k not in absent], rows)
    logits = rng.normal(size=(rows, classes)) + 1.2 * np.eye(classes)[target]
    p = np.exp(logits)
    p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
    if decimals is not None:
        p = p.round(decimals)
        p[:, -1] = 1 - p[:, :-1].sum(axis=1)
        p = p.astype(np.float32)
    weight = rng.uniform(0.2, 3.0, rows).round(3) if weighted else np.ones(rows)
    probabilities = p.astype(np.float64)
    predicted = probabilities.argmax(axis=1)
    present = sorted(set(target.tolist()))
    hot = np.eye(classes)[target]
    macro = dict(labels=present, average="macro", sample_weight=weight, zero_division=0)
    if classes == 2:
        auc = sk.roc_auc_score(target, probabilities[:, 1], sample_weight=weight)
        precision = sk.average_precision_score(target, probabilities[:, 1], sample_weight=weight)
        brier = sk.brier_score_loss(target, probabilities[:, 1], sample_weight=weight)
    else:
        ovr = [sk.roc_auc_score(target == k, probabilities[:, k], sample_weight=weight) for k in present]
        auc = float(np.mean(ovr))
        precision = float(np.mean([
            sk.average_precision_score(target == k, probabilities[:, k], sample_weight=weight) for k in present]))
        brier = float(np.average(((probabilities - hot) ** 2).sum(axis=1), weights=weight))
    eps = np.finfo(np.float64).eps
    own = np.clip(probabilities[np.arange(rows), target], eps, 1 - eps)
    expected = {
        "accuracy": sk.accuracy_score(target, predicted, sample_weight=weight),
        "balanced_accuracy": sk.recall_score(target, predicted, **macro),
        "recall_macro": sk.recall_score(target, predicted, **macro),
        "precision_macro": sk.precision_score(target, predicted, **macro),
        "f1_macro": sk.f1_score(target, predicted, **macro),
        "roc_auc": auc,
        "average_precision": precision,
        "log_loss": sk.log_loss(target, probabilities, sample_weight=weight, labels=list(range(classes))),
        "brier": brier,
        "ece": calibration_error(probabilities, target, weight),
    }
    assert abs(expected["log_loss"] - np.average(-np.log(own), weights=weight)) < 1e-9
    result = {"name": name, "labels": [f"class {k}" for k in range(classes)], "target": target.tolist(),
              "probabilities": short(p), "expected": {k: float(v) for k, v in expected.items()}}
    if weighted:
        result["weight"] = weight.tolist()
    elif classes == 2:
        variance = delong_variance(probabilities[:, 1], target == 1)
        z = scipy.stats.norm.ppf(0.975)
        logit = math.log(auc / (1 - auc))
        half = z * math.sqrt(variance) / (auc * (1 - auc))
        result["roc_auc_interval"] = [1 / (1 + math.exp(-(logit - half))), 1 / (1 + math.exp(-(logit + half)))]
    if not weighted:
        interval = scipy.stats.binomtest(int((target == predicted).sum()), rows).proportion_ci(0.95, "wilson")
        result["accuracy_interval"] = [interval.low, interval.high]
    result["per_class"] = []
    for k in range(classes):
        one = dict(labels=[k], average=None, sample_weight=weight, zero_division=0)
        result["per_class"].append({
            "count": int((target == k).sum()),
            "precision": float(sk.precision_score(target, predicted, **one)[0]),
            "recall": float(sk.recall_score(target, predicted, **one)[0]),
            "f1": float(sk.f1_score(target, predicted, **one)[0])})
    result["confusion"] = sk.confusion_matrix(target, predicted, labels=list(range(classes))).tolist()
    return result


def regression(name, seed, rows, weighted=False, offset=0.0):
    rng = np.random.default_rng(seed)
    target = (rng.normal(size=rows) * 3 + offset).round(4)
    value = (target + rng.normal(size=rows)).round(4)
    weight = rng.uniform(0.2, 3.0, rows).round(3) if weighted else np.ones(rows)
    expected = {
        "rmse": sk.root_mean_squared_error(target, value, sample_weight=weight),
        "mae": sk.mean_absolute_error(target, value, sample_weight=weight),
        "r2": sk.r2_score(target, value, sample_weight=weight),
    }
    result = {"name": name, "target": target.tolist(), "value": value.tolist(),
              "expected": {k: float(v) for k, v in expected.items()}}
    if weighted:
        result["weight"] = weight.tolist()
    return result


def formulas():
    wilson = []
    for hits, count in [(0, 1), (1, 1), (0, 10), (10, 10), (7, 10), (805, 1795), (349, 1488), (532, 1901), (461, 966)]:
        for confidence in (0.9, 0.95, 0.99):
            interval = scipy.stats.binomtest(hits, count).proportion_ci(confidence, "wilson")
            wilson.append([hits, count, confidence, interval.low, interval.high])
    points = [1e-12, 1e-6, 0.001, 0.025, 0.3, 0.5, 0.7, 0.975, 0.999, 0.999999]
    return {"wilson": wilson, "normal_quantile": [[p, float(scipy.stats.norm.ppf(p))] for p in points]}


def write(path, content):
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


def main():
    folder = pathlib.Path(__file__).parent
    write(folder / "classification.json", [
        classification("two classes", 1, 90, 2),
        classification("two classes, weighted", 2, 70, 2, weighted=True),
        classification("two classes, tied scores", 3, 100, 2, decimals=1),
        classification("three classes", 4, 90, 3),
        classification("four classes, weighted, one absent", 5, 80, 4, weighted=True, absent=(2,)),
        classification("three classes, tied scores", 6, 60, 3, decimals=1),
    ])
    write(folder / "regression.json", [
        regression("plain", 7, 60),
        regression("weighted", 8, 60, weighted=True),
        regression("far from zero", 9, 60, offset=1e5),
    ])
    write(folder / "formulas.json", formulas())


if __name__ == "__main__":
    main()

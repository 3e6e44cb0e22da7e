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


def debiased_calibration_error(confidence, right, weight):
    """Kumar, Liang and Ma 2019: bins of equal mass (here of rows of equal confidence together, ten rows each at least)."""
    count = min(15, max(1, int((weight > 0).sum()) // 10))
    order = np.argsort(confidence, kind="stable")
    bins, seen = [[]], 0.0
    for place, row in enumerate(order):
        new_value = place > 0 and confidence[row] != confidence[order[place - 1]]
        if new_value and seen * count >= weight.sum() * len(bins) * (1 - 1e-12) and len(bins) < count:
            bins.append([])
        bins[-1].append(row)
        seen += weight[row]
    square = 0.0
    for rows in bins:
        w = weight[rows]
        n = w.sum() ** 2 / (w ** 2).sum()
        if n < 1.5:
            continue
        accuracy = np.average(right[rows], weights=w)
        gap = np.average(confidence[rows], weights=w) - accuracy
        square += w.sum() / weight.sum() * (gap ** 2 - accuracy * (1 - accuracy) / (n - 1))
    return math.sqrt(max(square, 0.0))


def mover(values, intervals):
    """Zou and Donner 2008, for a mean of independent estimates."""
    values, (low, high) = np.array(values), np.array(intervals).T
    return [float(values.mean() - math.sqrt(((values - low) ** 2).sum()) / len(values)),
            float(values.mean() + math.sqrt(((high - values) ** 2).sum()) / len(values))]


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
    weighted_average = dict(macro, labels=None, average="weighted")
    micro = dict(macro, labels=None, average="micro")
    if len(present) == 1:
        auc = precision = None
        brier = float(np.average((probabilities[:, 1] - target) ** 2, weights=weight))
    elif classes == 2:
        auc = sk.roc_auc_score(target, probabilities[:, 1], sample_weight=weight)
        precision = sk.average_precision_score(target, probabilities[:, 1], sample_weight=weight)
        brier = sk.brier_score_loss(target, probabilities[:, 1], sample_weight=weight)
    else:
        ovr = [sk.roc_auc_score(target == k, probabilities[:, k], sample_weight=weight) for k in present]
        auc = float(np.mean(ovr))
        precision = float(np.mean([
            sk.average_precision_score(target == k, probabilities[:, k], sample_weight=weight) for k in present]))
        brier = float(np.average(((probabilities - hot) ** 2).sum(axis=1), weights=weight))
    top = np.sort(probabilities, axis=1)[:, ::-1]
    # scikit-learn breaks ties at the border in favour of the last class, candor of the first: none may stand there.
    assert classes <= 5 or not np.any(top[:, 4] == top[:, 5])
    positive = dict(pos_label=1, sample_weight=weight, zero_division=np.nan)
    of_positive = {name: score(target, predicted, **positive) if classes == 2 else None for name, score in
                   [("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)]}
    right = (target == predicted).astype(float)
    one_kind = len(present) == 1 or len(set(predicted.tolist())) == 1
    eps = np.finfo(np.float64).eps
    own = np.clip(probabilities[np.arange(rows), target], eps, 1 - eps)
    expected = {
        "accuracy": sk.accuracy_score(target, predicted, sample_weight=weight),
        "top_5_accuracy": sk.top_k_accuracy_score(target, probabilities, k=5, sample_weight=weight,
                                                  labels=list(range(classes))) if classes > 5 else None,
        "balanced_accuracy": sk.balanced_accuracy_score(target, predicted, sample_weight=weight),
        **of_positive,
        "recall_macro": sk.recall_score(target, predicted, **macro),
        "precision_macro": sk.precision_score(target, predicted, **macro),
        "f1_macro": sk.f1_score(target, predicted, **macro),
        "recall_micro": sk.recall_score(target, predicted, **micro),
        "precision_micro": sk.precision_score(target, predicted, **micro),
        "f1_micro": sk.f1_score(target, predicted, **micro),
        "recall_weighted": sk.recall_score(target, predicted, **weighted_average),
        "precision_weighted": sk.precision_score(target, predicted, **weighted_average),
        "f1_weighted": sk.f1_score(target, predicted, **weighted_average),
        "mcc": None if one_kind else sk.matthews_corrcoef(target, predicted, sample_weight=weight),
        "roc_auc": auc,
        "average_precision": precision,
        "log_loss": sk.log_loss(target, probabilities, sample_weight=weight, labels=list(range(classes))),
        "brier": brier,
        "ece": calibration_error(probabilities, target, weight),
        "rms_calibration_error": debiased_calibration_error(probabilities.max(axis=1), right, weight),
    }
    assert abs(expected["log_loss"] - np.average(-np.log(own), weights=weight)) < 1e-9
    result = {"name": name, "labels": [f"class {k}" for k in range(classes)], "target": target.tolist(),
              "probabilities": short(p), "expected": {k: None if v is None or math.isnan(v) else float(v) for k, v in expected.items()}}
    if weighted:
        result["weight"] = weight.tolist()
    elif classes == 2 and auc is not None:
        variance = delong_variance(probabilities[:, 1], target == 1)
        z = scipy.stats.norm.ppf(0.975)
        logit = math.log(auc / (1 - auc))
        half = z * math.sqrt(variance) / (auc * (1 - auc))
        result["roc_auc_interval"] = [1 / (1 + math.exp(-(logit - half))), 1 / (1 + math.exp(-(logit + half)))]
    if not weighted:
        interval = scipy.stats.binomtest(int((target == predicted).sum()), rows).proportion_ci(0.95, "wilson")
        result["accuracy_interval"] = [interval.low, interval.high]
        recalls, intervals = [], []
        for k in present:
            hits, count = int(((target == k) & (predicted == k)).sum()), int((target == k).sum())
            own = scipy.stats.binomtest(hits, count).proportion_ci(0.95, "wilson")
            recalls.append(hits / count)
            intervals.append([own.low, own.high])
        result["recall_macro_interval"] = mover(recalls, intervals)
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
    assert not np.any(target == 0)
    weight = rng.uniform(0.2, 3.0, rows).round(3) if weighted else np.ones(rows)
    expected = {
        "rmse": sk.root_mean_squared_error(target, value, sample_weight=weight),
        "mae": sk.mean_absolute_error(target, value, sample_weight=weight),
        "mape": sk.mean_absolute_percentage_error(target, value, sample_weight=weight),
        "pinball": sk.mean_pinball_loss(target, value, alpha=0.5, sample_weight=weight),
        "r2": sk.r2_score(target, value, sample_weight=weight),
    }
    result = {"name": name, "target": target.tolist(), "value": value.tolist(),
              "expected": {k: float(v) for k, v in expected.items()}}
    if weighted:
        result["weight"] = weight.tolist()
    return result


def paired_delong():
    """Two scores of the same rows, with ties; the variance of the difference of their areas from all pairs."""
    rng = np.random.default_rng(21)
    positive = np.arange(60) % 3 == 0
    a = (rng.normal(size=60) + positive).round(1)
    b = (0.5 * a + rng.normal(size=60) + 0.5 * positive).round(1)

    def parts(score):
        x, y = score[positive], score[~positive]
        psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
        return psi.mean(), psi.mean(axis=1), psi.mean(axis=0)

    one, other = parts(a), parts(b)
    variance = sum(np.var(one[k] - other[k], ddof=1) / len(one[k]) for k in (1, 2))
    difference = one[0] - other[0]
    z = difference / math.sqrt(variance)
    return {"positive": [int(v) for v in positive], "a": a.tolist(), "b": b.tolist(), "difference": float(difference),
            "variance": float(variance), "p": float(2 * scipy.stats.norm.sf(abs(z)))}


def corrected_t():
    """Nadeau and Bengio 2003 for ten folds."""
    differences = np.random.default_rng(22).normal(0.02, 0.03, 10).round(4)
    error = math.sqrt((1 / 10 + 1 / 9) * differences.var(ddof=1))
    half = scipy.stats.t.ppf(0.975, 9) * error
    return {"differences": differences.tolist(), "low": float(differences.mean() - half),
            "high": float(differences.mean() + half), "p": float(2 * scipy.stats.t.sf(abs(differences.mean()) / error, 9))}


def formulas():
    wilson = []
    for hits, count in [(0, 1), (1, 1), (0, 10), (10, 10), (7, 10), (805, 1795), (349, 1488), (532, 1901), (461, 966)]:
        for confidence in (0.9, 0.95, 0.99):
            interval = scipy.stats.binomtest(hits, count).proportion_ci(confidence, "wilson")
            wilson.append([hits, count, confidence, interval.low, interval.high])
    points = [1e-12, 1e-6, 0.001, 0.025, 0.3, 0.5, 0.7, 0.975, 0.999, 0.999999]
    exact = []
    for hits, count in [(0, 20), (1, 20), (17, 20), (20, 20), (805, 1795)]:
        for confidence in (0.9, 0.95):
            both = scipy.stats.binomtest(hits, count).proportion_ci(confidence, "exact")
            lower = scipy.stats.binomtest(hits, count, alternative="greater").proportion_ci(confidence, "exact").low
            upper = scipy.stats.binomtest(hits, count, alternative="less").proportion_ci(confidence, "exact").high
            exact.append([hits, count, confidence, both.low, both.high, lower, upper])
    student = [[p, n, float(scipy.stats.t.ppf(p, n))] for p in (0.001, 0.025, 0.5, 0.9, 0.975) for n in (1, 2.5, 19, 1e6)]
    mcnemar = [[a, b, float(scipy.stats.binomtest(a, a + b).pvalue)] for a, b in [(1, 0), (12, 2), (5, 5), (30, 41), (0, 9)]]
    return {"wilson": wilson, "clopper_pearson": exact, "student_quantile": student, "mcnemar": mcnemar,
            "paired_delong": paired_delong(), "corrected_t": corrected_t(), "normal_quantile": [[p, float(scipy.stats.norm.ppf(p))] for p in points]}


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
        classification("eight classes", 10, 120, 8),
        classification("seven classes, weighted, two absent", 11, 160, 7, weighted=True, absent=(0, 6)),
        classification("one class of two", 12, 40, 2, absent=(0,)),
    ])
    write(folder / "regression.json", [
        regression("plain", 7, 60),
        regression("weighted", 8, 60, weighted=True),
        regression("far from zero", 9, 60, offset=1e5),
    ])
    write(folder / "formulas.json", formulas())


if __name__ == "__main__":
    main()

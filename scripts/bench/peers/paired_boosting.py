# SPDX-License-Identifier: Apache-2.0
"""Runs of a table, one a training seed, beside HistGradientBoosting with as many seeds on the same test rows.

    paired_boosting.py RUN...

A Markdown table: for each score the mean and deviation of both over the seeds, and candor minus boosting with a 95 %
interval. The test rows are drawn anew 2,000 times, the same ones for both and all seeds; what is compared is the mean over
the seeds.
"""
import json
import sys

import numpy
import pandas
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from boosting import features, predictions, read

DRAWS = 2000


def line_of(row):
    return int(row["id"].rsplit(":", 1)[1])


def load(run):
    """The rows of a run's predictions in the order of their lines."""
    return sorted(predictions(run), key=line_of)


def tables(config, rows):
    """Training and test rows as candor had them; line 1 is the header, so that line n is row n - 2."""
    files = config["data"]["files"]
    whole = read(files["train"])
    lines = [line_of(row) - 2 for row in rows]
    if files.get("test"):
        return whole, read(files["test"]).iloc[lines]
    return whole.drop(index=lines), whole.loc[lines]


def accuracy(truth, score):
    return numpy.mean((score > 0.5) == truth)


def roc_auc(truth, score):
    positive = truth.sum()
    ranks = rankdata(score)[truth].sum()
    return (ranks - positive * (positive + 1) / 2) / (positive * (len(truth) - positive))


def rmse(truth, value):
    return numpy.sqrt(numpy.mean((truth - value) ** 2))


def main():
    runs = sys.argv[1:]
    config = json.load(open(f"{runs[0]}/config.json"))
    target = config["task"]["target"]
    rows = [load(run) for run in runs]
    train, test = tables(config, rows[0])
    known = features(train, target)
    asked = features(test, target, known)
    own, peer = [], []
    if config["task"]["type"] == "regression":
        scores = {"rmse": rmse}
        truth = numpy.array([row["target"] for row in rows[0]])
        for seed, found in enumerate(rows):
            own.append(numpy.array([row["output"]["value"] for row in found]))
            model = HistGradientBoostingRegressor(random_state=seed, categorical_features="from_dtype")
            peer.append(model.fit(known, train[target]).predict(asked))
    else:
        scores = {"accuracy": accuracy, "roc_auc": roc_auc}
        labels = sorted({row["target"] for row in rows[0]})
        if len(labels) != 2:
            sys.exit("error: paired_boosting.py compares two classes or values only")
        truth = numpy.array([row["target"] == labels[1] for row in rows[0]])
        for seed, found in enumerate(rows):
            own.append(numpy.array([of_label(row, labels[1]) for row in found]))
            model = HistGradientBoostingClassifier(random_state=seed, categorical_features="from_dtype")
            model.fit(known, train[target])
            peer.append(model.predict_proba(asked)[:, list(model.classes_).index(labels[1])])
    report(scores, truth, own, peer)


def of_label(row, label):
    """The probability of `label`, of two."""
    top = max(row["output"]["probabilities"])
    return top if row["output"]["label"] == label else 1.0 - top


def report(scores, truth, own, peer):
    draws = numpy.random.default_rng(0)
    drawn = [draws.integers(0, len(truth), len(truth)) for _ in range(DRAWS)]
    print(f"{len(truth)} test rows, {len(own)} seeds\n")
    print("| score | boosting | candor | each seed | candor - boosting, 95 % |")
    print("|---|---|---|---|---|")
    for name, score in scores.items():
        each = [score(truth, values) for values in own]
        other = [score(truth, values) for values in peer]
        differences = [
            numpy.mean([score(truth[i], values[i]) for values in own])
            - numpy.mean([score(truth[i], values[i]) for values in peer])
            for i in drawn
        ]
        low, high = numpy.quantile(differences, [0.025, 0.975])
        digits = 0 if name == "rmse" else 4
        print(
            f"| {name} | {numpy.mean(other):.{digits}f} ± {deviation(other):.{digits}f}"
            f" | {numpy.mean(each):.{digits}f} ± {deviation(each):.{digits}f}"
            f" | {' '.join(f'{value:.{digits}f}' for value in each)}"
            f" | {numpy.mean(each) - numpy.mean(other):+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}] |"
        )


def deviation(values):
    return numpy.std(values, ddof=1) if len(values) > 1 else 0.0


if __name__ == "__main__":
    main()

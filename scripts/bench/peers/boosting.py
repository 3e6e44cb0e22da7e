# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's HistGradientBoosting on the rows that candor trained and tested on: a Markdown table of scores.

    boosting.py TRAIN.csv TARGET TEST.csv|"" RUN...
"""
import json
import sys

import pandas
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score


def read(path):
    return pandas.read_csv(path, skipinitialspace=True, na_values=["?"])


def predictions(run):
    with open(f"{run}/predictions/test.jsonl") as lines:
        return [json.loads(line) for line in lines]


def features(table, target, like=None):
    """Text columns as categories, with the categories of `like`."""
    table = table.drop(columns=[target])
    for name in table.columns:
        if not pandas.api.types.is_numeric_dtype(table[name]):
            kinds = None if like is None else like[name].cat.categories
            table[name] = pandas.Categorical(table[name], categories=kinds)
    return table


def main():
    train_path, target, test_path, *runs = sys.argv[1:]
    whole = read(train_path)
    first = predictions(runs[0])
    if test_path:
        train, test = whole, read(test_path)
        test[target] = test[target].astype(str).str.rstrip(".")
    else:
        # Line 1 is the header, so line n is row n - 2.
        rows = [int(row["id"].rsplit(":", 1)[1]) - 2 for row in first]
        train, test = whole.drop(index=rows), whole.loc[rows]
    known, asked = features(train, target), None
    asked = features(test, target, known)
    scores = {}
    if pandas.api.types.is_numeric_dtype(train[target]):
        model = HistGradientBoostingRegressor(random_state=0, categorical_features="from_dtype")
        model.fit(known, train[target])
        scores["r2"] = r2_score(test[target], model.predict(asked))
    else:
        model = HistGradientBoostingClassifier(random_state=0, categorical_features="from_dtype")
        model.fit(known, train[target])
        scores["accuracy"] = accuracy_score(test[target], model.predict(asked))
        scores["roc_auc"] = roc_auc_score(test[target] == model.classes_[1], model.predict_proba(asked)[:, 1])
    print("| score | boosting | candor, mean | each seed | candor / boosting |")
    print("|---|---|---|---|---|")
    for name, peer in scores.items():
        own = [json.load(open(f"{run}/report.json"))["metrics"][name]["value"] for run in runs]
        mean = sum(own) / len(own)
        each = ", ".join(f"{value:.4f}" for value in own)
        print(f"| {name} | {peer:.4f} | {mean:.4f} | {each} | {mean / peer:.3f} |")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""Values that the preprocessing of tables is compared with, from scikit-learn and NumPy.

Run once: python make.py. Writes preprocess.json beside this file. The versions are in it.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.preprocessing import (
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

random = np.random.default_rng(20220310)
ROWS = 60


def float32(values):
    return [float(v) for v in np.asarray(values, dtype=np.float32)]


COLUMNS = {
    "normal": float32(random.normal(3, 2, ROWS)),
    "lognormal": float32(np.exp(random.normal(0, 1.5, ROWS))),
    "negative": float32(-random.gamma(2, 10, ROWS)),
    "both_signs": float32(random.standard_t(3, ROWS) * 5),
    "counts": float32(random.poisson(2, ROWS)),
}


def scaled(scaler, values):
    return scaler.fit_transform(np.array(values)[:, None])[:, 0].tolist()


def piecewise_linear(values, bins):
    """Gorishniy et al. 2022, section 3.2, equation 1, on the quantile bins of section 3.2.1."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    rows = []
    for x in values:
        row = []
        for t in range(1, len(edges)):
            low, high = edges[t - 1], edges[t]
            share = (x - low) / (high - low)
            if t > 1 and x < low:
                share = 0.0
            if t < len(edges) - 1 and x >= high:
                share = 1.0
            row.append(share)
        rows.append(row)
    return {"bins": bins, "edges": edges.tolist(), "shares": rows}


def numbers():
    result = []
    for name, values in COLUMNS.items():
        power = PowerTransformer(method="yeo-johnson").fit(np.array(values)[:, None])
        plain = PowerTransformer(method="yeo-johnson", standardize=False)
        result.append({
            "name": name,
            "values": values,
            "standard": scaled(StandardScaler(), values),
            "robust": scaled(RobustScaler(), values),
            "min_max": scaled(MinMaxScaler(), values),
            "power_lambda": float(power.lambdas_[0]),
            "power": scaled(plain, values),
            "power_standard": scaled(power, values),
            "piecewise_linear": piecewise_linear(np.array(values), 8),
        })
    return result


def encoded(encoder, categories, target):
    shape = np.array(categories)[:, None]
    return encoder.fit(shape, target).transform(shape)


def target_encodings():
    """Encodings of every row: fitted on all rows, and on the rows of the other folds."""
    categories = random.choice(4, ROWS, p=[0.5, 0.3, 0.15, 0.05])
    folds = random.permutation(ROWS) % 5
    targets = {
        "continuous": (random.normal(2, 1, ROWS) + categories).tolist(),
        "binary": random.integers(0, 2, ROWS).tolist(),
        "multiclass": random.integers(0, 3, ROWS).tolist(),
    }
    result = {"categories": categories.tolist(), "folds": folds.tolist(), "smoothing": 10.0, "targets": []}
    for kind, target in targets.items():
        target = np.array(target)
        whole = encoded(TargetEncoder(smooth=10.0, target_type=kind), categories, target)
        apart = np.zeros_like(whole)
        for fold in range(5):
            others = folds != fold
            encoder = TargetEncoder(smooth=10.0, target_type=kind)
            encoder.fit(categories[others][:, None], target[others])
            apart[~others] = encoder.transform(categories[~others][:, None])
        result["targets"].append({
            "kind": kind,
            "target": target.tolist(),
            "encodings": whole.tolist(),
            "out_of_fold": apart.tolist(),
        })
    return result


golden = {
    "scikit_learn": sklearn.__version__,
    "numpy": np.__version__,
    "numbers": numbers(),
    "target_encoding": target_encodings(),
}
text = json.dumps(golden, separators=(",", ":"))
path = pathlib.Path(__file__).with_name("preprocess.json")
path.write_text(text.replace("{\"name\"", "\n{\"name\"").replace("{\"kind\"", "\n{\"kind\"") + "\n")
print(path, len(text))

# SPDX-License-Identifier: Apache-2.0
"""Calibration by scikit-learn and SciPy, for tests/core/decide/calibration_test.cpp.

Run once: python make.py > calibration.json (scikit-learn 1.9.1, SciPy 1.17.1)."""
import json
import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression

rng = np.random.default_rng(7)


def rows(count, classes, sureness):
    logits = rng.normal(size=(count, classes)) * 1.5
    truth = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([rng.choice(classes, p=p) for p in truth])
    said = np.exp(sureness * logits)
    said = np.round(said / said.sum(1, keepdims=True), 6)
    said[:, -1] = np.round(1 - said[:, :-1].sum(1), 6)
    return said, labels, rng.integers(1, 4, count).astype(float)


def temperature(p, labels, weights):
    logs = np.log(np.maximum(p, np.finfo(np.float32).tiny))

    def loss(inverse):
        z = inverse * logs
        z = z - z.max(1, keepdims=True)
        nll = np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]
        return np.average(nll, weights=weights)

    found = minimize_scalar(loss, bracket=(0.3, 1.0), tol=1e-14)
    return 1 / found.x, found.fun


out = {}
for name, classes in (("two", 2), ("three", 3)):
    p, labels, weights = rows(60, classes, 2.0)
    value, loss = temperature(p, labels, weights)
    out[name] = {"probabilities": p.ravel().tolist(), "labels": labels.tolist(),
                 "weights": weights.tolist(), "temperature": value, "log_loss": loss}
p, labels, weights = (np.array(out["two"][k]) for k in ("probabilities", "labels", "weights"))
grid = np.linspace(0, 1, 41)
isotonic = IsotonicRegression(out_of_bounds="clip").fit(p.reshape(-1, 2)[:, 1], labels, weights)
out["grid"] = grid.tolist()
out["isotonic"] = isotonic.predict(grid).tolist()
print(json.dumps(out))

# SPDX-License-Identifier: Apache-2.0
"""FastAPI + uvicorn + PyTorch, as one would write it: an MLP 105-512-256-2 behind a route shaped like TF
Serving's, from raw columns of UCI Adult. Weights are random: only the speed matters. One process, no
batching across requests. Tuned: uvloop and httptools, the model called in the event loop with one thread. With --plain:
as most tutorials have it, uvicorn's own loop and parser, a `def` endpoint in FastAPI's thread pool, PyTorch's default
threads."""

import argparse
import csv

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

WIDTH = 105
IGNORED = ("fnlwgt", "outcome")


class Encoder:
    """Numbers standardised, categories one-hot, missing ones all zero; padded or cut to WIDTH."""

    def __init__(self, path: str) -> None:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file, skipinitialspace=True) if row["outcome"]]
        self.columns = [name for name in rows[0] if name not in IGNORED]
        self.scales: dict[str, tuple[int, float, float]] = {}
        self.places: dict[str, dict[str, int]] = {}
        at = 0
        for name in self.columns:
            values = [row[name] for row in rows if row[name] != "?"]
            if values[0].lstrip("-").isdigit():
                numbers = torch.tensor([float(value) for value in values])
                self.scales[name] = (at, numbers.mean().item(), numbers.std().item())
                at += 1
            else:
                categories = sorted(set(values))
                self.places[name] = {value: at + i for i, value in enumerate(categories)}
                at += len(categories)
        self.width = max(at, WIDTH)

    def encode(self, instances: list[dict]) -> torch.Tensor:
        encoded = []
        for instance in instances:
            row = [0.0] * self.width
            for name, (at, mean, deviation) in self.scales.items():
                if instance[name] is not None:
                    row[at] = (instance[name] - mean) / deviation
            for name, places in self.places.items():
                at = places.get(instance[name])
                if at is not None:
                    row[at] = 1.0
            encoded.append(row[:WIDTH])
        return torch.tensor(encoded)


class Request(BaseModel):
    instances: list[dict[str, float | str | None]]


def make_app(encoder: Encoder, plain: bool) -> FastAPI:
    model = torch.nn.Sequential(
        torch.nn.Linear(WIDTH, 512), torch.nn.ReLU(), torch.nn.Linear(512, 256), torch.nn.ReLU(), torch.nn.Linear(256, 2)
    ).eval()
    labels = ["<=50K", ">50K"]
    app = FastAPI()

    @app.get("/v2/health/ready")
    def ready() -> dict:
        return {"ready": True}

    def answer(request: Request) -> dict:
        with torch.inference_mode():
            probabilities = model(encoder.encode(request.instances)).softmax(1).tolist()
        return {"predictions": [{"label": labels[row[1] > row[0]], "probabilities": row} for row in probabilities]}

    async def answer_in_loop(request: Request) -> dict:
        return answer(request)

    app.post("/v1/models/adult:predict")(answer if plain else answer_in_loop)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="adult.data, for the columns and their categories")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--plain", action="store_true", help="as most tutorials have it")
    options = parser.parse_args()
    if not options.plain:
        torch.set_num_threads(1)
    backend = {"loop": "asyncio", "http": "h11"} if options.plain else {"loop": "uvloop", "http": "httptools"}
    uvicorn.run(make_app(Encoder(options.data), options.plain), host="127.0.0.1", port=options.port, log_level="error",
                access_log=False, **backend)

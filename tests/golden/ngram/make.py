# SPDX-License-Identifier: Apache-2.0
"""Writes ngram.json: an interpolated n-gram model, worked out with dictionaries.

A second implementation of what lib/core/text/ngram_model.h says, in the plainest way, to compare
its numbers with. Run: python3 make.py
"""
import json
import math
import random
from collections import defaultdict

ORDER, VOCABULARY, ROUNDS = 4, 12, 8


def text(generator, length):
    """Tokens of a second-order chain with long repeats, so that every order has something to say."""
    tokens = [generator.randrange(VOCABULARY - 1) for _ in range(2)]
    while len(tokens) < length:
        if generator.random() < 0.1 and len(tokens) > 30:
            begin = generator.randrange(len(tokens) - 10)
            tokens += tokens[begin : begin + generator.randrange(3, 10)]
        elif generator.random() < 0.7:
            tokens.append((3 * tokens[-1] + tokens[-2]) % (VOCABULARY - 1))
        else:
            tokens.append(generator.randrange(VOCABULARY - 1))
    return tokens[:length]


def count(documents):
    counts = defaultdict(lambda: defaultdict(int))
    for document in documents:
        for end in range(len(document)):
            for length in range(min(end, ORDER - 1) + 1):
                counts[tuple(document[end - length : end])][document[end]] += 1
    return counts


def bucket(followers):
    total, distinct = sum(followers.values()), len(followers)
    octaves = lambda value: int(2 * math.log2(value))
    return min(31, octaves(total)), min(15, octaves(total / distinct))


def evidence(counts, document, end):
    """[(context length, bucket, relative frequency)], shortest context first."""
    found = []
    for length in range(min(end, ORDER - 1) + 1):
        followers = counts.get(tuple(document[end - length : end]))
        if not followers:
            break
        found.append((length, bucket(followers), followers[document[end]] / sum(followers.values())
                      if document[end] in followers else 0.0))
    return found


def chain(weights, found):
    probabilities = [1 / VOCABULARY]
    for length, where, frequency in found:
        weight = weights[length, where]
        probabilities.append(weight * frequency + (1 - weight) * probabilities[-1])
    return probabilities


def maximise(weights, all_found):
    taken, reached, total = defaultdict(float), defaultdict(float), 0.0
    for found in all_found:
        probabilities = chain(weights, found)
        total += math.log(probabilities[-1])
        arrives = 1.0
        for (length, where, frequency), p in zip(reversed(found), reversed(probabilities)):
            stops = arrives * weights[length, where] * frequency / p
            taken[length, where] += stops
            reached[length, where] += arrives
            arrives -= stops
    return taken, reached, total / len(all_found)


def main():
    generator = random.Random(7)
    training = [text(generator, n) for n in (400, 250, 1, 90)]
    held_out = [text(generator, n) for n in (200, 60)]
    test = text(generator, 120)
    counts = count(training)
    weights = defaultdict(lambda: 0.5)
    all_found = [evidence(counts, d, end) for d in held_out for end in range(1, len(d))]
    likelihoods = []
    for step in range(ROUNDS + 1):
        taken, reached, likelihood = maximise(weights, all_found)
        likelihoods.append(likelihood)
        if step < ROUNDS:
            for key in reached:
                if reached[key] > 0:
                    weights[key] = taken[key] / reached[key]
    final = {}
    for length in range(ORDER):
        for total in range(32):
            for ratio in range(16):
                key = length, (total, ratio)
                if reached.get(key, 0) > 0:
                    final[key] = (taken[key] + 0.5) / (reached[key] + 1)
                else:
                    final[key] = final[length, (total - 1, ratio)] if total else weights[key]
    losses = [-math.log(chain(final, evidence(counts, test, end))[-1])
              for end in range(1, len(test))]
    result = {"order": ORDER, "vocabulary": VOCABULARY, "rounds": ROUNDS, "training": training,
              "held_out": held_out, "test": test, "log_likelihood": likelihoods, "losses": losses}
    with open("ngram.json", "w", encoding="utf-8") as file:
        json.dump(result, file, separators=(",", ":"))
        file.write("\n")


main()

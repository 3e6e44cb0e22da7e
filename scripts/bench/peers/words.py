# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's TfidfVectorizer over the lines of a file: the peer of tests/bench/bench_words.cpp."""

import json
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer

path, unit, shortest, longest = sys.argv[1:5]
analyzer = {"words": "word", "characters": "char", "characters_in_words": "char_wb"}[unit]
with open(path, encoding="utf-8") as file:
    lines = file.read().splitlines()
# Words of one letter too, as candor has them.
options = {"token_pattern": r"(?u)\b\w+\b"} if unit == "words" else {}
vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=(int(shortest), int(longest)), **options)
start = time.process_time()
vectorizer.fit(lines)
fitted = time.process_time()
entries = vectorizer.transform(lines).nnz
applied = time.process_time()
print(json.dumps({"fit": round(fitted - start, 4), "apply": round(applied - fitted, 4),
                  "terms": len(vectorizer.vocabulary_), "entries": entries}))

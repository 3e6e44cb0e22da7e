#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the fixtures of this folder.

    python3 tests/golden/words/make.py [FOLDER]

FOLDER: the Unicode Character Database 15.0 (default /usr/share/unicode, Debian's package unicode-data). Needs scikit-learn.

word_breaks.txt   every line of WordBreakTest.txt: code points in hexadecimal, "|" where a break is allowed
normal_forms.txt  of NormalizationTest.txt: lines with something new (parts 0, 2, 3) as "c1;c2;c3;c4;c5"; part 2 without
                  those whose result equals the same line with another mark of the same class
every_point.txt   SHA-256 over every assigned code point's forms, as UTF-8 with a line feed after each: nfc, nfd, nfkc,
                  nfkd from NormalizationTest.txt, case folding from CaseFolding.txt (statuses C and F)
tfidf.json        texts and what scikit-learn's TfidfVectorizer and CountVectorizer make of them
"""
import bz2
import hashlib
import json
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode")
HERE = Path(__file__).parent


def text(codes):
    return "".join(chr(int(code, 16)) for code in codes.split())


def word_breaks():
    lines = []
    for line in (FOLDER / "auxiliary/WordBreakTest.txt").read_text("utf-8").splitlines():
        body = line.split("#")[0].strip()
        if body:
            inner = body.strip("÷ ")
            lines.append(" ".join("|" if t == "÷" else t for t in inner.split() if t != "×"))
    (HERE / "word_breaks.txt").write_text("\n".join(lines) + "\n")


def assigned():
    for line in (FOLDER / "extracted/DerivedGeneralCategory.txt").read_text("utf-8").splitlines():
        body = line.split("#")[0].strip()
        if not body:
            continue
        codes, category = (part.strip() for part in body.split(";"))
        first, _, last = codes.partition("..")
        if category not in ("Cn", "Cs"):
            yield from range(int(first, 16), int(last or first, 16) + 1)


def combining_classes():
    classes = {}
    for line in (FOLDER / "UnicodeData.txt").read_text("utf-8").splitlines():
        cells = line.split(";")
        classes[int(cells[0], 16)] = int(cells[3])
    return classes


def normal_forms():
    classes = combining_classes()
    part, single, kept, seen = "", {}, [], set()
    for line in bz2.open(FOLDER / "NormalizationTest.txt.bz2", "rt", encoding="utf-8"):
        body = line.split("#")[0].strip()
        if line.startswith("@Part"):
            part = line[5]
        if not body or body.startswith("@"):
            continue
        cells = body.rstrip(";").split(";")
        if part == "1":
            single[int(cells[0], 16)] = cells
            continue
        if part == "2":
            kind = tuple(classes.get(int(code, 16), 0) for code in cells[0].split()) + (len(set(cells)),)
            if kind in seen:
                continue
            seen.add(kind)
        kept.append(";".join(cells))
    (HERE / "normal_forms.txt").write_text("\n".join(kept) + "\n")
    folding = {}
    for line in (FOLDER / "CaseFolding.txt").read_text("utf-8").splitlines():
        body = line.split("#")[0].strip()
        if body:
            code, status, mapping = (part.strip() for part in body.split(";")[:3])
            if status in "CF":
                folding[int(code, 16)] = text(mapping)
    sums = {name: hashlib.sha256() for name in ("nfc", "nfd", "nfkc", "nfkd", "case_fold")}
    for point in sorted(assigned()):
        cells = single.get(point, [f"{point:04X}"] * 5)
        for name, cell in zip(sums, cells[1:]):
            sums[name].update(text(cell).encode() + b"\n")
        sums["case_fold"].update(folding.get(point, chr(point)).encode() + b"\n")
    (HERE / "every_point.txt").write_text("".join(f"{name} {s.hexdigest()}\n" for name, s in sums.items()))


TEXTS = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog and a bird", "call now to win a prize",
         "win win win", "café naïve résumé", "中文 文本 分类", "", "one", "free prize call free call now",
         "a bb ccc dddd eeeee"]


def tfidf():
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    cases = []
    for unit, analyzer, low, high in [("words", "word", 1, 2), ("words", "word", 2, 3), ("characters", "char", 1, 4),
                                      ("characters_in_words", "char_wb", 2, 6)]:
        for weighting, maker in [("tfidf", TfidfVectorizer), ("count", CountVectorizer), ("binary", CountVectorizer)]:
            for min_count in (1, 2):
                options = {"binary": True} if weighting == "binary" else {}
                vectorizer = maker(analyzer=analyzer, ngram_range=(low, high), token_pattern=r"(?u)\b[a-zA-Zéï]+\b",
                                   lowercase=False, min_df=min_count, **options)
                # Words of Chinese are pairs of neighbours in candor and whole runs in scikit-learn.
                texts = [t for t in TEXTS if analyzer != "word" or t.isascii() or "é" in t]
                matrix = vectorizer.fit_transform(texts)
                names = sorted(vectorizer.get_feature_names_out(), key=lambda name: name.encode())
                rows = [[[vectorizer.get_feature_names_out()[i], round(float(v), 8)]
                         for i, v in sorted(zip(row.indices, row.data))] for row in matrix]
                cases.append({"unit": unit, "ngrams": [low, high], "weighting": weighting, "min_count": min_count,
                              "texts": texts, "vocabulary": names, "rows": rows if weighting == "tfidf" or low == 1 else
                              rows[:3]})
    (HERE / "tfidf.json").write_text(json.dumps(cases, ensure_ascii=False, separators=(",", ":")) + "\n")


word_breaks()
normal_forms()
tfidf()

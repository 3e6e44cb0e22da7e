#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes lib/core/text/unicode_ranges.inc from the Unicode Character Database.

    python3 scripts/unicode/make_table.py [FOLDER] > lib/core/text/unicode_ranges.inc

FOLDER (default /usr/share/unicode, Debian's package unicode-data) holds version 15.0.0. Only this script names the
version: normalisation and segmentation give the same everywhere because every code point that was unassigned in it is
left alone (lib/core/text/unicode.h).

One line of the output is several ranges: {first code point, word break class | flags}; a range lasts until the next.
"""
import re
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode")
SIZE = 0x110000
# In the order of enum class WordBreak.
CLASSES = ["Other", "CR", "LF", "Newline", "Extend", "ZWJ", "Regional_Indicator", "Format", "Katakana", "Hebrew_Letter",
           "ALetter", "Single_Quote", "Double_Quote", "MidNumLet", "MidLetter", "MidNum", "Numeric", "ExtendNumLet",
           "WSegSpace"]
ASSIGNED, PICTOGRAPH, WORD, UNSPACED, HIDDEN = 32, 64, 128, 256, 512


def properties(name):
    """(first, last, value) of each line of a property file."""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        body = line.split("#")[0].strip()
        if not body:
            continue
        codes, value = (part.strip() for part in body.split(";")[:2])
        first, _, last = codes.partition("..")
        yield int(first, 16), int(last or first, 16), value


def flag(values, name, wanted, bit):
    for first, last, value in properties(name):
        if value in wanted:
            for code in range(first, last + 1):
                values[code] |= bit


def having(name, wanted):
    return {c for first, last, value in properties(name) if value in wanted for c in range(first, last + 1)}


def main():
    version = re.search(r"-(\d+\.\d+\.\d+)\.txt", (FOLDER / "auxiliary/WordBreakProperty.txt").read_text("utf-8")).group(1)
    values = [0] * SIZE
    for first, last, value in properties("auxiliary/WordBreakProperty.txt"):
        for code in range(first, last + 1):
            values[code] = CLASSES.index(value)
    for first, last, value in properties("extracted/DerivedGeneralCategory.txt"):
        if value != "Cn":
            for code in range(first, last + 1):
                values[code] |= ASSIGNED
    flag(values, "emoji/emoji-data.txt", {"Extended_Pictographic"}, PICTOGRAPH)
    flag(values, "DerivedCoreProperties.txt", {"Alphabetic"}, WORD)
    flag(values, "extracted/DerivedGeneralCategory.txt", {"Nd", "Nl", "No"}, WORD)
    flag(values, "Scripts.txt", {"Han", "Hiragana"}, UNSPACED)
    flag(values, "LineBreak.txt", {"SA"}, UNSPACED)
    # Invisible: control characters but tab and line breaks, and format characters that no renderer shows; not the two
    # joiners, which change how letters and emoji look.
    control = having("extracted/DerivedGeneralCategory.txt", {"Cc"}) - {9, 10, 11, 12, 13, 0x85}
    format_ = having("extracted/DerivedGeneralCategory.txt", {"Cf"}) & having("DerivedCoreProperties.txt",
                                                                              {"Default_Ignorable_Code_Point"})
    for code in control | (format_ - {0x200C, 0x200D}):
        values[code] |= HIDDEN
    # Of what is written without spaces, only letters and marks matter; punctuation of Han script is none.
    for code in range(SIZE):
        if values[code] & UNSPACED and not values[code] & WORD:
            values[code] &= ~UNSPACED
    ranges = [(0, values[0])] + [(c, values[c]) for c in range(1, SIZE) if values[c] != values[c - 1]]
    print("// SPDX-License-Identifier: Apache-2.0")
    print(f"// Made by scripts/unicode/make_table.py from the Unicode Character Database {version}. Do not edit.")
    line = ""
    for code, value in ranges:
        entry = f"{{0x{code:X}, {value}}},"
        if len(line) + len(entry) > 118:
            print(line)
            line = ""
        line += entry
    print(line)


main()

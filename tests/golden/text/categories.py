# SPDX-License-Identifier: Apache-2.0
"""Writes lib/core/text/split/character_categories.inc: the general category of every code point, as the regular
expressions of Hugging Face tokenizers see it. Needs `tokenizers`.

    python3 tests/golden/text/categories.py > lib/core/text/split/character_categories.inc
"""
from tokenizers import Regex, pre_tokenizers

# In the order of the enum Category.
NAMES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn".split()
SURROGATES = range(0xD800, 0xE000)
STEP = 4096


def category_of_all():
    found = [None] * 0x110000
    splits = {name: pre_tokenizers.Split(Regex(f"\\p{{{name}}}"), "isolated") for name in NAMES}
    for code in SURROGATES:
        found[code] = "Cn"  # no text holds them
    for first in range(0, 0x110000, STEP):
        codes = [c for c in range(first, first + STEP) if c not in SURROGATES]
        text = "".join(map(chr, codes))
        for name, split in splits.items():
            # A piece of one character is a match, or lies alone between two; the other names decide then.
            for piece, (begin, end) in split.pre_tokenize_str(text):
                if end - begin == 1 and found[codes[begin]] is None:
                    one = split.pre_tokenize_str("\x00" + piece if name != "Cc" else "a" + piece)
                    if len(one) == 2:
                        found[codes[begin]] = name
    return found


def main():
    entries, last = [], None
    for code, name in enumerate(category_of_all()):
        if name != last:
            entries.append(hex(code * 32 + NAMES.index(name)))
            last = name
    print("// SPDX-License-Identifier: Apache-2.0")
    print("// Made by tests/golden/text/categories.py from Hugging Face tokenizers 0.23 (Unicode 16). Each entry: first code")
    print("// point * 32 + general category; it holds up to the next entry.")
    line = ""
    for entry in entries:
        if len(line) + len(entry) + 2 > 100:
            print(line.rstrip())
            line = ""
        line += entry + ", "
    print(line.rstrip())


main()

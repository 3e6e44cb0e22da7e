# SPDX-License-Identifier: Apache-2.0
# Texts and tokenizers that both check.py and make.py use.
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
RANGES = [
    (0x20, 0x7F), (0x20, 0x7F), (0x20, 0x7F), (0x09, 0x0E), (0x80, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700),
    (0x900, 0xE80), (0x1100, 0x1200), (0x1C80, 0x1D00), (0x1E00, 0x2070), (0x2150, 0x2190), (0x2460, 0x2500), (0x2E80, 0x3100),
    (0x3040, 0x3100), (0x4E00, 0x5000), (0xAC00, 0xAD00), (0xA7C0, 0xA830), (0xF900, 0xFB50), (0xFE00, 0x10000), (0x10000, 0x20000),
    (0x1F000, 0x1FB00), (0xE0000, 0xE0200), (0x10FF00, 0x110000),
]
PIECES = [" ", "  ", "\n", "\r\n", "\u2028", "\u0085", "\u00a0", "\u3000", "'s", "'LL", "'\u017f", "don't", "'", "a", "The", "123", "4567",
          "<|endoftext|>", "<unk>", "<0x41>", "\u2581", "\ufffd", "\u0378", "\u200d", "\u0301", "\u01c5", "\u00bd", "\u0130"]


def random_text(rng, length):
    out = []
    while len(out) < length:
        if rng.random() < 0.3:
            out.append(rng.choice(PIECES))
        else:
            c = rng.randrange(*rng.choice(RANGES))
            if not 0xD800 <= c <= 0xDFFF:
                out.append(chr(c))
    return "".join(out)


def random_texts(count, seed):
    rng = random.Random(seed)
    return [random_text(rng, rng.choice([0, 1, 2, 3, 5, 8, 13, 21, 34])) for _ in range(count)]


def hard_cases():
    return [
        "", " ", "\n", "\u2028", "\u0085", "\u00a0", "a\u2028b", "a \u0085 b", "x\u00a0y", "\u0378\u0379", "\U000e0fff", "\ufffe\uffff",
        " " * 1_000_000, "a" * 100_000, "ab" * 50_000, "\n" * 10_000, " \n" * 5_000, "\u4e2d" * 20_000, "'s" * 1000, "1" * 10_000,
        "\u0301" * 1000, "e\u0301" * 1000, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 100, "\u200b\u200c\u200d\ufeff", "\r\r\n\n \r \n x",
        "<|endoftext|>", " <|endoftext|> x<|endoftext|>", "<unk><s></s>", "<0x41><0xE2>", "\u2581\u2581a \u2581b", "  leading", "trailing  ",
    ]


def byte_level(gpt2=True, prefix=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=gpt2)


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def bpe(name, text, pre, size, **options):
    tokenizer = Tokenizer(models.BPE(**options.pop("model", {})))
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = options.pop("decoder", decoders.ByteLevel())
    if "normalizer" in options:
        tokenizer.normalizer = options.pop("normalizer")
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=2, show_progress=False, **options)
    tokenizer.train_from_iterator(text, trainer)
    return name, tokenizer


def peers(text, sizes={}):
    """Tokenizers trained by Hugging Face's own trainers on a list of lines."""
    alphabet = dict(initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    special = dict(special_tokens=["<|endoftext|>"])
    yield bpe("gpt2", text, byte_level(), 3000, **alphabet, **special)
    yield bpe("gpt2_prefix", text, byte_level(prefix=True), 1000, **alphabet)
    yield bpe("llama3", text, pre_tokenizers.Sequence([split(LLAMA3), byte_level(False)]), 2000, **alphabet, **special)
    yield bpe("qwen2_nfc", text, pre_tokenizers.Sequence([split(QWEN2), byte_level(False)]), 2000, normalizer=normalizers.NFC(), **alphabet)
    yield bpe("o200k", text, pre_tokenizers.Sequence([split(O200K), byte_level(False)]), 2000, **alphabet)
    yield bpe("ignore_merges", text, pre_tokenizers.Sequence([split(LLAMA3), byte_level(False)]), 1000, model=dict(ignore_merges=True), **alphabet)
    whitespace = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)])
    yield bpe("words_unk", text, whitespace, 1000, model=dict(unk_token="<unk>"), special_tokens=["<unk>"], decoder=decoders.Fuse(),
              normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]))
    yield bpe("words_fused", text, pre_tokenizers.WhitespaceSplit(), 1000, model=dict(unk_token="<unk>", fuse_unk=True),
              special_tokens=["<unk>"], decoder=decoders.Fuse(), normalizer=normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]))
    yield bpe("suffix", text, whitespace, 1000, model=dict(unk_token="<unk>", end_of_word_suffix="</w>"), special_tokens=["<unk>"],
              end_of_word_suffix="</w>", decoder=decoders.BPEDecoder(), normalizer=normalizers.NFKD())
    fallback = [f"<0x{b:02X}>" for b in range(256)]
    name, tokenizer = bpe("llama2", text, None, 1000, model=dict(unk_token="<unk>", fuse_unk=True, byte_fallback=True),
                          special_tokens=["<unk>", "<s>", "</s>", *fallback],
                          normalizer=normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]),
                          decoder=decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A <s> $B", special_tokens=[("<s>", 1), ("</s>", 2)])
    yield name, tokenizer
    for name, scheme in (("unigram", "always"), ("unigram_first", "first")):
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
        tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
        tokenizer.train_from_iterator(text, trainers.UnigramTrainer(vocab_size=sizes.get(name, 1500), unk_token="<unk>", special_tokens=["<unk>", "<|endoftext|>"], show_progress=False))
        tokenizer.add_tokens([AddedToken("harbour master", normalized=False), AddedToken("The", lstrip=True, normalized=True)])
        yield name, tokenizer


def pieces(text, most=1 << 20):
    return text.splitlines(keepends=True)

# SPDX-License-Identifier: Apache-2.0
"""PyTorch: a decoder of the Llama family (RMSNorm, rotary embedding on split halves, SwiGLU,
fused causal attention, tied embeddings): 4 layers, 4 heads, width 128, context 64, batch 12, or with --large 6, 6, 384,
256, 16; vocabulary 65, AdamW, gradients clipped to norm 1. Prints one JSON line; items are tokens."""

import sys

import torch
from torch import nn
from torch.nn import functional as F

import timing

VOCABULARY = 65
SMALL = (4, 4, 128, 64, 12)  # layers, heads, width, context, batch
LARGE = (6, 6, 384, 256, 16)
LAYERS, HEADS, WIDTH, CONTEXT, BATCH = LARGE if "--large" in sys.argv else SMALL
FFN = -(-8 * WIDTH // 96) * 32  # 8/3 of the width, rounded up to a multiple of 32
EPS, THETA = 1e-5, 10000.0


def rotary_tables():
    head = WIDTH // HEADS
    frequency = 1.0 / THETA ** (torch.arange(0, head, 2).float() / head)
    angle = torch.outer(torch.arange(CONTEXT).float(), frequency)
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm = nn.RMSNorm(WIDTH, eps=EPS)
        self.query = nn.Linear(WIDTH, WIDTH, bias=False)
        self.key = nn.Linear(WIDTH, WIDTH, bias=False)
        self.value = nn.Linear(WIDTH, WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, WIDTH, bias=False)
        self.ffn_norm = nn.RMSNorm(WIDTH, eps=EPS)
        self.gate = nn.Linear(WIDTH, FFN, bias=False)
        self.up = nn.Linear(WIDTH, FFN, bias=False)
        self.down = nn.Linear(FFN, WIDTH, bias=False)

    def attention(self, x, cos, sin):
        heads = [projection(x).unflatten(-1, (HEADS, -1)).transpose(1, 2)
                 for projection in (self.query, self.key, self.value)]
        query, key = rotate(heads[0], cos, sin), rotate(heads[1], cos, sin)
        mixed = F.scaled_dot_product_attention(query, key, heads[2], is_causal=True)
        return self.output(mixed.transpose(1, 2).flatten(-2))

    def forward(self, x, cos, sin):
        x = x + self.attention(self.attention_norm(x), cos, sin)
        y = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.RMSNorm(WIDTH, eps=EPS)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
        self.cos, self.sin = rotary_tables()

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        return F.linear(self.norm(x), self.embedding.weight)


def main():
    options = timing.arguments(steps=300, warmup=20)
    text = torch.randint(VOCABULARY, (1_000_000,))
    windows = text.unfold(0, CONTEXT + 1, 1)
    model = Decoder()
    optimizer = torch.optim.AdamW(timing.parameter_groups(model, 0.1), lr=1e-3, betas=(0.9, 0.99),
                                  fused=options.fused)

    def draw():
        batch = windows.index_select(0, torch.randint(windows.size(0), (BATCH,)))
        return batch[:, :-1].contiguous(), batch[:, 1:].contiguous()

    def loss(ids, target):
        return F.cross_entropy(model(ids).flatten(0, 1), target.flatten())

    step = timing.train(options, model, optimizer, draw, loss, clip_norm=1.0)
    timing.report(options, step, BATCH * CONTEXT)


if __name__ == "__main__":
    main()

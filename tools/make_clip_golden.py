#!/usr/bin/env python3
"""Writes tests/data/clip_tiny: a CLIP text tower with random weights and what PyTorch's own layers make of it.

An independent computation for encoders/clip_text: torch.nn.MultiheadAttention and LayerNorm in double precision,
put together as openai/CLIP's model.py describes it. The weights are written with the names of Hugging Face, as
float32 safetensors.

Needs: python3-torch, python3-numpy (Debian 12).   Usage: tools/make_clip_golden.py [tests/data/clip_tiny]
"""
import json
import pathlib
import struct
import sys

import torch

WIDTH, LAYERS, HEADS, VOCAB, WINDOW, PROJECTION = 64, 2, 1, 30, 9, 12


def save(path, tensors):
    header, data = {}, b""
    for name in sorted(tensors):
        raw = tensors[name].contiguous().to(torch.float32).numpy().tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensors[name].shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header)
    text += " " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text.encode() + data)


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = torch.nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.ln_1 = torch.nn.LayerNorm(WIDTH)
        self.ln_2 = torch.nn.LayerNorm(WIDTH)
        self.c_fc = torch.nn.Linear(WIDTH, 16)
        self.c_proj = torch.nn.Linear(16, WIDTH)

    def forward(self, x, mask):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        h = self.c_fc(self.ln_2(x))
        return x + self.c_proj(h * torch.sigmoid(1.702 * h))


def main():
    torch.manual_seed(5)
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data/clip_tiny")
    blocks = [Block().double() for _ in range(LAYERS)]
    tokens = torch.randn(VOCAB, WIDTH, dtype=torch.float64) * 0.5
    positions = torch.randn(WINDOW, WIDTH, dtype=torch.float64) * 0.3
    norm = torch.nn.LayerNorm(WIDTH).double()
    projection = torch.randn(WIDTH, PROJECTION, dtype=torch.float64) * 0.2
    with torch.no_grad():
        for module in blocks + [norm]:
            for parameter in module.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
                parameter.copy_(parameter.float().double())
        for tensor in (tokens, positions, projection):
            tensor.copy_(tensor.float().double())

        def embed(text):
            ids = torch.tensor([VOCAB - 2] + text + [VOCAB - 1])
            x = tokens[ids] + positions[: len(ids)]
            mask = torch.full((len(ids), len(ids)), float("-inf"), dtype=torch.float64).triu(1)
            x = x[None]
            for block in blocks:
                x = block(x, mask)
            return norm(x)[0, -1] @ projection

        texts = [[3, 4, 5], [7], [1, 2, 3, 4, 5, 6, 7], [0, 0, 11, 27]]
        long_text = [1, 5, 9, 13, 2, 6, 10, 14, 3, 7]  # two windows: seven tokens and three
        golden = [{"ids": t, "embedding": embed(t).tolist()} for t in texts]
        golden.append({"ids": long_text, "embedding": ((embed(long_text[:7]) + embed(long_text[7:])) / 2).tolist()})

    hugging = {}
    for i, block in enumerate(blocks):
        q, k, v = block.attn.in_proj_weight.detach().chunk(3)
        qb, kb, vb = block.attn.in_proj_bias.detach().chunk(3)
        h = f"text_model.encoder.layers.{i}."
        for name, w, b in (("q", q, qb), ("k", k, kb), ("v", v, vb)):
            hugging[f"{h}self_attn.{name}_proj.weight"], hugging[f"{h}self_attn.{name}_proj.bias"] = w, b
        for module, name in (
            (block.attn.out_proj, "self_attn.out_proj"),
            (block.ln_1, "layer_norm1"),
            (block.ln_2, "layer_norm2"),
            (block.c_fc, "mlp.fc1"),
            (block.c_proj, "mlp.fc2"),
        ):
            for part in ("weight", "bias"):
                hugging[h + name + "." + part] = getattr(module, part).detach()
    for part in ("weight", "bias"):
        hugging["text_model.final_layer_norm." + part] = getattr(norm, part).detach()
    hugging["text_model.embeddings.token_embedding.weight"] = tokens
    hugging["text_model.embeddings.position_embedding.weight"] = positions
    hugging["text_projection.weight"] = projection.T
    hugging["vision_model.embeddings.class_embedding"] = torch.zeros(2)  # the image tower is passed over

    pieces = [chr(ord("a") + i) for i in range(13)] + [chr(ord("a") + i) + "</w>" for i in range(13)]
    pieces += ["ab", "ab</w>", "<|startoftext|>", "<|endoftext|>"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    out.mkdir(parents=True, exist_ok=True)
    save(out / "model.safetensors", hugging)
    (out / "vocab.json").write_text(json.dumps(vocab) + "\n")
    (out / "merges.txt").write_text("#version: 0.2\na b\na b</w>\n")
    (out / "golden.json").write_text(json.dumps({"made_by": "tools/make_clip_golden.py", "texts": golden}) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reads a dataset with h5py alone, checks the schema of docs/formats.md and prints its counts as JSON.

Usage: check_dataset.py DATA.h5
"""
import json
import sys

import h5py
import numpy as np


def offsets(f, name, n, end):
    values = f[name][:]
    assert values.dtype == np.int64 and values.ndim == 1, name
    assert n is None or len(values) == n + 1, f"{name}: {len(values)} offsets, expected {n + 1}"
    assert values[0] == 0 and values[-1] == end and (np.diff(values) >= 0).all(), name
    return values


def check_storage(name, item):
    if isinstance(item, h5py.Dataset):
        assert item.chunks and item.compression == "gzip" and item.shuffle and item.fletcher32, name


def check_symmetry(f, n):
    s = f["symmetry"]
    assert 0 < s.attrs["symprec"] < 1
    n_slots, n_bonds = len(s["slots/atomic_number"]), len(s["bonds/operation"])
    slots = offsets(s, "slot_offsets", n, n_slots)
    offsets(s, "bond_offsets", n, n_bonds)
    offsets(s, "slots/stabiliser_offsets", n_slots, len(s["stabilisers/operation"]))
    assert s["slots/frac_coords"].shape == (n_slots, 3) and s["cell"].shape == (n, 3, 3)
    assert s["bonds/slots"].shape == (n_bonds, 2) and s["bonds/shift"].shape == (n_bonds, 3)
    groups = s["space_group"][:]
    assert ((groups >= 0) & (groups <= 230)).all()
    assert ((np.diff(slots) > 0) == (groups > 0)).all()
    return {"p1_fallback": int(s["fallback"][:].sum()), "none": int((groups == 0).sum())}


def main(path):
    with h5py.File(path) as f:
        assert f.attrs["format"] == b"clamp-dataset" and f.attrs["format_version"] == 1
        f.visititems(check_storage)
        ids = f["structures/id"].asstr()[:]
        n, n_atoms = len(ids), len(f["atoms/atomic_numbers"])
        assert len(set(ids)) == n
        offsets(f, "structures/atom_offsets", n, n_atoms)
        assert f["atoms/frac_coords"].shape == (n_atoms, 3) and f["structures/cell"].shape == (n, 3, 3)
        numbers = f["atoms/atomic_numbers"][:]
        assert numbers.min() >= 1 and numbers.max() <= 103
        assert (np.linalg.det(f["structures/cell"][:]) != 0).all()
        n_texts = len(f["texts/byte_offsets"]) - 1
        offsets(f, "texts/text_offsets", n, n_texts)
        starts = offsets(f, "texts/byte_offsets", None, len(f["texts/bytes"]))
        raw = f["texts/bytes"][:].tobytes()
        for begin, end in zip(starts[:-1], starts[1:]):
            raw[begin:end].decode()
        for name, item in f["properties"].items():
            assert item.shape == (n,) and "unit" in item.attrs, name
        for name, item in f["labels"].items():
            starts = offsets(item, "offsets", n, len(item["bytes"]))
            raw = item["bytes"][:].tobytes()
            for begin, end in zip(starts[:-1], starts[1:]):
                raw[begin:end].decode()
        splits = f["structures/split"].asstr()[:]
        summary = {
            "n_structures": n,
            "n_atoms": n_atoms,
            "n_texts": n_texts,
            "splits": {str(s): int((splits == s).sum()) for s in sorted(set(splits))},
            "symmetry": check_symmetry(f, n) if "symmetry" in f else None,
        }
    print(json.dumps(summary))


if __name__ == "__main__":
    main(sys.argv[1])

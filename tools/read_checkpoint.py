#!/usr/bin/env python3
"""Reads a checkpoint (safetensors) without the project's code: struct, json and numpy are enough.

    tools/read_checkpoint.py checkpoints/mof64/encoders.safetensors            # metadata and a table of tensors
    tools/read_checkpoint.py FILE --tensor text.norm.weight                    # one tensor's values
    tools/read_checkpoint.py FILE --npz out.npz                                # everything, for numpy.load

As a module: metadata, tensors = read_checkpoint(path).
"""
import argparse
import json
import struct
import sys

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1", "BOOL": "|b1"}


def read_header(data):
    """(header as a dict, offset of the first byte of tensor data)"""
    if len(data) < 8:
        raise ValueError("shorter than the 8 bytes of the header length")
    (length,) = struct.unpack("<Q", data[:8])
    if length > len(data) - 8:
        raise ValueError(f"header of {length} bytes in a file of {len(data)}")
    return json.loads(data[8:8 + length]), 8 + length


def to_array(raw, dtype, shape):
    if dtype == "BF16":  # the upper half of a float32
        return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    return np.frombuffer(raw, DTYPES[dtype]).reshape(shape)


def read_checkpoint(path):
    """(metadata: dict of strings, tensors: dict of numpy arrays)"""
    with open(path, "rb") as file:
        data = file.read()
    header, start = read_header(data)
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = to_array(data[start + begin:start + end], entry["dtype"], entry["shape"])
    return metadata, tensors


def main():
    parser = argparse.ArgumentParser(description="Shows a checkpoint's metadata and tensors.")
    parser.add_argument("path")
    parser.add_argument("--tensor", help="print the values of this tensor")
    parser.add_argument("--npz", help="write all tensors to this file")
    options = parser.parse_args()
    try:
        metadata, tensors = read_checkpoint(options.path)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"error: {options.path}: {error}")
    if options.tensor:
        if options.tensor not in tensors:
            sys.exit(f"error: {options.path}: no tensor '{options.tensor}'")
        print(tensors[options.tensor])
        return
    for key, value in sorted(metadata.items()):
        print(f"{key}: {value.rstrip()}" if "\n" not in value.rstrip() else f"{key}: |\n" + indent(value))
    print()
    for name, array in sorted(tensors.items()):
        print(f"{name:60s} {str(array.dtype):8s} {list(array.shape)}")
    print(f"{len(tensors)} tensors, {sum(a.size for a in tensors.values())} values")
    if options.npz:
        np.savez(options.npz, **tensors)


def indent(text):
    return "\n".join("  " + line for line in text.rstrip().splitlines())


if __name__ == "__main__":
    main()

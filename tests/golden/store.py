"""Writes `.safetensors` files: a length, a JSON header, and the tensors' bytes, little-endian."""

import json
import struct
from pathlib import Path

import torch

TYPES = {torch.float64: "F64", torch.int64: "I64"}
HERE = Path(__file__).resolve().parent


def floats(*values):
    return torch.tensor(values, dtype=torch.float64)


def integers(values):
    return torch.tensor(values, dtype=torch.int64)


def save(name, tensors):
    """Writes `name.safetensors` next to this script; the tensors stand in the order of their names."""
    header, blobs, end = {}, [], 0
    for key in sorted(tensors):
        tensor = tensors[key].detach().contiguous()
        blob = bytes(tensor.reshape(-1).view(torch.uint8).tolist())
        header[key] = {
            "dtype": TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [end, end + len(blob)],
        }
        blobs.append(blob)
        end += len(blob)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    path = HERE / f"{name}.safetensors"
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(blobs))
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")

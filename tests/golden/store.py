"""Writes `.safetensors` files: a length, a JSON header, and the tensors' bytes, little-endian."""

import json
import struct
from pathlib import Path

import numpy as np

TYPES = {"float64": "F64", "int64": "I64"}
HERE = Path(__file__).resolve().parent


def floats(*values):
    import torch  # the metrics do without

    return torch.tensor(values, dtype=torch.float64)


def integers(values):
    import torch

    return torch.tensor(values, dtype=torch.int64)


def save(name, tensors):
    """Writes `name.safetensors` next to this script; the tensors stand in the order of their names."""
    header, blobs, end = {}, [], 0
    for key in sorted(tensors):
        tensor = tensors[key]
        array = np.ascontiguousarray(tensor.detach() if hasattr(tensor, "detach") else tensor)
        blob = array.tobytes()
        header[key] = {
            "dtype": TYPES[str(array.dtype)],
            "shape": list(np.shape(tensor)),
            "data_offsets": [end, end + len(blob)],
        }
        blobs.append(blob)
        end += len(blob)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    path = HERE / f"{name}.safetensors"
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(blobs))
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")

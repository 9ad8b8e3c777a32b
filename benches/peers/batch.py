"""Batches of behaviours as they come in: histories of ids, oldest first, one after the other (jagged).

The law is that of `dien bench`: lengths round(lognormal(3.31, 0.85)) clipped to 1..100, ids of a long tail.
"""

from dataclasses import dataclass

import torch

ITEMS, CATEGORIES, USERS, STEPS = 60_000, 1_000, 100_000, 100


def lengths(count, kind, generator, longest=STEPS):
    """Lengths [count], `full` or `ragged`."""
    if kind == "full":
        return torch.full((count,), longest)
    normal = torch.randn(count, generator=generator, dtype=torch.float64)
    return (3.31 + 0.85 * normal).exp().round().clamp(1, longest).long()


def items(count, generator):
    """Pairs of an item and its category, [count, 2]; 0 is nobody's id."""
    uniform = torch.rand(count, generator=generator, dtype=torch.float64)
    item = (40 * (1 - uniform) ** (-1 / 1.1)).floor().clamp(max=ITEMS - 1).long() + 1
    return torch.stack([item, 1 + item % CATEGORIES], 1)


@dataclass
class Batch:
    """One target a history: events and negatives [Σ lengths, 2], candidates [B, 2], users [B], labels [B]."""

    lengths: torch.Tensor
    events: torch.Tensor
    negatives: torch.Tensor
    candidates: torch.Tensor
    users: torch.Tensor
    labels: torch.Tensor

    @staticmethod
    def draw(count, kind, seed):
        g = torch.Generator().manual_seed(seed)
        n = lengths(count, kind, g)
        total = int(n.sum())
        users = torch.randint(1, USERS + 1, (count,), generator=g)
        labels = (torch.arange(count) % 2).float()
        return Batch(n, items(total, g), items(total, g), items(count, g), users, labels)

"""Writes the golden files; see README.md."""

import torch

import adam
import cells
import dien
import layers
import metrics
import zoo

if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for module in (cells, layers, adam, dien, zoo, metrics):
        module.make()

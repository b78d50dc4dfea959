#!/usr/bin/python3
"""Writes a Lennard-Jones potential as a TorchScript file that clamp-relax and clamp-generate take.

  tools/make_test_potential.py tests/data/potentials        (Debian: python3-torch)

lennard_jones.pt: 12-6, well 0.0104 eV, sigma 3.4 A for all elements, cut and shifted at 6 A, float64.
no_cutoff.pt: the same without the attribute that the signature asks for.
"""
import sys

import torch
from torch import Tensor


class LennardJones(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.cutoff = 6.0
        self.well = 0.0104
        self.sigma = 3.4

    def forward(self, positions: Tensor, atomic_numbers: Tensor, cell: Tensor, pairs: Tensor, shifts: Tensor) -> Tensor:
        vectors = positions[pairs[:, 1]] - positions[pairs[:, 0]] + shifts @ cell
        sixth = (self.sigma**2 / vectors.square().sum(1)) ** 3
        edge = (self.sigma / self.cutoff) ** 6
        energies = 4 * self.well * (sixth * sixth - sixth - (edge * edge - edge))
        return 0.5 * energies.sum()  # every pair comes in both directions


class NoCutoff(torch.nn.Module):
    def forward(self, positions: Tensor, atomic_numbers: Tensor, cell: Tensor, pairs: Tensor, shifts: Tensor) -> Tensor:
        return positions.sum()


if __name__ == "__main__":
    torch.jit.script(LennardJones()).save(sys.argv[1] + "/lennard_jones.pt")
    torch.jit.script(NoCutoff()).save(sys.argv[1] + "/no_cutoff.pt")

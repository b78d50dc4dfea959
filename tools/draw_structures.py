#!/usr/bin/env python3
"""Draws 2 x 2 x 2 cells of structures side by side, bonds as lines (python3-ase, python3-matplotlib).

    tools/draw_structures.py OUT.png FILE.cif...
"""
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from ase.data import covalent_radii
from ase.data.colors import jmol_colors
from ase.io import read
from ase.neighborlist import natural_cutoffs, neighbor_list


def draw(ax, path):
    atoms = read(path).repeat((2, 2, 2))
    atoms.pbc = False
    atoms.rotate(8, "x")
    atoms.rotate(12, "y")
    x = atoms.positions - atoms.positions.min(axis=0) + 1  # matplotlib hides what has a negative order
    first, second = neighbor_list("ij", atoms, natural_cutoffs(atoms, mult=1.2))
    for i, j in zip(first, second):
        if i < j:
            depth = (x[i, 2] + x[j, 2]) / 2
            ax.plot(x[[i, j], 0], x[[i, j], 1], color="0.45", linewidth=1.2, zorder=depth)
    bonded = set(first)  # an atom whose bonds all leave the block would float
    for i, z in enumerate(atoms.numbers):
        if i not in bonded:
            continue
        ax.scatter(*x[i, :2], s=90 * covalent_radii[z] ** 2, color=jmol_colors[z], edgecolors="0.2", linewidths=0.4,
                   zorder=x[i, 2])
    ax.set_aspect("equal")
    ax.set_axis_off()


out, paths = sys.argv[1], sys.argv[2:]
figure, axes = plt.subplots(1, len(paths), figsize=(5 * len(paths), 5), squeeze=False)
for ax, path in zip(axes[0], paths):
    draw(ax, path)
plt.tight_layout()
plt.savefig(out, dpi=80)

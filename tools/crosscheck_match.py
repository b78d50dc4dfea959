#!/usr/bin/env python3
"""Compares evaluate/structure_match.h with pymatgen's StructureMatcher on pairs made from real structures.

Needs Debian's python3-pymatgen. Kinds of pairs: copies with Gaussian noise and strain (weak ones and ones near the
tolerances), the same crystal in another setting (supercell, sheared basis, other origin, order), and unrelated
structures of the same formula.

    tools/crosscheck_match.py --match build/bin/match-pairs --folder CIFS --pairs 300
    tools/crosscheck_match.py --match build/bin/match-pairs --folder CIFS --same-formula 60
"""
import argparse
import collections
import glob
import os
import random
import re
import subprocess
import tempfile
import time

import numpy
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure


def perturbed(structure, rng, noise, strain):
    matrix = structure.lattice.matrix @ (numpy.eye(3) + strain * rng.standard_normal((3, 3)))
    other = Structure(Lattice(matrix), structure.species, structure.frac_coords)
    cart = other.cart_coords + noise * rng.standard_normal((len(other), 3))
    return Structure(other.lattice, other.species, cart, coords_are_cartesian=True)


def resettled(structure, rng):
    other = structure.copy()
    transform = numpy.eye(3, dtype=int)
    for _ in range(3):
        i, j = rng.choice(3, 2, replace=False)
        transform[i] += rng.choice([-1, 1]) * transform[j]
    if len(other) <= 40:
        transform[0] *= 2
    other.make_supercell(transform)
    order = rng.permutation(len(other))
    frac = other.frac_coords[order] + rng.random(3)
    return Structure(other.lattice, [other.species[k] for k in order], frac)


def pairs_of_one_formula(files, count, max_atoms, draw):
    """Different structures with the same atoms in the cell, one pair a formula; the atoms of a P1 file are counted
    by the lines of its last loop."""
    by_formula = collections.defaultdict(list)
    for path in files:
        with open(path) as text:
            atoms = re.findall(r"^\s*([A-Z][a-z]?)\s+[A-Z]\S*(?:\s+[-0-9.]+){4}", text.read(), re.MULTILINE)
        if 0 < len(atoms) <= max_atoms:
            by_formula[tuple(sorted(collections.Counter(atoms).items()))].append(path)
    groups = [group for _, group in sorted(by_formula.items()) if len(group) > 1]
    draw.shuffle(groups)
    for group in groups[:count]:
        first, second = draw.sample(group, 2)
        yield "same formula", Structure.from_file(first), Structure.from_file(second)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--match", required=True, help="the program match-pairs")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--same-formula", type=int, default=0,
                        help="only pairs of one formula, so many, from the whole folder")
    parser.add_argument("--max-atoms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tolerances", type=float, nargs=3, default=[0.2, 0.3, 5.0])
    options = parser.parse_args()
    rng = numpy.random.default_rng(options.seed)
    draw = random.Random(options.seed)
    files = sorted(glob.glob(os.path.join(options.folder, "*.cif")))
    draw.shuffle(files)
    pairs = list(pairs_of_one_formula(files, options.same_formula, options.max_atoms, draw))
    if options.same_formula:
        options.pairs = 0
    small = []
    by_formula = collections.defaultdict(list)
    for path in files:
        if len(small) >= 20 * options.pairs:
            break
        structure = Structure.from_file(path)
        if len(structure) > options.max_atoms:
            continue
        small.append(structure)
        by_formula[structure.composition.reduced_formula].append(structure)
    per_kind = options.pairs // 4
    for k in range(per_kind):
        pairs.append(("weak noise", small[k], perturbed(small[k], rng, 0.05, 0.01)))
    for k in range(per_kind, 2 * per_kind):
        pairs.append(("strong noise", small[k], perturbed(small[k], rng, rng.uniform(0.2, 0.7), 0.03)))
    for k in range(2 * per_kind, 3 * per_kind):
        pairs.append(("other setting", small[k], resettled(small[k], rng)))
    same = [group for group in by_formula.values() if len(group) > 1]
    draw.shuffle(same)
    while len(pairs) < options.pairs and same:
        group = same.pop()
        pairs.append(("same formula", group[0], group[1]))
    length, site, angle = options.tolerances
    matcher = StructureMatcher(ltol=length, stol=site, angle_tol=angle)
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for k, (_, first, second) in enumerate(pairs):
            names = [os.path.join(folder, f"{k}_{side}.cif") for side in (1, 2)]
            for name, structure in zip(names, (first, second)):
                structure.to(fmt="cif", filename=name)
            lines.append(" ".join(names))
        listing = os.path.join(folder, "pairs.txt")
        with open(listing, "w") as out:
            out.write("\n".join(lines) + "\n")
        start = time.time()
        printed = subprocess.run([options.match, str(length), str(site), str(angle), listing], check=True,
                                 capture_output=True, text=True).stdout.split()
        ours_seconds = time.time() - start
        theirs = []
        start = time.time()
        for line in lines:
            first, second = (Structure.from_file(name) for name in line.split())
            rms = matcher.get_rms_dist(first, second)
            theirs.append(None if rms is None else rms[0])
        theirs_seconds = time.time() - start
    table = collections.defaultdict(lambda: [0, 0, 0, 0, 0.0])
    for (kind, first, _), ours, other in zip(pairs, printed, theirs):
        row = table[kind]
        row[0] += 1
        row[1] += ours != "none"
        row[2] += other is not None
        row[3] += (ours != "none") == (other is not None)
        if ours != "none" and other is not None:
            row[4] = max(row[4], abs(float(ours) - other))
        if (ours != "none") != (other is not None):
            print(f"differs: {kind}, {first.composition.formula}: ours {ours}, pymatgen {other}")
    print("| pairs | number | we match | pymatgen matches | same verdict | largest difference of rms |")
    print("|---|---|---|---|---|---|")
    for kind, (total, ours, other, agree, difference) in table.items():
        print(f"| {kind} | {total} | {ours} | {other} | {agree} | {difference:.1e} |")
    print(f"seconds: ours {ours_seconds:.1f}, pymatgen {theirs_seconds:.1f}")


if __name__ == "__main__":
    main()

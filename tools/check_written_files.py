#!/usr/bin/env python3
"""Checks that the files we write are read by gemmi, pymatgen and ASE, with the atoms that we meant.

    tools/check_written_files.py --facts build/bin/crystal-facts FOLDER... [--sample N]

Each *.cif of the FOLDERs (or N of each, drawn with a fixed seed) is read by crystal-facts and written as P1 CIF, as CIF
with symmetry and as extended XYZ. Compared are the number of atoms of every element, the volume (1e-5 relative) and the
20 shortest interatomic distances (0.002 Å), which tell wrong axes, origins and operations. Needs python3-gemmi,
python3-pymatgen and python3-ase. Exit code 1 where a file is not read as meant.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")
import ase.io  # noqa: E402
import gemmi  # noqa: E402
import numpy as np  # noqa: E402
from pymatgen.io.cif import CifParser  # noqa: E402

VOLUME_TOLERANCE = 1e-5
DISTANCE_TOLERANCE = 0.002


def fingerprint(cell, frac, symbols):
    """(formula, volume, shortest distances) of a periodic structure; rows of `cell` are lattice vectors."""
    cell = np.asarray(cell, dtype=float)
    frac = np.asarray(frac, dtype=float)
    shifts = np.array([[i, j, k] for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)]) @ cell
    distances = []
    delta = frac[None, :, :] - frac[:, None, :]
    delta -= np.round(delta)
    for row in delta @ cell:
        lengths = np.linalg.norm(row[:, None, :] + shifts[None, :, :], axis=-1).ravel()
        distances.append(np.sort(lengths[lengths > 1e-3])[:20])
    shortest = np.sort(np.concatenate(distances))[:20]
    return collections.Counter(symbols), abs(np.linalg.det(cell)), shortest


def read_gemmi(path):
    small = gemmi.read_small_structure(str(path))
    sites = small.get_all_unit_cell_sites()
    orthogonalisation = np.array(small.cell.orthogonalization_matrix.tolist())
    return fingerprint(orthogonalisation.T, [s.fract.tolist() for s in sites], [s.element.name for s in sites])


def read_pymatgen(path):
    structure = CifParser(str(path)).get_structures(primitive=False)[0]
    return fingerprint(structure.lattice.matrix, structure.frac_coords, [s.specie.symbol for s in structure])


def read_ase(path):
    atoms = ase.io.read(str(path))
    return fingerprint(atoms.cell[:], atoms.get_scaled_positions(), atoms.get_chemical_symbols())


def differences(found, expected):
    formula, volume, distances = found
    if formula != expected[0]:
        return f"formula {dict(formula)}, expected {dict(expected[0])}"
    if abs(volume - expected[1]) > VOLUME_TOLERANCE * expected[1]:
        return f"volume {volume}, expected {expected[1]}"
    if len(distances) != len(expected[2]) or np.abs(distances - expected[2]).max() > DISTANCE_TOLERANCE:
        return f"shortest distances {distances[:3]}, expected {expected[2][:3]}"
    return ""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments.add_argument("--facts", required=True, help="the program crystal-facts")
    arguments.add_argument("--sample", type=int, default=0, help="files drawn from each folder (0: all)")
    options = arguments.parse_args()
    paths = []
    for folder in options.folders:
        files = sorted(folder.glob("*.cif"))
        if options.sample and options.sample < len(files):
            files = random.Random(0).sample(files, options.sample)
        paths += files
    verdicts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run([options.facts, "--write", folder, "-"], input="\n".join(map(str, paths)) + "\n",
                                capture_output=True, text=True, check=True)
        for line in result.stdout.splitlines():
            facts = json.loads(line)
            if "number" not in facts:
                verdicts["refused by our reader"] += 1
                continue
            stem = f"{folder}/{facts['number']}"
            expected = read_ase(stem + ".extxyz")  # Cartesian, without symmetry: the plainest of the three
            factor = facts.get("conventional_volume", 0) / expected[1]
            counts = {e: round(n * factor) for e, n in expected[0].items()}
            # A symmetric cell averages positions: its distances are compared between the readers only.
            symmetric = None
            for suffix in (".p1.cif", ".symmetric.cif"):
                if suffix == ".symmetric.cif" and "conventional_volume" not in facts:
                    verdicts["no symmetry found"] += 1
                    continue
                for name, reader in (("gemmi", read_gemmi), ("pymatgen", read_pymatgen), ("ASE", read_ase)):
                    try:
                        found = reader(stem + suffix)
                    except Exception as error:
                        problem = f"{type(error).__name__}: {error}"
                    else:
                        if suffix == ".p1.cif":
                            problem = differences(found, expected)
                        else:
                            symmetric = symmetric or (counts, facts["conventional_volume"], found[2])
                            problem = differences(found, symmetric)
                    verdicts[f"{suffix} {name} {'differs' if problem else 'agrees'}"] += 1
                    if problem:
                        print(f"{facts['file']} {facts['block']} {suffix} {name}: {problem}")
    for name, count in sorted(verdicts.items()):
        print(f"{count:6d}  {name}")
    sys.exit(any("differs" in name for name in verdicts))


if __name__ == "__main__":
    main()

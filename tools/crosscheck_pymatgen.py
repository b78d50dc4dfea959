#!/usr/bin/env python3
"""Compares our CIF reader with pymatgen's: number of atoms, formula, volume (1e-4 relative), space group.

    tools/crosscheck_pymatgen.py --facts build/bin/crystal-facts --output crosscheck.tsv FOLDER... [--sample N]

Every *.cif of each FOLDER is read, or N of them drawn with a fixed seed. The space group is spglib's at symprec 0.01 Å
in both, with the C library behind ours and Debian's python3-spglib behind pymatgen's structure. One line a block goes to
the output: file, block, verdict, ours, theirs. Verdicts: same, atoms, formula, volume, space_group, refused_by_us,
refused_by_pymatgen, refused_by_both. The counts are printed. Needs python3-pymatgen and python3-spglib.
"""
import argparse
import collections
import io
import json
import pathlib
import random
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
import numpy as np  # noqa: E402
import spglib  # noqa: E402
from pymatgen.io.cif import CifParser  # noqa: E402

SYMPREC = 0.01
VOLUME_TOLERANCE = 1e-4


def our_facts(program, paths):
    """{(path, block): facts} of all paths, and {path: error} for files that are no CIF."""
    result = subprocess.run([program, "--symprec", str(SYMPREC), "-"], input="\n".join(map(str, paths)) + "\n",
                            capture_output=True, text=True, check=True)
    blocks, broken = {}, {}
    for line in result.stdout.splitlines():
        facts = json.loads(line)
        if "block" in facts:
            blocks[facts["file"], facts["block"]] = facts
        else:
            broken[facts["file"]] = facts["error"]
    return blocks, broken


def pymatgen_facts(parser, block):
    structure = parser._get_structure(block, primitive=False, symmetrized=False)
    if structure is None:
        return {"error": "no structure"}
    if not structure.is_ordered:
        return {"error": "partial occupancy"}
    numbers = []
    for site in structure:
        element = getattr(site.specie, "element", site.specie)  # Species carry an Element
        numbers.append(1 if element.symbol in ("D", "T") else element.Z)
    cell = (structure.lattice.matrix, structure.frac_coords, numbers)
    dataset = spglib.get_symmetry_dataset(cell, symprec=SYMPREC)
    counts = collections.Counter("H" if s in ("D", "T") else s for s in
                                 (getattr(site.specie, "element", site.specie).symbol for site in structure))
    return {"n_atoms": len(structure), "formula": dict(counts), "volume": abs(float(np.linalg.det(structure.lattice.matrix))),
            "space_group": dataset["number"] if dataset else 0}


def their_facts(path):
    """{block: facts} as pymatgen reads the file; {None: error} where it reads none of it."""
    try:
        text = pathlib.Path(path).read_bytes().decode("utf-8", errors="replace")
        parser = CifParser(io.StringIO(text))
    except Exception as error:
        return {None: {"error": f"{type(error).__name__}: {error}"}}
    facts = {}
    for name, block in parser._cif.data.items():
        try:
            facts[name] = pymatgen_facts(parser, block)
        except Exception as error:
            facts[name] = {"error": f"{type(error).__name__}: {error}"}
    return facts


def counts_of(formula):
    counts = {}
    for word in formula.split():
        symbol = word.rstrip("0123456789")
        counts[symbol] = int(word[len(symbol):] or 1)
    return counts


def verdict_of(ours, theirs):
    if "error" in ours or "error" in theirs:
        if "error" in ours and "error" in theirs:
            return "refused_by_both"
        return "refused_by_us" if "error" in ours else "refused_by_pymatgen"
    if abs(ours["volume"] - theirs["volume"]) > VOLUME_TOLERANCE * theirs["volume"]:
        return "volume"
    if ours["n_atoms"] != theirs["n_atoms"]:
        return "atoms"
    if counts_of(ours["formula"]) != theirs["formula"]:
        return "formula"
    if ours["space_group"] != theirs["space_group"]:
        return "space_group"
    return "same"


def one_line(value):
    return " ".join(str(value).split())[:300]


def compare(paths, program, output):
    blocks, broken = our_facts(program, paths)
    by_file = collections.defaultdict(dict)
    for (path, block), facts in blocks.items():
        by_file[path][block] = facts
    verdicts = collections.Counter()
    for done, path in enumerate(map(str, paths)):
        theirs = their_facts(path)
        ours = by_file[path] if path not in broken else {None: {"error": broken[path]}}
        names = set(ours) | {n for n, f in theirs.items() if "error" not in f}
        for name in sorted(names, key=str):
            absent = {"error": "not seen"}
            left = ours.get(name) or ours.get(None) or absent
            # pymatgen cuts block names at 74 characters.
            right = theirs.get(name) or theirs.get(None) or theirs.get(str(name)[:74]) or absent
            verdict = verdict_of(left, right)
            verdicts[verdict] += 1
            output.write(f"{path}\t{name}\t{verdict}\t{one_line(left)}\t{one_line(right)}\n")
        output.flush()
        if sys.stderr.isatty() and done % 20 == 0:
            print(f"\r{done}/{len(paths)} files", end="", file=sys.stderr)
    return verdicts


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments.add_argument("--facts", required=True, help="the program crystal-facts")
    arguments.add_argument("--output", required=True, type=pathlib.Path, help="table to write")
    arguments.add_argument("--sample", type=int, default=0, help="files drawn from each folder (0: all)")
    options = arguments.parse_args()
    paths = []
    for folder in options.folders:
        files = sorted(folder.glob("*.cif"))
        if options.sample and options.sample < len(files):
            files = sorted(random.Random(0).sample(files, options.sample))
        paths += files
    if not paths:
        sys.exit("error: no *.cif in the folders")
    with options.output.open("w") as output:
        verdicts = compare(paths, options.facts, output)
    total = sum(verdicts.values())
    print(f"{len(paths)} files, {total} blocks")
    for name, count in verdicts.most_common():
        print(f"{count:6d}  {name}")


if __name__ == "__main__":
    main()

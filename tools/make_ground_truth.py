#!/usr/bin/env python3
"""Writes the ground-truth table (id,label) of a zero-shot benchmark from a data set's table, for clamp-zeroshot.

The labels are the phrases that serve as prompts: nothing else tells the model what the classes are.

  metal       one metal, the 20 most frequent of the split
  dimension   framework dimension 0 to 3
  porous      pore-limiting diameter over 3.3 A or not
  topology    the ten most frequent nets of the split
  gap         PBE band gap under 1.5 eV or not
  photo       the title speaks of photocatalysis or not (titled data: column title; one structure a paper)

Usage: tools/make_ground_truth.py TASK TABLE.csv [--split val] > labels.csv
Needs: Python 3 only.
"""
import argparse
import collections
import csv
import pathlib
import re
import sys

METALS = {
    "Zn": "zinc", "Cu": "copper", "Cd": "cadmium", "Co": "cobalt", "Ni": "nickel", "Mn": "manganese", "Ag": "silver",
    "Fe": "iron", "Zr": "zirconium", "Mg": "magnesium", "Pb": "lead", "Na": "sodium", "K": "potassium", "Li": "lithium",
    "Ca": "calcium", "Sr": "strontium", "Ba": "barium", "In": "indium", "Al": "aluminium", "Ga": "gallium",
    "Cr": "chromium", "V": "vanadium", "Ti": "titanium", "Mo": "molybdenum", "W": "tungsten", "Y": "yttrium",
    "La": "lanthanum", "Ce": "cerium", "Pr": "praseodymium", "Nd": "neodymium", "Sm": "samarium", "Eu": "europium",
    "Gd": "gadolinium", "Tb": "terbium", "Dy": "dysprosium", "Ho": "holmium", "Er": "erbium", "Tm": "thulium",
    "Yb": "ytterbium", "Lu": "lutetium", "Hg": "mercury", "Sn": "tin", "Bi": "bismuth", "Pd": "palladium",
    "Pt": "platinum", "Ru": "ruthenium", "Rh": "rhodium", "Sc": "scandium", "Hf": "hafnium", "Rb": "rubidium",
    "Cs": "caesium", "Au": "gold", "Re": "rhenium", "Be": "beryllium", "Tl": "thallium", "U": "uranium",
    "Th": "thorium", "Sb": "antimony", "Nb": "niobium",
}
DIMENSIONS = {
    "0": "molecular coordination complex",
    "1": "one-dimensional coordination polymer made of chains",
    "2": "two-dimensional layered coordination polymer",
    "3": "three-dimensional metal-organic framework",
}


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def metal(row):
    metals = row["metals"].split()
    return f"{METALS[metals[0]]} metal-organic framework" if len(metals) == 1 and metals[0] in METALS else None


def topology(row):
    code = row["topology"]
    return f"{code} topology" if re.fullmatch(r"[a-z]{3}(-[a-z]+)?", code) else None


def porous(row):
    diameter = number(row["pld_A"])
    return None if diameter is None else "porous framework" if diameter > 3.3 else "nonporous framework"


def gap(row):
    energy = number(row["pbe_band_gap_eV"])
    return None if energy is None else "small band gap" if energy < 1.5 else "wide band gap"


def photo(row):
    return "photocatalyst" if re.search(r"photo-?cataly", row["title"], re.I) else "not photocatalytic"


TASKS = {
    "metal": (metal, 20),
    "dimension": (lambda row: DIMENSIONS.get(row["framework_dimension"]), None),
    "porous": (porous, None),
    "topology": (topology, 10),
    "gap": (gap, None),
    "photo": (photo, None),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("table")
    parser.add_argument("--split", default="val")
    arguments = parser.parse_args()
    label_of, keep = TASKS[arguments.task]
    rows, titles = [], set()
    with open(arguments.table, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["split"] != arguments.split:
                continue
            title = row.get("title", "").strip().lower()
            if title and title in titles:
                continue
            titles.add(title)
            label = label_of(row)
            if label:
                rows.append((row.get("id") or pathlib.PurePath(row["path"]).stem, label))
    if keep:
        frequent = {label for label, _ in collections.Counter(label for _, label in rows).most_common(keep)}
        rows = [row for row in rows if row[1] in frequent]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["id", "label"])
    writer.writerows(rows)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Moves papers from the training split of a table of titled structures to the split "test".

All papers whose title speaks of photocatalysis go, and one of every `--one-in` others as counterexamples: the
photocatalyst benchmark (tools/make_ground_truth.py photo) then judges papers that no training saw. A paper goes with
all its structures; which others go depends on their titles alone.

Usage: tools/hold_out_titles.py pairs.csv > pairs_held_out.csv
Needs: Python 3 only.
"""
import argparse
import csv
import re
import sys
import zlib


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--one-in", type=int, default=8)
    arguments = parser.parse_args()
    with open(arguments.table, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        writer = csv.DictWriter(sys.stdout, reader.fieldnames, lineterminator="\n")
        writer.writeheader()
        for row in reader:
            title = row["title"].strip().lower()
            photo = re.search(r"photo-?cataly", title) is not None
            if row["split"] == "train" and (photo or zlib.crc32(title.encode()) % arguments.one_in == 0):
                row["split"] = "test"
            writer.writerow(row)


if __name__ == "__main__":
    main()

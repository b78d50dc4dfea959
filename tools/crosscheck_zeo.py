#!/usr/bin/env python3
"""Compares our pores (tools/pore_table.cpp) with Zeo++: its published results or an installed program.

    tools/crosscheck_zeo.py --pores build/bin/pore-table --folder CIFS --table core2019.csv --split val -n 200
    tools/crosscheck_zeo.py --pores build/bin/pore-table --folder CIFS --zeo network -n 200

The table has columns id, lcd_A, pld_A, lfpd_A and, where it has them, asa_m2_g (probe --probe), void_fraction or
void_fraction_geometric. With --zeo the program is run with -ha on each file (-res, -sa, -vol without probe).
"""
import argparse
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile

KEYS = {"lcd_A": "lcd_A", "pld_A": "pld_A", "lfpd_A": "lfpd_A", "asa_m2_g": "surface_m2_g",
        "void_fraction": "void_fraction"}


def run_zeo(program, path, probe, folder):
    def results(name, *arguments):
        output = os.path.join(folder, name)
        subprocess.run([program, "-ha", *arguments, output, path], check=True, stdout=subprocess.DEVNULL)
        with open(output) as lines:
            return lines.readline().split()

    diameters = results("out.res", "-res")
    surface = results("out.sa", "-sa", str(probe), str(probe), "2000")
    volume = results("out.vol", "-vol", "0", "0", "50000")
    value = lambda words, key: float(words[words.index(key) + 1])
    return {"lcd_A": float(diameters[1]), "pld_A": float(diameters[2]), "lfpd_A": float(diameters[3]),
            "asa_m2_g": value(surface, "ASA_m^2/g:"),
            "void_fraction": value(volume, "AV_Volume_fraction:") + value(volume, "NAV_Volume_fraction:")}


def published(options):
    rows = []
    with open(options.table) as table:
        for row in csv.DictReader(table):
            if options.split and row.get("split") != options.split or not row.get("lcd_A"):
                continue
            row["void_fraction"] = row.get("void_fraction") or row.get("void_fraction_geometric") or ""
            path = os.path.join(options.folder, row["id"] + ".cif")
            if os.path.exists(path):
                rows.append((path, {k: float(row[k]) for k in KEYS if row.get(k)}))
    random.Random(options.seed).shuffle(rows)
    return rows[:options.n]


def computed(options):
    files = sorted(f for f in os.listdir(options.folder) if f.endswith(".cif"))
    random.Random(options.seed).shuffle(files)
    with tempfile.TemporaryDirectory() as folder:
        return [(os.path.join(options.folder, f), run_zeo(options.zeo, os.path.join(options.folder, f), options.probe,
                                                          folder)) for f in files[:options.n]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pores", required=True, help="the program pore-table")
    parser.add_argument("--folder", required=True, help="CIF files, named <id>.cif")
    parser.add_argument("--table", help="published results")
    parser.add_argument("--zeo", help="Zeo++'s program")
    parser.add_argument("--split", default="")
    parser.add_argument("-n", type=int, default=200)
    parser.add_argument("--probe", type=float, default=1.655, help="radius for the surface, A")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if bool(options.table) == bool(options.zeo):
        sys.exit("give either --table or --zeo")
    pairs = published(options) if options.table else computed(options)
    lines = subprocess.run([options.pores, str(options.probe)] + [path for path, _ in pairs], check=True,
                           capture_output=True, text=True).stdout.strip().split("\n")
    header = lines[0].split("\t")
    ours = [dict(zip(header, line.split("\t"))) for line in lines[1:]]
    print("| quantity | structures | median deviation | 90 % | largest | within the target | farthest |")
    print("|---|---|---|---|---|---|---|")
    for theirs_key, ours_key in KEYS.items():
        rows = [(float(mine[ours_key]), theirs[theirs_key], os.path.basename(path)[:-4])
                for mine, (path, theirs) in zip(ours, pairs) if theirs_key in theirs]
        relative = theirs_key in ("asa_m2_g", "void_fraction")
        if relative:  # of a value that is not nearly nothing
            rows = [row for row in rows if row[1] > (100 if theirs_key == "asa_m2_g" else 0.01)]
        if not rows:
            continue
        deviations = sorted((abs(a / b - 1) if relative else abs(a - b), name, a, b) for a, b, name in rows)
        values = [d[0] for d in deviations]
        target = 0.05 if relative else 0.1
        unit = " (relative)" if relative else ""
        worst = ", ".join(f"{name} {a:.2f}/{b:.2f}" for _, name, a, b in deviations[-3:])
        print(f"| {theirs_key}{unit} | {len(rows)} | {statistics.median(values):.4f} | "
              f"{values[int(0.9 * len(values))]:.4f} | {values[-1]:.4f} | {sum(v <= target for v in values)} | "
              f"{worst} |")
    times = sorted(float(mine["cpu_seconds"]) for mine in ours)
    atoms = [int(mine["n_atoms"]) for mine in ours]
    print(f"CPU seconds a structure: median {statistics.median(times):.2f} ({statistics.median(atoms)} atoms), "
          f"largest {times[-1]:.2f}")


if __name__ == "__main__":
    main()

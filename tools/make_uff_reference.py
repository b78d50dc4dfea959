#!/usr/bin/python3
"""Writes tests/data/uff/molecules.txt: molecules with their UFF energies by RDKit, an independent implementation.

  tools/make_uff_reference.py tests/data/uff/molecules.txt        (Debian: python3-rdkit)

Geometries are RDKit's embeddings, not minimised, so that no term is near zero. Left out on purpose, because RDKit
departs from the paper or from the mean of resonance forms: amides (bond order 1 for C-N, not 1.41), nitro groups
(one N=O, one N-O, not 1.5 each), boronic acids (no hybridisation of boron).
"""
import sys

from rdkit import Chem, RDLogger
from rdkit.Chem import AllChem

SMILES = """
C CC CCC CCCC C=C C#C C=CC=C c1ccccc1 Cc1ccccc1 c1ccc2ccccc2c1 c1ccc(-c2ccccc2)cc1 CO CCO COC c1ccccc1O CC=O CC(=O)C
CC(=O)O c1ccccc1C(=O)O OC(=O)c1ccc(C(=O)O)cc1 CN CNC CN(C)C c1ccccc1N CC#N c1ccncc1 c1cnccn1 c1c[nH]cn1 Cc1ncc[nH]1
c1cc[nH]c1 c1ccoc1 c1ccsc1 CS CSC CSSC CF CCl CBr CI Fc1ccccc1 c1ccc(Cl)cc1 C1CCCCC1 C1CCNCC1 O N S
c1ccnc(-c2ccccn2)c1 CN=CC C[Si](C)(C)C COC(=O)C OCC(O)CO N#Cc1ccc(C#N)cc1 c1nc[nH]n1 CP CNN C=CC(=O)C
O=C1C=CC(=O)C=C1 CS(=O)(=O)C CN=NC c1ccc(N=Nc2ccncc2)cc1
""".split()


def main():
    RDLogger.DisableLog("rdApp.*")
    with open(sys.argv[1], "w") as out:
        out.write("# SMILES, energy in kcal/mol, number of atoms; then element, x, y, z in A. tools/make_uff_reference.py\n")
        for smiles in SMILES:
            molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
            if AllChem.EmbedMolecule(molecule, randomSeed=7) != 0:
                sys.exit(f"{smiles}: no geometry")
            field = AllChem.UFFGetMoleculeForceField(molecule, vdwThresh=1000.0, ignoreInterfragInteractions=False)
            out.write(f"{smiles} {field.CalcEnergy():.5f} {molecule.GetNumAtoms()}\n")
            for atom, r in zip(molecule.GetAtoms(), molecule.GetConformer().GetPositions()):
                out.write(f"{atom.GetSymbol()} {r[0]:.6f} {r[1]:.6f} {r[2]:.6f}\n")


if __name__ == "__main__":
    main()

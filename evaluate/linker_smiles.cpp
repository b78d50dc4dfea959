#include "evaluate/linker_smiles.h"

#include <algorithm>
#include <iterator>

namespace clamp::evaluate {
namespace {

struct NamedLinker {
  const char* name;
  const char* smiles;
};
// `build/bin/linker-table qmof.h5 train` (QMOF, CC BY 4.0); one name, 5-aminotetrazolate, is left out by its
// rule.
// clang-format off
constexpr NamedLinker kLinkers[] = {
    {"1,2,4-triazolate", "c1nc[nH]n1"},
    {"1,2-bis(4-pyridyl)ethane", "c1cc(CCc2ccncc2)ccn1"},
    {"1,2-bis(4-pyridyl)ethylene", "C(=Cc1ccncc1)c1ccncc1"},
    {"1,3-bis(4-pyridyl)propane", "c1cc(CCCc2ccncc2)ccn1"},
    {"1,4-bis(imidazol-1-yl)butane", "c1cn(CCCCn2ccnc2)cn1"},
    {"1,4-bis(imidazol-1-ylmethyl)benzene", "c1cn(Cc2ccc(Cn3ccnc3)cc2)cn1"},
    {"1,4-di(1H-imidazol-1-yl)benzene", "c1cn(-c2ccc(-n3ccnc3)cc2)cn1"},
    {"1,4-di(4-pyridyl)benzene", "c1cc(-c2ccc(-c3ccncc3)cc2)ccn1"},
    {"1,4-diazabicyclo[2.2.2]octane", "C1CN2CCN1CC2"},
    {"1,4-phenylenediacetate", "O=C(O)Cc1ccc(CC(=O)O)cc1"},
    {"2,2'-bipyrimidine", "c1cnc(-c2ncccn2)nc1"},
    {"2,3,5,6-tetramethylterephthalate", "Cc1c(C)c(C(=O)O)c(C)c(C)c1C(=O)O"},
    {"2,5-dihydroxyterephthalate", "O=C(O)c1cc(O)c(C(=O)O)cc1O"},
    {"2,5-dimethylpyrazine", "Cc1cnc(C)cn1"},
    {"2,5-dioxidoterephthalate", "O=C(O)c1cc(O)c(C(=O)O)cc1O"},
    {"2-aminoterephthalate", "Nc1cc(C(=O)O)ccc1C(=O)O"},
    {"4,4'-azopyridine", "c1cc(N=Nc2ccncc2)ccn1"},
    {"4,4'-bipyridine", "c1cc(-c2ccncc2)ccn1"},
    {"4,4'-bipyridine-N,N'-dioxide", "O=[N+]1C=CC(=C2C=C[N+](=O)C=C2)C=C1"},
    {"4,4'-ethynylenedibenzoate", "O=C(O)c1ccc(C#Cc2ccc(C(=O)O)cc2)cc1"},
    {"4,4'-oxybis(benzoate)", "O=C(O)c1ccc(Oc2ccc(C(=O)O)cc2)cc1"},
    {"4,4'-sulfonyldibenzoate", "O=C(O)c1ccc(S(=O)(=O)c2ccc(C(=O)O)cc2)cc1"},
    {"5-(4-pyridyl)tetrazolate", "c1cc(-c2nn[nH]n2)ccn1"},
    {"5-aminoisophthalate", "Nc1cc(C(=O)O)cc(C(=O)O)c1"},
    {"5-hydroxyisophthalate", "O=C(O)c1cc(O)cc(C(=O)O)c1"},
    {"5-methylisophthalate", "Cc1cc(C(=O)O)cc(C(=O)O)c1"},
    {"5-nitroisophthalate", "O=C(O)c1cc(C(=O)O)cc([N+](=O)[O-])c1"},
    {"acetylenedicarboxylate", "O=C(O)C#CC(=O)O"},
    {"adipate", "O=C(O)CCCCC(=O)O"},
    {"azobenzene-4,4'-dicarboxylate", "O=C(O)c1ccc(N=Nc2ccc(C(=O)O)cc2)cc1"},
    {"bicyclo[2.2.2]octane-1,4-dicarboxylate", "O=C(O)C12CCC(C(=O)O)(CC1)CC2"},
    {"biphenyl-3,3',5,5'-tetracarboxylate", "O=C(O)c1cc(C(=O)O)cc(-c2cc(C(=O)O)cc(C(=O)O)c2)c1"},
    {"biphenyl-4,4'-dicarboxylate", "O=C(O)c1ccc(-c2ccc(C(=O)O)cc2)cc1"},
    {"citrate", "O=C(O)CC(O)(CC(=O)O)C(=O)O"},
    {"cubane-1,4-dicarboxylate", "O=C(O)C12C3C4C1C1C2C3C41C(=O)O"},
    {"cyclohexane-1,4-dicarboxylate", "O=C(O)C1CCC(C(=O)O)CC1"},
    {"diglycolate", "O=C(O)COCC(=O)O"},
    {"formate", "O=CO"},
    {"fumarate", "O=C(O)C=CC(=O)O"},
    {"furan-2,5-dicarboxylate", "O=C(O)c1ccc(C(=O)O)o1"},
    {"glutarate", "O=C(O)CCCC(=O)O"},
    {"hexamethylenetetramine", "C1N2CN3CN1CN(C2)C3"},
    {"imidazole-4,5-dicarboxylate", "O=C(O)c1nc[nH]c1C(=O)O"},
    {"iminodiacetate", "O=C(O)CNCC(=O)O"},
    {"isonicotinate", "O=C(O)c1ccncc1"},
    {"isophthalate", "O=C(O)c1cccc(C(=O)O)c1"},
    {"malonate", "O=C(O)CC(=O)O"},
    {"muconate", "O=C(O)C=CC=CC(=O)O"},
    {"naphthalene-1,4-dicarboxylate", "O=C(O)c1ccc(C(=O)O)c2ccccc12"},
    {"naphthalene-2,6-dicarboxylate", "O=C(O)c1ccc2cc(C(=O)O)ccc2c1"},
    {"nicotinate", "O=C(O)c1cccnc1"},
    {"oxalate", "O=C(O)C(=O)O"},
    {"p-terphenyl-4,4''-dicarboxylate", "O=C(O)c1ccc(-c2ccc(-c3ccc(C(=O)O)cc3)cc2)cc1"},
    {"phenazine", "c1ccc2nc3ccccc3nc2c1"},
    {"phthalate", "O=C(O)c1ccccc1C(=O)O"},
    {"piperazine", "C1CNCCN1"},
    {"pyrazine", "c1cnccn1"},
    {"pyrazine-2,3-dicarboxylate", "O=C(O)c1nccnc1C(=O)O"},
    {"pyrazine-2,5-dicarboxylate", "O=C(O)c1cnc(C(=O)O)cn1"},
    {"pyrazine-2-carboxylate", "O=C(O)c1cnccn1"},
    {"pyrazole-3,5-dicarboxylate", "O=C(O)c1cc(C(=O)O)[nH]n1"},
    {"pyridine-2,3-dicarboxylate", "O=C(O)c1cccnc1C(=O)O"},
    {"pyridine-2,4,6-tricarboxylate", "O=C(O)c1cc(C(=O)O)nc(C(=O)O)c1"},
    {"pyridine-2,4-dicarboxylate", "O=C(O)c1ccnc(C(=O)O)c1"},
    {"pyridine-2,5-dicarboxylate", "O=C(O)c1ccc(C(=O)O)nc1"},
    {"pyridine-2,6-dicarboxylate", "O=C(O)c1cccc(C(=O)O)n1"},
    {"pyridine-3,4-dicarboxylate", "O=C(O)c1ccncc1C(=O)O"},
    {"pyridine-3,5-dicarboxylate", "O=C(O)c1cncc(C(=O)O)c1"},
    {"pyrimidine", "c1cncnc1"},
    {"pyromellitate", "O=C(O)c1cc(C(=O)O)c(C(=O)O)cc1C(=O)O"},
    {"squarate", "O=C1C(=O)C(=O)C1=O"},
    {"stilbene-4,4'-dicarboxylate", "O=C(O)c1ccc(C=Cc2ccc(C(=O)O)cc2)cc1"},
    {"succinate", "O=C(O)CCC(=O)O"},
    {"tartrate", "O=C(O)C(O)C(O)C(=O)O"},
    {"terephthalate", "O=C(O)c1ccc(C(=O)O)cc1"},
    {"tetrachloroterephthalate", "O=C(O)c1c(Cl)c(Cl)c(C(=O)O)c(Cl)c1Cl"},
    {"tetrafluoroterephthalate", "O=C(O)c1c(F)c(F)c(C(=O)O)c(F)c1F"},
    {"thiophene-2,5-dicarboxylate", "O=C(O)c1ccc(C(=O)O)s1"},
    {"trimesate", "O=C(O)c1cc(C(=O)O)cc(C(=O)O)c1"},
};
// clang-format on

}  // namespace

std::string linker_smiles(const std::string& name) {
  const auto found = std::find_if(std::begin(kLinkers), std::end(kLinkers),
                                  [&](const NamedLinker& linker) { return name == linker.name; });
  return found == std::end(kLinkers) ? std::string() : found->smiles;
}

}  // namespace clamp::evaluate

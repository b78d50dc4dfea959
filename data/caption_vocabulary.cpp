#include "data/caption_vocabulary.h"

#include <algorithm>
#include <map>

#include "core/elements.h"

namespace clamp::data {
namespace {

std::vector<Ligand> bridging_carboxylates() {
  return {
      {"terephthalate",
       "dicarboxylate",
       {"terephthalate", "BDC", "1,4-BDC", "1,4-benzenedicarboxylate", "benzene-1,4-dicarboxylate",
        "terephthalic acid", "H2BDC", "p-BDC", "benzene-1,4-dicarboxylic acid"}},
      {"oxalate", "dicarboxylate", {"oxalate", "ox", "ethanedioate", "oxalic acid", "H2ox"}},
      {"trimesate",
       "tricarboxylate",
       {"trimesate", "BTC", "1,3,5-BTC", "1,3,5-benzenetricarboxylate", "benzene-1,3,5-tricarboxylate",
        "trimesic acid", "H3BTC", "benzene-1,3,5-tricarboxylic acid"}},
      {"formate", "carboxylate", {"formate", "HCOO", "methanoate", "formic acid"}},
      {"pyromellitate",
       "tetracarboxylate",
       {"pyromellitate", "BTEC", "1,2,4,5-benzenetetracarboxylate", "benzene-1,2,4,5-tetracarboxylate",
        "pyromellitic acid", "H4BTEC"}},
      {"isophthalate",
       "dicarboxylate",
       {"isophthalate", "1,3-BDC", "m-BDC", "1,3-benzenedicarboxylate", "benzene-1,3-dicarboxylate",
        "isophthalic acid", "H2IPA"}},
      {"isonicotinate",
       "carboxylate",
       {"isonicotinate", "pyridine-4-carboxylate", "4-pyridinecarboxylate", "isonicotinic acid", "INA"}},
      {"fumarate", "dicarboxylate", {"fumarate", "trans-butenedioate", "fumaric acid", "H2fum"}},
      {"naphthalene-2,6-dicarboxylate",
       "dicarboxylate",
       {"naphthalene-2,6-dicarboxylate", "2,6-naphthalenedicarboxylate", "2,6-NDC", "NDC", "H2NDC",
        "naphthalene-2,6-dicarboxylic acid"}},
      {"succinate", "dicarboxylate", {"succinate", "butanedioate", "succinic acid", "H2suc"}},
      {"biphenyl-4,4'-dicarboxylate",
       "dicarboxylate",
       {"biphenyl-4,4'-dicarboxylate", "4,4'-biphenyldicarboxylate", "BPDC", "H2BPDC",
        "biphenyl-4,4'-dicarboxylic acid"}},
      {"pyridine-2,6-dicarboxylate",
       "dicarboxylate",
       {"pyridine-2,6-dicarboxylate", "2,6-pyridinedicarboxylate", "dipicolinate", "2,6-PDC"}},
      {"thiophene-2,5-dicarboxylate",
       "dicarboxylate",
       {"thiophene-2,5-dicarboxylate", "2,5-thiophenedicarboxylate", "TDC"}},
      {"muconate", "dicarboxylate", {"muconate", "trans,trans-muconate", "hexadienedioate"}},
      {"phthalate",
       "dicarboxylate",
       {"phthalate", "1,2-BDC", "1,2-benzenedicarboxylate", "benzene-1,2-dicarboxylate"}},
      {"5-nitroisophthalate",
       "dicarboxylate",
       {"5-nitroisophthalate", "5-nitro-1,3-benzenedicarboxylate", "NIPA"}},
      {"adipate", "dicarboxylate", {"adipate", "hexanedioate", "adipic acid"}},
      {"4,4'-oxybis(benzoate)", "dicarboxylate", {"4,4'-oxybis(benzoate)", "4,4'-oxybisbenzoate", "OBA"}},
      {"pyridine-3,5-dicarboxylate",
       "dicarboxylate",
       {"pyridine-3,5-dicarboxylate", "3,5-pyridinedicarboxylate", "3,5-PDC"}},
      {"nicotinate", "carboxylate", {"nicotinate", "pyridine-3-carboxylate", "3-pyridinecarboxylate"}},
      {"glutarate", "dicarboxylate", {"glutarate", "pentanedioate", "glutaric acid"}},
      {"pyridine-2,3-dicarboxylate",
       "dicarboxylate",
       {"pyridine-2,3-dicarboxylate", "2,3-pyridinedicarboxylate", "2,3-PDC"}},
      {"naphthalene-1,4-dicarboxylate",
       "dicarboxylate",
       {"naphthalene-1,4-dicarboxylate", "1,4-naphthalenedicarboxylate", "1,4-NDC"}},
      {"pyrazine-2,3-dicarboxylate",
       "dicarboxylate",
       {"pyrazine-2,3-dicarboxylate", "2,3-pyrazinedicarboxylate"}},
      {"tartrate", "dicarboxylate", {"tartrate", "tartaric acid"}},
      {"bicyclo[2.2.2]octane-1,4-dicarboxylate", "dicarboxylate", {"bicyclo[2.2.2]octane-1,4-dicarboxylate"}},
      {"2,5-dihydroxyterephthalate",
       "dicarboxylate",
       {"2,5-dihydroxyterephthalate", "2,5-dihydroxy-1,4-benzenedicarboxylate"}},
      {"azobenzene-4,4'-dicarboxylate",
       "dicarboxylate",
       {"azobenzene-4,4'-dicarboxylate", "4,4'-azobenzenedicarboxylate", "4,4'-azodibenzoate"}},
      {"5-hydroxyisophthalate",
       "dicarboxylate",
       {"5-hydroxyisophthalate", "5-hydroxy-1,3-benzenedicarboxylate"}},
      {"malonate", "dicarboxylate", {"malonate", "propanedioate", "malonic acid"}},
      {"tetrafluoroterephthalate",
       "dicarboxylate",
       {"tetrafluoroterephthalate", "tetrafluoro-1,4-benzenedicarboxylate", "perfluoroterephthalate"}},
      {"diglycolate", "dicarboxylate", {"diglycolate", "oxydiacetate"}},
      {"5-aminoisophthalate", "dicarboxylate", {"5-aminoisophthalate", "5-amino-1,3-benzenedicarboxylate"}},
      {"1,4-phenylenediacetate", "dicarboxylate", {"1,4-phenylenediacetate", "p-phenylenediacetate"}},
      {"acetylenedicarboxylate", "dicarboxylate", {"acetylenedicarboxylate", "butynedioate"}},
      {"pyrazine-2-carboxylate",
       "carboxylate",
       {"pyrazine-2-carboxylate", "pyrazinecarboxylate", "pyrazinoate"}},
      {"biphenyl-3,3',5,5'-tetracarboxylate",
       "tetracarboxylate",
       {"biphenyl-3,3',5,5'-tetracarboxylate", "3,3',5,5'-biphenyltetracarboxylate", "BPTC"}},
      {"furan-2,5-dicarboxylate",
       "dicarboxylate",
       {"furan-2,5-dicarboxylate", "2,5-furandicarboxylate", "FDC"}},
      {"cyclohexane-1,4-dicarboxylate",
       "dicarboxylate",
       {"cyclohexane-1,4-dicarboxylate", "1,4-cyclohexanedicarboxylate", "CHDC"}},
      {"pyridine-2,5-dicarboxylate",
       "dicarboxylate",
       {"pyridine-2,5-dicarboxylate", "2,5-pyridinedicarboxylate", "2,5-PDC"}},
      {"2,5-dioxidoterephthalate",
       "dicarboxylate",
       {"2,5-dioxidoterephthalate", "DOBDC", "H4DOBDC", "2,5-dioxido-1,4-benzenedicarboxylate"}},
      {"stilbene-4,4'-dicarboxylate",
       "dicarboxylate",
       {"stilbene-4,4'-dicarboxylate", "4,4'-stilbenedicarboxylate", "SDC"}},
      {"4,4'-sulfonyldibenzoate", "dicarboxylate", {"4,4'-sulfonyldibenzoate", "SDB"}},
      {"4,4'-ethynylenedibenzoate",
       "dicarboxylate",
       {"4,4'-ethynylenedibenzoate", "4,4'-ethyne-1,2-diyldibenzoate"}},
      {"pyridine-3,4-dicarboxylate",
       "dicarboxylate",
       {"pyridine-3,4-dicarboxylate", "3,4-pyridinedicarboxylate", "3,4-PDC"}},
      {"cubane-1,4-dicarboxylate", "dicarboxylate", {"cubane-1,4-dicarboxylate", "1,4-cubanedicarboxylate"}},
      {"pyridine-2,4-dicarboxylate",
       "dicarboxylate",
       {"pyridine-2,4-dicarboxylate", "2,4-pyridinedicarboxylate", "lutidinate", "2,4-PDC"}},
      {"pyrazine-2,5-dicarboxylate",
       "dicarboxylate",
       {"pyrazine-2,5-dicarboxylate", "2,5-pyrazinedicarboxylate"}},
      {"2-aminoterephthalate",
       "dicarboxylate",
       {"2-aminoterephthalate", "aminoterephthalate", "NH2-BDC", "H2BDC-NH2",
        "2-amino-1,4-benzenedicarboxylate"}},
      {"5-methylisophthalate",
       "dicarboxylate",
       {"5-methylisophthalate", "5-methyl-1,3-benzenedicarboxylate"}},
      {"pyridine-2,4,6-tricarboxylate",
       "tricarboxylate",
       {"pyridine-2,4,6-tricarboxylate", "2,4,6-pyridinetricarboxylate"}},
      {"p-terphenyl-4,4''-dicarboxylate",
       "dicarboxylate",
       {"p-terphenyl-4,4''-dicarboxylate", "terphenyl-4,4''-dicarboxylate", "TPDC"}},
      {"pyrazole-3,5-dicarboxylate",
       "dicarboxylate",
       {"pyrazole-3,5-dicarboxylate", "3,5-pyrazoledicarboxylate"}},
      {"imidazole-4,5-dicarboxylate",
       "dicarboxylate",
       {"imidazole-4,5-dicarboxylate", "4,5-imidazoledicarboxylate"}},
      {"iminodiacetate", "dicarboxylate", {"iminodiacetate", "IDA"}},
      {"tetrachloroterephthalate",
       "dicarboxylate",
       {"tetrachloroterephthalate", "tetrachloro-1,4-benzenedicarboxylate"}},
      {"citrate", "tricarboxylate", {"citrate", "citric acid"}},
      {"2,3,5,6-tetramethylterephthalate",
       "dicarboxylate",
       {"2,3,5,6-tetramethylterephthalate", "tetramethylterephthalate"}},
      {"squarate", "", {"squarate", "squaric acid"}},
  };
}

std::vector<Ligand> bridging_nitrogen_donors() {
  return {
      {"4,4'-bipyridine",
       "N-donor",
       {"4,4'-bipyridine", "bipy", "4,4'-bipy", "4,4'-bpy", "4,4'-bipyridyl", "bpy"}},
      {"1,2-bis(4-pyridyl)ethylene",
       "N-donor",
       {"1,2-bis(4-pyridyl)ethylene", "bpe", "1,2-di(4-pyridyl)ethylene", "trans-1,2-bis(4-pyridyl)ethene"}},
      {"pyrazine", "N-donor", {"pyrazine", "pyz", "1,4-diazine", "pz"}},
      {"1,2-bis(4-pyridyl)ethane", "N-donor", {"1,2-bis(4-pyridyl)ethane", "bpa", "1,2-di(4-pyridyl)ethane"}},
      {"1,4-bis(imidazol-1-yl)butane",
       "N-donor",
       {"1,4-bis(imidazol-1-yl)butane", "1,4-bis(1-imidazolyl)butane"}},
      {"1,3-bis(4-pyridyl)propane",
       "N-donor",
       {"1,3-bis(4-pyridyl)propane", "bpp", "1,3-di(4-pyridyl)propane"}},
      {"1,4-bis(imidazol-1-ylmethyl)benzene", "N-donor", {"1,4-bis(imidazol-1-ylmethyl)benzene", "1,4-bix"}},
      {"1,4-di(1H-imidazol-1-yl)benzene",
       "N-donor",
       {"1,4-di(1H-imidazol-1-yl)benzene", "1,4-bis(imidazol-1-yl)benzene", "1,4-diimidazolylbenzene"}},
      {"4,4'-azopyridine", "N-donor", {"4,4'-azopyridine", "4,4'-azobipyridine", "azpy"}},
      {"hexamethylenetetramine", "N-donor", {"hexamethylenetetramine", "urotropine", "HMTA"}},
      {"pyrimidine", "N-donor", {"pyrimidine", "1,3-diazine"}},
      {"2,2'-bipyrimidine", "N-donor", {"2,2'-bipyrimidine", "bpym"}},
      {"4,4'-bipyridine-N,N'-dioxide", "", {"4,4'-bipyridine-N,N'-dioxide", "4,4'-bipyridine dioxide"}},
      {"1,4-diazabicyclo[2.2.2]octane",
       "N-donor",
       {"1,4-diazabicyclo[2.2.2]octane", "DABCO", "triethylenediamine", "ted"}},
      {"5-aminotetrazolate", "azolate", {"5-aminotetrazolate", "aminotetrazolate"}},
      {"1,2,4-triazolate", "azolate", {"1,2,4-triazolate", "triazolate", "trz"}},
      {"5-(4-pyridyl)tetrazolate", "azolate", {"5-(4-pyridyl)tetrazolate", "4-pyridyltetrazolate"}},
      {"imidazolate", "azolate", {"imidazolate", "im"}},
      {"2-methylimidazolate", "azolate", {"2-methylimidazolate", "mIm", "2-mIm", "MeIM"}},
      {"benzimidazolate", "azolate", {"benzimidazolate", "bIm"}},
      {"pyrazolate", "azolate", {"pyrazolate"}},
      {"tetrazolate", "azolate", {"tetrazolate", "tz"}},
      {"1,4-di(4-pyridyl)benzene", "N-donor", {"1,4-di(4-pyridyl)benzene", "1,4-bis(4-pyridyl)benzene"}},
      {"2,5-dimethylpyrazine", "N-donor", {"2,5-dimethylpyrazine", "dimethylpyrazine"}},
      {"piperazine", "N-donor", {"piperazine"}},
      {"phenazine", "N-donor", {"phenazine"}},
  };
}

std::vector<Ligand> other_ligands() {
  return {
      {"1,10-phenanthroline", "N-donor", {"1,10-phenanthroline", "phen", "o-phenanthroline"}},
      {"acetate", "carboxylate", {"acetate", "OAc", "ethanoate"}},
      {"2,2'-bipyridine", "N-donor", {"2,2'-bipyridine", "2,2'-bipy", "2,2'-bpy", "2,2'-bipyridyl"}},
      {"pyridine", "N-donor", {"pyridine"}},
      {"imidazole", "N-donor", {"imidazole"}},
      {"ethylenediamine", "N-donor", {"ethylenediamine", "1,2-diaminoethane"}},
      {"benzoate", "carboxylate", {"benzoate"}},
      {"trifluoroacetate", "carboxylate", {"trifluoroacetate", "perfluoroacetate"}},
      {"ammonia", "N-donor", {"ammonia", "ammine"}},
      {"picolinate", "carboxylate", {"picolinate", "pyridine-2-carboxylate"}},
      {"2,2':6',2''-terpyridine", "N-donor", {"2,2':6',2''-terpyridine", "terpy"}},
      {"pyridazine", "N-donor", {"pyridazine"}},
      {"1,3-diaminopropane", "N-donor", {"1,3-diaminopropane"}},
      {"1-methylimidazole", "N-donor", {"1-methylimidazole", "N-methylimidazole"}},
      {"water ligand", "", {"water", "aqua", "H2O"}},
      {"N,N-dimethylformamide", "", {"N,N-dimethylformamide", "DMF", "dimethylformamide"}},
      {"methanol", "", {"methanol", "MeOH"}},
      {"tetrahydrofuran", "", {"tetrahydrofuran", "THF"}},
      {"acetonitrile", "", {"acetonitrile", "MeCN"}},
      {"1,4-dioxane", "", {"1,4-dioxane", "dioxane"}},
      {"dimethyl sulfoxide", "", {"dimethyl sulfoxide", "DMSO"}},
      {"N,N-dimethylacetamide", "", {"N,N-dimethylacetamide", "DMA", "dimethylacetamide"}},
      {"ethanol", "", {"ethanol", "EtOH"}},
      {"oxide", "", {"oxide"}},
      {"hydroxide", "", {"hydroxide"}},
      {"chloride", "", {"chloride"}},
      {"iodide", "", {"iodide"}},
      {"nitrate", "", {"nitrate"}},
      {"thiocyanate", "", {"thiocyanate"}},
      {"bromide", "", {"bromide"}},
      {"cyanide", "", {"cyanide"}},
      {"azide", "", {"azide"}},
      {"sulfate", "", {"sulfate"}},
      {"dicyanamide", "", {"dicyanamide"}},
      {"fluoride", "", {"fluoride"}},
      {"perchlorate", "", {"perchlorate"}},
      {"hexafluorosilicate", "", {"hexafluorosilicate", "SiF6", "SIFSIX"}},
      {"phosphate", "", {"phosphate"}},
      {"carbon dioxide", "", {"carbon dioxide", "CO2"}},
  };
}

std::vector<Ligand> all_ligands() {
  std::vector<Ligand> all = bridging_carboxylates();
  for (auto& more : {bridging_nitrogen_donors(), other_ligands()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

const std::vector<Ligand>& known_ligands() {
  static const std::vector<Ligand> ligands = all_ligands();
  return ligands;
}

const Ligand* find_ligand(const std::string& name) {
  static const std::map<std::string, const Ligand*> index = [] {
    std::map<std::string, const Ligand*> by_name;
    for (const Ligand& ligand : known_ligands()) by_name[ligand.name] = &ligand;
    return by_name;
  }();
  const auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

std::string metal_name(int atomic_number) {
  static const std::map<std::string, const char*> names{
      {"Li", "lithium"},      {"Be", "beryllium"},  {"Na", "sodium"},       {"Mg", "magnesium"},
      {"Al", "aluminium"},    {"K", "potassium"},   {"Ca", "calcium"},      {"Sc", "scandium"},
      {"Ti", "titanium"},     {"V", "vanadium"},    {"Cr", "chromium"},     {"Mn", "manganese"},
      {"Fe", "iron"},         {"Co", "cobalt"},     {"Ni", "nickel"},       {"Cu", "copper"},
      {"Zn", "zinc"},         {"Ga", "gallium"},    {"Ge", "germanium"},    {"Rb", "rubidium"},
      {"Sr", "strontium"},    {"Y", "yttrium"},     {"Zr", "zirconium"},    {"Nb", "niobium"},
      {"Mo", "molybdenum"},   {"Tc", "technetium"}, {"Ru", "ruthenium"},    {"Rh", "rhodium"},
      {"Pd", "palladium"},    {"Ag", "silver"},     {"Cd", "cadmium"},      {"In", "indium"},
      {"Sn", "tin"},          {"Sb", "antimony"},   {"Cs", "caesium"},      {"Ba", "barium"},
      {"La", "lanthanum"},    {"Ce", "cerium"},     {"Pr", "praseodymium"}, {"Nd", "neodymium"},
      {"Pm", "promethium"},   {"Sm", "samarium"},   {"Eu", "europium"},     {"Gd", "gadolinium"},
      {"Tb", "terbium"},      {"Dy", "dysprosium"}, {"Ho", "holmium"},      {"Er", "erbium"},
      {"Tm", "thulium"},      {"Yb", "ytterbium"},  {"Lu", "lutetium"},     {"Hf", "hafnium"},
      {"Ta", "tantalum"},     {"W", "tungsten"},    {"Re", "rhenium"},      {"Os", "osmium"},
      {"Ir", "iridium"},      {"Pt", "platinum"},   {"Au", "gold"},         {"Hg", "mercury"},
      {"Tl", "thallium"},     {"Pb", "lead"},       {"Bi", "bismuth"},      {"Th", "thorium"},
      {"Pa", "protactinium"}, {"U", "uranium"},     {"Np", "neptunium"},    {"Pu", "plutonium"},
      {"Am", "americium"},    {"Cm", "curium"}};
  if (atomic_number < 1 || atomic_number > kMaxAtomicNumber) return "";
  const auto it = names.find(element_symbol(atomic_number));
  return it == names.end() ? "" : it->second;
}

std::string topology_name(const std::string& code) {
  static const std::map<std::string, const char*> names{{"pcu", "primitive cubic"},
                                                        {"dia", "diamondoid"},
                                                        {"sql", "square lattice"},
                                                        {"hcb", "honeycomb"},
                                                        {"fcu", "face-centred cubic"},
                                                        {"bcu", "body-centred cubic"},
                                                        {"sod", "sodalite"},
                                                        {"nbo", "NbO"},
                                                        {"pts", "PtS"},
                                                        {"rtl", "rutile"},
                                                        {"kgm", "kagome"},
                                                        {"flu", "fluorite"},
                                                        {"lon", "lonsdaleite"},
                                                        {"qtz", "quartz"},
                                                        {"srs", "SrSi2"},
                                                        {"cds", "CdSO4"},
                                                        {"hxl", "hexagonal lattice"},
                                                        {"ths", "ThSi2"},
                                                        {"tbo", "twisted boracite"},
                                                        {"bor", "boracite"},
                                                        {"gis", "gismondine"},
                                                        {"ant", "anatase"}};
  const auto it = names.find(code);
  return it == names.end() ? "" : it->second;
}

std::string crystal_system(int n) {
  if (n < 1 || n > 230) return "";
  if (n <= 2) return "triclinic";
  if (n <= 15) return "monoclinic";
  if (n <= 74) return "orthorhombic";
  if (n <= 142) return "tetragonal";
  if (n <= 167) return "trigonal";
  return n <= 194 ? "hexagonal" : "cubic";
}

}  // namespace clamp::data

#include "diffusion/composer_tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/elements.h"
#include "core/error.h"
#include "diffusion/composer_canonical.h"

namespace clamp::diffusion {
namespace {

constexpr int32_t kDictionaryFormat = 1;

bool in(int32_t value, int32_t base, int32_t size) { return value >= base && value < base + size; }

class Writer {
 public:
  Writer(const Blocks& blocks, const ComposerDictionary& dictionary)
      : blocks_(blocks), dictionary_(dictionary) {}

  bool write(int dimension, std::string& reason) {
    tokens = {token::kBegin, token::kSpaceGroup + blocks_.space_group - 1, token::kDimension + dimension};
    if (blocks_.metals.size() > static_cast<size_t>(token::kMetals)) {
      reason = fmt::format("{} metals in the asymmetric unit", blocks_.metals.size());
      return false;
    }
    for (size_t m = 0; m < blocks_.metals.size(); ++m) {
      tokens.push_back(token::kElement + blocks_.metals[m].atomic_number);
      if (!site(blocks_.metals[m].site, true, reason)) return false;
      for (const BlockBond& bond : blocks_.metal_bonds) {
        if (bond.from != static_cast<int>(m)) continue;
        tokens.push_back(token::kMetal + bond.to);
        operation(bond);
      }
    }
    for (const MoleculeBlock& molecule : blocks_.molecules) {
      if (!form(molecule.form, reason)) return false;
      for (const BlockBond& grip : molecule.grips) {
        tokens.insert(tokens.end(), {token::kMetal + grip.to, token::kAtom + grip.from});
        operation(grip);
      }
    }
    tokens.push_back(token::kEnd);
    return true;
  }

  Tokens tokens;

 private:
  void operation(const BlockBond& bond) {
    if (bond.op >= 0) tokens.push_back(token::kOperation + bond.op);
  }

  bool site(const SiteKey& key, bool always, std::string& reason) {
    if (key.empty() && !always) return true;
    const auto index = dictionary_.site_index(blocks_.space_group, key);
    if (index < 0 || index >= token::kSites) {
      reason = fmt::format("a site of space group {} that the dictionary does not have", blocks_.space_group);
      return false;
    }
    tokens.push_back(token::kSite + index);
    return true;
  }

  bool form(const MoleculeForm& molecule, std::string& reason) {
    if (molecule.atoms.size() > static_cast<size_t>(token::kAtoms)) {
      reason = fmt::format("{} atoms of a molecule in the asymmetric unit", molecule.atoms.size());
      return false;
    }
    if (const auto known = dictionary_.form_index(molecule); known >= 0) {
      tokens.push_back(token::kForm + known);
      return true;
    }
    tokens.push_back(token::kOpen);
    for (size_t a = 0; a < molecule.atoms.size(); ++a) {
      tokens.push_back(token::kElement + molecule.atoms[a].atomic_number);
      if (!site(molecule.atoms[a].site, false, reason)) return false;
      for (const BlockBond& bond : molecule.bonds) {
        if (bond.from != static_cast<int>(a)) continue;
        tokens.push_back(token::kAtom + bond.to);
        operation(bond);
      }
    }
    tokens.push_back(token::kClose);
    return true;
  }

  const Blocks& blocks_;
  const ComposerDictionary& dictionary_;
};

class Reader {
 public:
  Reader(const Tokens& tokens, const ComposerDictionary& dictionary)
      : tokens_(tokens), dictionary_(dictionary) {}

  Decoded read() {
    expect(token::kBegin, 1, "BEGIN");
    decoded_.blocks.space_group = expect(token::kSpaceGroup, 230, "a space group") + 1;
    n_operations_ = static_cast<int32_t>(space_group(decoded_.blocks.space_group).operations.size());
    decoded_.framework_dimension = expect(token::kDimension, 4, "a dimension");
    while (is(token::kElement, kMaxAtomicNumber + 1)) metal();
    while (is(token::kOpen, 1) || is(token::kForm, dictionary_.n_forms())) molecule();
    expect(token::kEnd, 1, "END");
    return std::move(decoded_);
  }

 private:
  bool is(int32_t base, int32_t size) const { return at_ < tokens_.size() && in(tokens_[at_], base, size); }

  int32_t expect(int32_t base, int32_t size, const char* what) {
    if (!is(base, size)) {
      fail(fmt::format("token {} is {}, expected {}", at_, at_ < tokens_.size() ? tokens_[at_] : -1, what));
    }
    return tokens_[at_++] - base;
  }

  int operation() {
    return is(token::kOperation, n_operations_) ? expect(token::kOperation, n_operations_, "") : -1;
  }

  SiteKey site() {
    return dictionary_.site(decoded_.blocks.space_group,
                            expect(token::kSite, dictionary_.n_sites(decoded_.blocks.space_group), "a site"));
  }

  void metal() {
    auto& blocks = decoded_.blocks;
    const int m = static_cast<int>(blocks.metals.size());
    const int z = expect(token::kElement, kMaxAtomicNumber + 1, "an element");
    if (z < 1 || !is_metal(z))
      fail(fmt::format("token {}: element {} stands where a metal is expected", at_, z));
    blocks.metals.push_back({z, site()});
    while (is(token::kMetal, m + 1)) {
      const int to = expect(token::kMetal, m + 1, "");
      blocks.metal_bonds.push_back({m, to, operation()});
    }
  }

  void molecule() {
    MoleculeBlock block;
    if (is(token::kForm, dictionary_.n_forms())) {
      block.form = dictionary_.form(expect(token::kForm, dictionary_.n_forms(), ""));
      if (block.form.space_group != 0 && block.form.space_group != decoded_.blocks.space_group)
        fail(fmt::format("token {}: a molecule form of space group {} in {}", at_, block.form.space_group,
                         decoded_.blocks.space_group));
    } else {
      block.form = spelled();
    }
    const auto n_metals = static_cast<int32_t>(decoded_.blocks.metals.size());
    const auto n_atoms = static_cast<int32_t>(block.form.atoms.size());
    while (is(token::kMetal, n_metals)) {
      const int to = expect(token::kMetal, n_metals, "");
      const int from = expect(token::kAtom, n_atoms, "an atom of the molecule");
      block.grips.push_back({from, to, operation()});
    }
    decoded_.blocks.molecules.push_back(std::move(block));
  }

  MoleculeForm spelled() {
    MoleculeForm form;
    bool general = true;
    expect(token::kOpen, 1, "OPEN");
    while (!is(token::kClose, 1)) {
      const int a = static_cast<int>(form.atoms.size());
      const int z = expect(token::kElement, kMaxAtomicNumber + 1, "an element or CLOSE");
      if (z < 1 || is_metal(z)) fail(fmt::format("token {}: element {} in a molecule", at_, z));
      form.atoms.push_back({z, is(token::kSite, token::kSites) ? site() : SiteKey{}});
      general &= form.atoms.back().site.empty();
      while (is(token::kAtom, a + 1)) {
        const int to = expect(token::kAtom, a + 1, "");
        form.bonds.push_back({a, to, operation()});
        general &= form.bonds.back().op < 0;
      }
    }
    expect(token::kClose, 1, "CLOSE");
    if (form.atoms.empty()) fail(fmt::format("token {}: a molecule without atoms", at_));
    form.space_group = general ? 0 : decoded_.blocks.space_group;
    return form;
  }

  const Tokens& tokens_;
  const ComposerDictionary& dictionary_;
  size_t at_ = 0;
  int32_t n_operations_ = 1;
  Decoded decoded_;
};

}  // namespace

ComposerDictionary ComposerDictionary::build(const std::vector<Blocks>& chemistries, int64_t min_count) {
  std::map<int, std::map<SiteKey, int64_t>> sites;
  std::map<std::vector<int>, int64_t> forms;
  std::map<std::vector<int>, std::vector<char>> donors;
  for (const Blocks& blocks : chemistries) {
    const auto count = [&](const BlockAtom& atom) {
      if (!atom.site.empty()) ++sites[blocks.space_group][atom.site];
    };
    std::for_each(blocks.metals.begin(), blocks.metals.end(), count);
    for (const MoleculeBlock& molecule : blocks.molecules) {
      std::for_each(molecule.form.atoms.begin(), molecule.form.atoms.end(), count);
      const auto content = molecule.form.content();
      ++forms[content];
      auto& grips = donors[content];
      grips.resize(molecule.form.atoms.size(), 0);
      for (const BlockBond& grip : molecule.grips) grips[static_cast<size_t>(grip.from)] = 1;
    }
  }
  // Most frequent first, ties in the order of the keys.
  const auto by_frequency = [](const auto& counts) {
    auto list = std::vector<std::pair<int64_t, std::vector<int>>>();
    for (const auto& [key, count] : counts) list.emplace_back(-count, key);
    std::sort(list.begin(), list.end());
    return list;
  };
  ComposerDictionary dictionary;
  for (const auto& [number, counts] : sites) {
    for (const auto& entry : by_frequency(counts)) dictionary.sites_[number].push_back(entry.second);
  }
  for (const auto& [count, content] : by_frequency(forms)) {
    if (-count < min_count) continue;
    dictionary.forms_.push_back(molecule_form(content));
    dictionary.donors_.push_back(donors[content]);
  }
  dictionary.index();
  return dictionary;
}

void ComposerDictionary::index() {
  for (size_t f = 0; f < forms_.size(); ++f) form_of_content_[forms_[f].content()] = static_cast<int32_t>(f);
}

std::vector<int32_t> ComposerDictionary::to_numbers() const {
  std::vector<int32_t> numbers = {kDictionaryFormat, static_cast<int32_t>(sites_.size())};
  for (const auto& [number, keys] : sites_) {
    numbers.insert(numbers.end(), {number, static_cast<int32_t>(keys.size())});
    for (const SiteKey& key : keys) {
      numbers.push_back(static_cast<int32_t>(key.size()));
      numbers.insert(numbers.end(), key.begin(), key.end());
    }
  }
  numbers.push_back(n_forms());
  for (size_t f = 0; f < forms_.size(); ++f) {
    const auto content = forms_[f].content();
    numbers.push_back(static_cast<int32_t>(content.size()));
    numbers.insert(numbers.end(), content.begin(), content.end());
    numbers.insert(numbers.end(), donors_[f].begin(), donors_[f].end());
  }
  return numbers;
}

ComposerDictionary ComposerDictionary::from_numbers(const std::vector<int32_t>& numbers,
                                                    const std::string& source) {
  size_t at = 0;
  const auto next = [&](int32_t low, int32_t high) {
    if (at >= numbers.size() || numbers[at] < low || numbers[at] > high)
      fail(fmt::format("{}: the dictionary's number {} of {} is not from {} to {}", source, at,
                       numbers.size(), low, high));
    return numbers[at++];
  };
  next(kDictionaryFormat, kDictionaryFormat);
  ComposerDictionary dictionary;
  for (int32_t g = next(0, 230); g > 0; --g) {
    const int number = next(1, 230);
    const auto operations = static_cast<int32_t>(space_group(number).operations.size());
    for (int32_t s = next(0, 100000); s > 0; --s) {
      SiteKey key;
      const int32_t size = next(4, 4 * operations);
      for (int32_t k = 0; k < size; ++k) key.push_back(k % 4 == 0 ? next(1, operations - 1) : next(-64, 64));
      if (size % 4 != 0) fail(fmt::format("{}: the dictionary has a site that is cut short", source));
      dictionary.sites_[number].push_back(std::move(key));
    }
  }
  for (int32_t f = next(0, 1000000); f > 0; --f) {
    std::vector<int> content;
    for (int32_t size = next(1, 1000000); size > 0; --size) content.push_back(next(-64, 1000000));
    try {
      dictionary.forms_.push_back(molecule_form(content));
    } catch (const Error& error) {
      fail(fmt::format("{}: {}", source, error.what()));
    }
    std::vector<char> donors;
    for (size_t a = 0; a < dictionary.forms_.back().atoms.size(); ++a)
      donors.push_back(static_cast<char>(next(0, 1)));
    dictionary.donors_.push_back(std::move(donors));
  }
  if (at != numbers.size()) fail(fmt::format("{}: the dictionary has numbers left over", source));
  dictionary.index();
  return dictionary;
}

int32_t ComposerDictionary::n_sites(int number) const {
  const auto it = sites_.find(number);
  return 1 + (it == sites_.end() ? 0 : static_cast<int32_t>(it->second.size()));
}

int32_t ComposerDictionary::site_index(int number, const SiteKey& site) const {
  if (site.empty()) return 0;
  const auto it = sites_.find(number);
  if (it == sites_.end()) return -1;
  const auto found = std::find(it->second.begin(), it->second.end(), site);
  return found == it->second.end() ? -1 : 1 + static_cast<int32_t>(std::distance(it->second.begin(), found));
}

const SiteKey& ComposerDictionary::site(int number, int32_t index) const {
  static const SiteKey general;
  return index == 0 ? general : sites_.at(number).at(static_cast<size_t>(index - 1));
}

int32_t ComposerDictionary::form_index(const MoleculeForm& form) const {
  const auto it = form_of_content_.find(form.content());
  return it == form_of_content_.end() ? -1 : it->second;
}

std::optional<Tokens> encode(const Blocks& blocks, int framework_dimension,
                             const ComposerDictionary& dictionary, std::string* reason) {
  Writer writer(blocks, dictionary);
  std::string why;
  if (!writer.write(framework_dimension, why)) {
    if (reason != nullptr) *reason = why;
    return {};
  }
  return std::move(writer.tokens);
}

Decoded decode(const Tokens& tokens, const ComposerDictionary& dictionary) {
  return Reader(tokens, dictionary).read();
}

}  // namespace clamp::diffusion

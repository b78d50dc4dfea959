#include "diffusion/composer_grammar.h"

#include <algorithm>

#include "core/elements.h"

namespace clamp::diffusion {
namespace {

constexpr size_t kCarbon = 6;

}  // namespace

FormFacts::FormFacts(const ComposerDictionary& dictionary) : dictionary_(&dictionary) {
  for (int32_t f = 0; f < dictionary.n_forms(); ++f) {
    const MoleculeForm& form = dictionary.form(f);
    ElementSet elements;
    std::map<int, int64_t> composition;
    int64_t atoms = 0;
    for (const BlockAtom& atom : form.atoms) {
      elements.set(static_cast<size_t>(atom.atomic_number));
      const int64_t copies = form.space_group == 0 ? 1 : multiplicity(form.space_group, atom.site);
      composition[atom.atomic_number] += copies;
      atoms += copies;
    }
    elements_.push_back(elements);
    composition_.push_back(std::move(composition));
    unit_atoms_.push_back(atoms);
  }
}

int64_t FormFacts::n_atoms(int32_t form, int number) const {
  const int64_t unit = unit_atoms_[static_cast<size_t>(form)];
  return dictionary_->form(form).space_group != 0
             ? unit
             : unit * static_cast<int64_t>(space_group(number).operations.size());
}

void FormFacts::add(int32_t form, int number, std::map<int, int64_t>& counts) const {
  const int64_t copies = dictionary_->form(form).space_group != 0
                             ? 1
                             : static_cast<int64_t>(space_group(number).operations.size());
  for (const auto& [z, count] : composition_[static_cast<size_t>(form)]) counts[z] += count * copies;
}

ComposerGrammar::ComposerGrammar(const FormFacts& facts, const ComposerDemands& demands)
    : facts_(facts),
      demands_(demands),
      coordination_(facts.dictionary()),
      met_(demands.molecules.size(), 0) {}

ElementSet ComposerGrammar::missing() const { return demands_.required & ~present_; }

// Never more of an element than the largest multiple of the formula allows.
bool ComposerGrammar::formula_holds(const std::map<int, int64_t>& counts) const {
  if (demands_.formula.empty()) return true;
  int64_t unit = 0;
  for (const auto& entry : demands_.formula) unit += entry.second;
  const int64_t times = demands_.max_atoms / std::max<int64_t>(1, unit);
  return std::all_of(counts.begin(), counts.end(), [&](const auto& entry) {
    const auto it = demands_.formula.find(entry.first);
    return it != demands_.formula.end() && entry.second <= times * it->second;
  });
}

bool ComposerGrammar::form_fits(int32_t form) const {
  const int of = facts_.dictionary().form(form).space_group;
  if (of != 0 && of != space_group_) return false;
  if (n_atoms_ + facts_.n_atoms(form, space_group_) > demands_.max_atoms) return false;
  if (demands_.allowed.any() && (facts_.elements(form) & ~demands_.allowed).any()) return false;
  if (demands_.formula.empty()) return true;
  auto counts = counts_;
  facts_.add(form, space_group_, counts);
  return formula_holds(counts);
}

bool ComposerGrammar::space_group_fits(int number) const {
  if (demands_.space_group != 0 && number != demands_.space_group) return false;
  // Every demanded molecule needs a form that fits beside one metal atom.
  return std::all_of(demands_.molecules.begin(), demands_.molecules.end(), [&](const auto& group) {
    return std::any_of(group.begin(), group.end(), [&](int32_t form) {
      const int of = facts_.dictionary().form(form).space_group;
      return (of == 0 || of == number) && facts_.n_atoms(form, number) + 1 <= demands_.max_atoms;
    });
  });
}

bool ComposerGrammar::complete() const {
  if (metal_sites_.empty() || n_molecules_ == 0 || n_atoms_ < demands_.min_atoms || missing().any())
    return false;
  if (!present_[kCarbon]) return false;
  if (std::any_of(bonded_.begin(), bonded_.end(), [](char bonded) { return bonded == 0; })) return false;
  if (std::any_of(met_.begin(), met_.end(), [](char met) { return met == 0; })) return false;
  if (demands_.formula.empty()) return true;
  // Proportional to the formula.
  if (counts_.size() != demands_.formula.size()) return false;
  const auto& [z, unit] = *demands_.formula.begin();
  const auto first = counts_.find(z);
  if (first == counts_.end()) return false;
  return std::all_of(counts_.begin(), counts_.end(), [&](const auto& entry) {
    const auto it = demands_.formula.find(entry.first);
    return it != demands_.formula.end() && entry.second * unit == it->second * first->second;
  });
}

void ComposerGrammar::allow_metals(std::vector<uint8_t>& mask) const {
  if (n_molecules_ > 0 || n_atoms_ >= demands_.max_atoms) return;
  if (metal_sites_.size() >= static_cast<size_t>(token::kMetals)) return;
  ElementSet wanted;
  for (int z = 1; z <= kMaxAtomicNumber; ++z) {
    if (is_metal(z) && missing()[static_cast<size_t>(z)]) wanted.set(static_cast<size_t>(z));
  }
  for (int z = 1; z <= kMaxAtomicNumber; ++z) {
    const auto bit = static_cast<size_t>(z);
    if (!is_metal(z) || (wanted.any() && !wanted[bit])) continue;
    if (demands_.allowed.any() && !demands_.allowed[bit]) continue;
    if (!demands_.formula.empty() && demands_.formula.count(z) == 0) continue;
    mask[static_cast<size_t>(token::kElement + z)] = 1;
  }
}

void ComposerGrammar::allow_forms(std::vector<uint8_t>& mask) const {
  // Demanded metals come first, then demanded molecules, then demanded other elements.
  const auto lacking = missing();
  for (int z = 1; z <= kMaxAtomicNumber; ++z) {
    if (is_metal(z) && lacking[static_cast<size_t>(z)]) return;
  }
  for (size_t g = 0; g < met_.size(); ++g) {
    if (met_[g]) continue;
    for (const int32_t form : demands_.molecules[g]) {
      if (form_fits(form)) mask[static_cast<size_t>(token::kForm + form)] = 1;
    }
    return;
  }
  for (int32_t form = 0; form < facts_.dictionary().n_forms(); ++form) {
    if (lacking.any() && (facts_.elements(form) & lacking).none()) continue;
    if (form_fits(form) && can_balance_with(form)) mask[static_cast<size_t>(token::kForm + form)] = 1;
  }
}

void ComposerGrammar::allow_parts(std::vector<uint8_t>& mask) const {
  allow_metals(mask);
  if (!metal_sites_.empty()) allow_forms(mask);
  if (complete()) mask[token::kEnd] = 1;
}

void ComposerGrammar::allow_bonds(const ComposerCoordination& coordination,
                                  std::vector<uint8_t>& mask) const {
  for (int m = 0; m < static_cast<int>(metal_sites_.size()); ++m) {
    const auto reaches = [&](int atom) { return coordination.has_room(atom, m); };
    bool any = form_ < 0 && reaches(0);
    if (form_ >= 0) {
      const auto& donors = facts_.dictionary().donors(form_);
      for (size_t a = 0; a < donors.size() && !any; ++a) any = donors[a] && reaches(static_cast<int>(a));
    }
    if (any) mask[static_cast<size_t>(token::kMetal + m)] = 1;
  }
}

void ComposerGrammar::allow_operations(int atom, std::vector<uint8_t>& mask) const {
  for (int op = 0; op < static_cast<int>(n_operations_); ++op)
    mask[static_cast<size_t>(token::kOperation + op)] = coordination_.has_room(atom, grip_metal_, op) ? 1 : 0;
  if (!coordination_.has_room(atom, grip_metal_, -1)) return;
  auto with_bond = coordination_;
  with_bond.push_bond(atom, grip_metal_, -1);
  allow_bonds(with_bond, mask);
  allow_parts(mask);
}

std::optional<int> ComposerGrammar::charge_of(int32_t form) const {
  const auto charge = demands_.charges->of_form[static_cast<size_t>(form)];
  if (!charge || facts_.dictionary().form(form).space_group != 0) return charge;
  return *charge * static_cast<int>(n_operations_);
}

void ComposerGrammar::measure_charged_forms() {
  for (int32_t form = 0; form < facts_.dictionary().n_forms(); ++form) {
    const auto charge = charge_of(form);
    if (!charge || *charge == 0 || !form_fits(form)) continue;
    const auto atoms = facts_.n_atoms(form, space_group_);
    const auto [it, is_new] = room_.emplace(*charge, atoms);
    if (!is_new) it->second = std::min(it->second, atoms);
  }
}

bool ComposerGrammar::can_balance_with(int32_t form) const {
  if (demands_.charges == nullptr || !molecules_) return true;
  const auto charge = charge_of(form);
  if (!charge) return true;
  const auto left = demands_.max_atoms - n_atoms_ - facts_.n_atoms(form, space_group_);
  return std::any_of(metal_charges_.begin(), metal_charges_.end(), [&](int metals) {
    const int missing = -metals - *molecules_ - *charge;
    return missing == 0 || std::any_of(room_.begin(), room_.end(), [&](const auto& entry) {
             const auto [more, atoms] = entry;
             return atoms <= left && (more > 0 ? more <= missing : more >= missing);
           });
  });
}

bool ComposerGrammar::balanced() const {
  return demands_.charges == nullptr || !molecules_ || metal_charges_.count(-*molecules_) > 0;
}

void ComposerGrammar::allowed_to_balance(std::vector<uint8_t>& mask) const {
  mask.assign(static_cast<size_t>(facts_.dictionary().n_tokens()), 0);
  for (int32_t form = 0; form < facts_.dictionary().n_forms(); ++form) {
    const auto charge = charge_of(form);
    if (!charge || *charge == 0 || !form_fits(form) || !can_balance_with(form)) continue;
    const bool nearer = std::any_of(metal_charges_.begin(), metal_charges_.end(), [&](int metals) {
      const int missing = -metals - *molecules_;
      return *charge > 0 ? *charge <= missing : *charge >= missing;
    });
    if (nearer) mask[static_cast<size_t>(token::kForm + form)] = 1;
  }
}

void ComposerGrammar::allowed(std::vector<uint8_t>& mask) const {
  mask.assign(static_cast<size_t>(facts_.dictionary().n_tokens()), 0);
  if (finished_) return;
  const auto& dictionary = facts_.dictionary();
  const auto allow = [&](int32_t base, int64_t count) {
    for (int64_t k = 0; k < count; ++k) mask[static_cast<size_t>(base + k)] = 1;
  };
  switch (state_) {
    case State::kBegin:
      for (int number = 1; number <= 230; ++number) {
        if (space_group_fits(number)) mask[static_cast<size_t>(token::kSpaceGroup + number - 1)] = 1;
      }
      return;
    case State::kSpaceGroup:
      if (demands_.framework_dimension >= 0) {
        mask[static_cast<size_t>(token::kDimension + demands_.framework_dimension)] = 1;
      } else {
        allow(token::kDimension, 4);
      }
      return;
    case State::kDimension:
      allow_metals(mask);
      return;
    case State::kElement:
      for (int32_t s = 0; s < std::min(dictionary.n_sites(space_group_), token::kSites); ++s) {
        const SiteKey& site = dictionary.site(space_group_, s);
        const int64_t copies = multiplicity(space_group_, site);
        if (n_atoms_ + copies > demands_.max_atoms) continue;
        auto counts = counts_;
        counts[element_] += copies;
        if (!formula_holds(counts)) continue;
        // A point holds one atom.
        const bool point = s > 0 && !metal_sites_.empty() &&
                           std::find(metal_sites_.begin(), metal_sites_.end(), s) != metal_sites_.end() &&
                           is_point(space_group_, site);
        if (!point) mask[static_cast<size_t>(token::kSite + s)] = 1;
      }
      return;
    case State::kMetal:
    case State::kMolecule:
      allow_bonds(coordination_, mask);
      allow_parts(mask);
      return;
    case State::kMetalBond:
    case State::kGripAtom:
      allow_operations(grip_atom_, mask);
      return;
    case State::kGrip: {
      const auto& donors = dictionary.donors(form_);
      for (size_t a = 0; a < donors.size(); ++a) {
        const bool room = donors[a] && coordination_.has_room(static_cast<int>(a), grip_metal_);
        mask[static_cast<size_t>(token::kAtom) + a] = room ? 1 : 0;
      }
      return;
    }
  }
}

void ComposerGrammar::push(int32_t next) {
  const auto in = [&](int32_t base, int32_t size) { return next >= base && next < base + size; };
  if (next == token::kBegin) return;
  if (state_ == State::kMetalBond || state_ == State::kGripAtom) {
    const bool by_operation = in(token::kOperation, 192);
    coordination_.push_bond(grip_atom_, grip_metal_, by_operation ? next - token::kOperation : -1);
  }
  if (next == token::kEnd) {
    finished_ = true;
  } else if (in(token::kSpaceGroup, 230)) {
    space_group_ = next - token::kSpaceGroup + 1;
    n_operations_ = static_cast<int64_t>(space_group(space_group_).operations.size());
    coordination_.set_space_group(space_group_);
    state_ = State::kSpaceGroup;
    if (demands_.charges != nullptr) measure_charged_forms();
  } else if (in(token::kDimension, 4)) {
    state_ = State::kDimension;
  } else if (in(token::kElement, kMaxAtomicNumber + 1)) {
    element_ = next - token::kElement;
    state_ = State::kElement;
  } else if (in(token::kSite, token::kSites)) {
    metal_sites_.push_back(next - token::kSite);
    bonded_.push_back(0);
    const SiteKey& site = facts_.dictionary().site(space_group_, metal_sites_.back());
    coordination_.push_metal(element_, site);
    const int64_t copies = multiplicity(space_group_, site);
    n_atoms_ += copies;
    counts_[element_] += copies;
    present_.set(static_cast<size_t>(element_));
    if (demands_.charges != nullptr) {
      std::set<int> sums;
      for (const int sum : metal_charges_) {
        for (const int state : demands_.charges->oxidation_states(element_))
          sums.insert(sum + state * static_cast<int>(copies));
      }
      metal_charges_.swap(sums);
    }
    state_ = State::kMetal;
  } else if (next >= token::kForm) {
    form_ = next - token::kForm;
    coordination_.push_form(form_);
    n_atoms_ += facts_.n_atoms(form_, space_group_);
    facts_.add(form_, space_group_, counts_);
    present_ |= facts_.elements(form_);
    if (demands_.charges != nullptr) {
      const auto charge = charge_of(form_);
      molecules_ = molecules_ && charge ? std::optional<int>(*molecules_ + *charge) : std::nullopt;
    }
    ++n_molecules_;
    for (size_t g = 0; g < met_.size(); ++g) {
      const auto& group = demands_.molecules[g];
      if (std::find(group.begin(), group.end(), form_) != group.end()) met_[g] = 1;
    }
    state_ = State::kMolecule;
  } else if (in(token::kMetal, token::kMetals)) {
    state_ = form_ >= 0 ? State::kGrip : State::kMetalBond;
    grip_metal_ = next - token::kMetal;
    bonded_[static_cast<size_t>(next - token::kMetal)] = 1;
    if (form_ < 0) bonded_.back() = 1;
  } else if (in(token::kAtom, token::kAtoms)) {
    state_ = State::kGripAtom;
    grip_atom_ = next - token::kAtom;
  } else if (in(token::kOperation, 192)) {
    state_ = form_ >= 0 ? State::kMolecule : State::kMetal;
  }
}

}  // namespace clamp::diffusion

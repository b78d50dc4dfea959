// CIF and extended XYZ writing.
#include <fmt/format.h>

#include <Eigen/LU>
#include <cctype>
#include <cmath>
#include <map>

#include "core/cif.h"
#include "core/cif_symmetry.h"
#include "core/elements.h"
#include "core/error.h"

namespace clamp {
namespace {

// Block names have no blanks and only printable ASCII.
std::string block_name(const std::string& name) {
  std::string result;
  for (const char c : name.substr(0, 70)) result += c > ' ' && c < 127 ? c : '_';
  return result.empty() ? "structure" : result;
}

// A CIF gives the metric, not the orientation, and readers make a right-handed frame of it: the inverse of a
// left-handed cell is right-handed with the same metric, and the same atoms have negated coordinates in it.
double handedness(const Mat3& cell) { return cell.determinant() < 0 ? -1.0 : 1.0; }

void append_header(fmt::memory_buffer& out, const Crystal& crystal, const std::string& name) {
  const CellParameters p = crystal.cell_parameters();
  const auto add = [&](const char* tag, double value) {
    fmt::format_to(std::back_inserter(out), "{:<34}{:.8f}\n", tag, value);
  };
  fmt::format_to(std::back_inserter(out), "data_{}\n{:<34}'{}'\n", block_name(name), "_chemical_formula_sum",
                 formula(crystal.atomic_numbers));
  add("_cell_length_a", p.a);
  add("_cell_length_b", p.b);
  add("_cell_length_c", p.c);
  add("_cell_angle_alpha", p.alpha);
  add("_cell_angle_beta", p.beta);
  add("_cell_angle_gamma", p.gamma);
  add("_cell_volume", crystal.volume());
}

void append_symmetry(fmt::memory_buffer& out, const std::string& symbol, int number,
                     const std::vector<SymmetryOperation>& operations) {
  fmt::format_to(std::back_inserter(out), "{:<34}'{}'\n{:<34}{}\nloop_\n_symmetry_equiv_pos_as_xyz\n",
                 "_symmetry_space_group_name_H-M", symbol, "_symmetry_Int_Tables_number", number);
  for (const SymmetryOperation& op : operations)
    fmt::format_to(std::back_inserter(out), "'{}'\n", cif::operation_text(op));
}

void append_sites(fmt::memory_buffer& out, const Crystal& crystal, const std::vector<int64_t>& atoms) {
  fmt::format_to(std::back_inserter(out),
                 "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
                 "_atom_site_fract_z\n_atom_site_occupancy\n");
  std::map<int, int> counts;
  const double sign = handedness(crystal.cell);
  for (const int64_t atom : atoms) {
    const auto i = static_cast<size_t>(atom);
    const int z = crystal.atomic_numbers[i];
    const Vec3 x = sign * crystal.frac_coords[i];
    const std::string label = fmt::format("{}{}", element_symbol(z), ++counts[z]);
    // + 0.0 makes a positive zero of a negative one.
    fmt::format_to(std::back_inserter(out), "{:<6} {:<2} {:.8f} {:.8f} {:.8f} 1\n", label, element_symbol(z),
                   x[0] + 0.0, x[1] + 0.0, x[2] + 0.0);
  }
}

std::string quoted_value(const std::string& value) {
  const bool is_plain = !value.empty() && value.find_first_of(" \t\r\n\"\\'=,[]{}") == std::string::npos;
  if (is_plain) return value;
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return result + "\"";
}

}  // namespace

std::string cif_text_p1(const Crystal& crystal) {
  fmt::memory_buffer out;
  append_header(out, crystal, crystal.name);
  append_symmetry(out, "P 1", 1, {SymmetryOperation{}});
  std::vector<int64_t> atoms(crystal.atomic_numbers.size());
  for (size_t i = 0; i < atoms.size(); ++i) atoms[i] = static_cast<int64_t>(i);
  append_sites(out, crystal, atoms);
  return fmt::to_string(out);
}

std::string cif_text_symmetric(const ConventionalCell& cell, const std::string& name) {
  if (handedness(cell.crystal.cell) < 0)
    fail("a conventional cell is left-handed, expected a right-handed one");
  fmt::memory_buffer out;
  append_header(out, cell.crystal, name);
  std::string symbol;
  for (const char c : cell.symbol)
    if (c != '_') symbol += c;
  append_symmetry(out, symbol, cell.number, cell.operations);
  append_sites(out, cell.crystal, cell.asymmetric_atoms);
  return fmt::to_string(out);
}

std::string extxyz_frame(const Crystal& crystal,
                         const std::vector<std::pair<std::string, std::string>>& properties) {
  fmt::memory_buffer out;
  const Mat3& m = crystal.cell;
  fmt::format_to(std::back_inserter(out), "{}\nLattice=\"", crystal.n_atoms());
  for (int i = 0; i < 9; ++i)
    fmt::format_to(std::back_inserter(out), "{}{:.8f}", i == 0 ? "" : " ", m(i / 3, i % 3) + 0.0);
  fmt::format_to(std::back_inserter(out), "\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"");
  for (const auto& [key, value] : properties)
    fmt::format_to(std::back_inserter(out), " {}={}", key, quoted_value(value));
  fmt::format_to(std::back_inserter(out), "\n");
  for (size_t i = 0; i < crystal.atomic_numbers.size(); ++i) {
    const Vec3 r = (crystal.frac_coords[i].transpose() * m).transpose();
    fmt::format_to(std::back_inserter(out), "{:<2} {:.8f} {:.8f} {:.8f}\n",
                   element_symbol(crystal.atomic_numbers[i]), r[0] + 0.0, r[1] + 0.0, r[2] + 0.0);
  }
  return fmt::to_string(out);
}

}  // namespace clamp

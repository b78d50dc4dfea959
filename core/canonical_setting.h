// One of the settings that describe the same crystal in the same space group.
//
// A space group leaves the choice of origin, and sometimes of axes, open: every affine map of its normaliser
// sends the operations to themselves (International Tables A, chapter 3.5). A crystal is put into the setting
// in which its metals, and then all its atoms, score highest in a fixed periodic function, so that the choice
// does not depend on how the crystal came in, and metals lie at the origin where they can. The sense of polar
// axes, which that function does not see, is that of the phases of some structure factors.
#pragma once

#include <vector>

#include "core/symmetry.h"

namespace clamp {

/// x' = rotation x + translation, with rotation of determinant 1.
struct SettingChange {
  Mat3i rotation = Mat3i::Identity();
  Vec3 translation = Vec3::Zero();
};

/// Changes that map the operations of `group` to themselves, one of those that differ by an operation. In
/// triclinic and monoclinic groups, whose cell spglib reduces, only those that keep every cell's metric.
/// Along polar directions, where the origin is free, none. Cached; thread-safe. The first is the identity.
const std::vector<SettingChange>& setting_changes(const SpaceGroup& group);

/// A number for a place that differs between the copies of an atom, independent of the origin along polar
/// directions of `group` and periodic with the lattice.
double landmark(const SpaceGroup& group, const Vec3& frac_coords);

/// `primitive` (exactly symmetric, in spglib's standard setting of `group`) in its canonical setting.
Crystal in_canonical_setting(const Crystal& primitive, const SpaceGroup& group);

}  // namespace clamp

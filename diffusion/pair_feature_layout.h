// What the features of one pair are and where each stands in its row, for both ways to compute them.
#pragma once

#include <cstdint>

namespace clamp::diffusion::pair_layout {

constexpr int kImages = 27;
constexpr int kCentre = kImages / 2;  // the image without a lattice vector
// Gaussians of the logarithm of the distance: fine where bonds are, coarse far away.
constexpr int kNearestBasis = 22;
constexpr int kImageBasis = 14;
constexpr double kShortest = 0.6;        // Å, first centre
constexpr double kLongest = 14.0;        // Å, last centre of the nearest-image basis
constexpr double kLargestBasis = 26;     // position beyond which a distance counts as this far
constexpr double kImageCutoff = 6.0;     // Å
constexpr float kTieWidth = 0.05F;       // Å, images nearer to each other than this share the direction
constexpr float kTieReach = 8;           // tie widths beyond which an image has no share
constexpr float kLeastDistance = 0.05F;  // Å
constexpr float kNarrowBond = 0.3F;      // Å, scales of a bond's deviation from the covalent radii
constexpr float kWideBond = 2.0F;        // Å
constexpr int kRelations = 7;

// Offsets of the features of one pair.
constexpr int kImageOffset = kNearestBasis;                    // other images, summed
constexpr int kDirectionOffset = kImageOffset + kImageBasis;   // unit vector to the nearest image
constexpr int kFourierOffset = kDirectionOffset + 3;           // sin, cos of 2 pi m delta, m = 1, 2
constexpr int kRelationOffset = kFourierOffset + 12;           // one-hot, kFar left out
constexpr int kBondOffset = kRelationOffset + kRelations - 1;  // deviation of a bond, narrow and wide
constexpr int kSameSlotOffset = kBondOffset + 2;
constexpr int kContactOffset = kSameSlotOffset + 1;   // closeness relative to covalent radii
constexpr int kAmbiguityOffset = kContactOffset + 1;  // second-nearest image as near as the nearest

}  // namespace clamp::diffusion::pair_layout

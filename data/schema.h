// Names in the dataset file, shared by the writer and the reader (docs/formats.md, section "Dataset").
#pragma once

#include <cstdint>

namespace clamp::data::schema {

constexpr const char* kFormat = "clamp-dataset";
constexpr int64_t kVersion = 1;

constexpr const char* kAtomicNumbers = "/atoms/atomic_numbers";
constexpr const char* kFracCoords = "/atoms/frac_coords";

constexpr const char* kId = "/structures/id";
constexpr const char* kSplit = "/structures/split";
constexpr const char* kSource = "/structures/source";
constexpr const char* kAtomOffsets = "/structures/atom_offsets";
constexpr const char* kCell = "/structures/cell";

constexpr const char* kTextOffsets = "/texts/text_offsets";
constexpr const char* kTextByteOffsets = "/texts/byte_offsets";
constexpr const char* kTextBytes = "/texts/bytes";

constexpr const char* kProperties = "/properties";
constexpr const char* kLabels = "/labels";
constexpr const char* kProvenance = "/provenance";

constexpr const char* kSymmetry = "/symmetry";
constexpr const char* kSpaceGroup = "/symmetry/space_group";
constexpr const char* kFallback = "/symmetry/fallback";
constexpr const char* kMaxMove = "/symmetry/max_move";
constexpr const char* kPrimitiveCell = "/symmetry/cell";
constexpr const char* kSlotOffsets = "/symmetry/slot_offsets";
constexpr const char* kBondOffsets = "/symmetry/bond_offsets";
constexpr const char* kSlotAtomicNumber = "/symmetry/slots/atomic_number";
constexpr const char* kSlotParent = "/symmetry/slots/parent";
constexpr const char* kSlotFracCoords = "/symmetry/slots/frac_coords";
constexpr const char* kStabiliserOffsets = "/symmetry/slots/stabiliser_offsets";
constexpr const char* kStabiliserOperation = "/symmetry/stabilisers/operation";
constexpr const char* kStabiliserShift = "/symmetry/stabilisers/shift";
constexpr const char* kBondSlots = "/symmetry/bonds/slots";
constexpr const char* kBondOperation = "/symmetry/bonds/operation";
constexpr const char* kBondShift = "/symmetry/bonds/shift";
constexpr const char* kBondIntra = "/symmetry/bonds/intra";

}  // namespace clamp::data::schema

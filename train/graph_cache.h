// Neighbour graphs and descriptors of a data set in one file, so that training starts without computing them.
#pragma once

#include <string>
#include <vector>

#include "encoders/crystal_graph.h"

namespace clamp::train {

/// Safetensors with the graphs one after the other; metadata format "clamp-graphs", format_version, key.
void save_graphs(const std::string& path, const std::vector<encoders::CrystalGraph>& graphs,
                 const std::string& key);

/// Throws clamp::Error where the file is damaged or was made with another key (the structures and the
/// neighbour settings that the graphs belong to).
std::vector<encoders::CrystalGraph> load_graphs(const std::string& path, const std::string& key);

}  // namespace clamp::train

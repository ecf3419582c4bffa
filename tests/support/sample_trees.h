// Manifests and extents to build trees of, and a second builder that is as plain as docs/format.md 8.4 reads: the
// oracle for the one that streams.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "store/tree_builder.h"
#include "tests/support/memory_nodes.h"

namespace vault {

using Random = std::mt19937_64;
using SampleManifest = std::map<std::string, Bytes>;  // key -> entry record

// Nodes of few items, so that some hundred items make several levels.
constexpr NodeShape kSmallNodes{.average_bytes = 512, .items_min = 2, .weight_max = 2'048};

std::uint64_t below(Random& random, std::uint64_t limit);

// An entry record of a file, a folder or a FIFO, with sizes up to `size_max`.
Bytes sample_entry(Random& random, std::uint64_t size_max = 1 << 20);

// The root's entry and up to `count` others under keys of a few folders.
SampleManifest sample_manifest(Random& random, std::size_t count);

// Some entries added, changed and removed.
SampleManifest edited(const SampleManifest& from, Random& random, std::size_t edits);

// A chunk with this number as its id.
Extent sample_chunk(std::uint64_t number, std::uint64_t length = 65'536);

// Extents with runs of equal chunks, periods and holes (never two side by side).
std::vector<Extent> sample_extents(Random& random, std::size_t count);

BuiltTree build(NodeSink& sink, NodeShape shape, const SampleManifest& manifest);
BuiltTree build(NodeSink& sink, NodeShape shape, const std::vector<Extent>& extents);

// What the format says, level by level and all in memory.
TreeRoot plain_tree(MemoryNodes& nodes, NodeShape shape, const SampleManifest& manifest);
TreeRoot plain_tree(MemoryNodes& nodes, NodeShape shape, const std::vector<Extent>& extents);

}  // namespace vault

// Describes what lies in a repository: any object, chunk or tree node, and every field of an entry. Secrets of keyrings
// and slots are never part of it.
#pragma once

#include <string>

#include "store/description.h"
#include "store/list_entries.h"
#include "store/repository.h"
#include "store/seal/slot.h"

namespace vault {

// The object with this name (docs/format.md, section 2), verified and decoded whole. `credentials` open a slot's own
// record where they fit it. Throws NotFound, Corrupt, Unsupported, Usage for a name that no object has.
Description describe_object(const Repository& repository, const Credentials& credentials, const std::string& name);

// The chunk with this id: where its copies lie, and what it holds if it is a tree node or an attribute set. Throws
// NotFound.
Description describe_chunk(const Repository& repository, const View& view, const ChunkId& id);

// Every field of an entry; of its content, the chunks and holes with their offsets.
Description describe_entry(ChunkStore& chunks, const PlacedEntry& placed);

}  // namespace vault

// What travels through the pipeline of a snapshot run: the source's bytes, cut, and what happens to the manifest, in
// order.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chunker/chunk_class.h"
#include "store/base/bytes.h"
#include "store/format/entry.h"
#include "store/format/pack_directory.h"
#include "store/pack_writer.h"
#include "store/seal/box.h"
#include "store/walk.h"

namespace vault {

// A chunk in Batch::bytes.
struct CutChunk {
    std::size_t offset = 0;
    std::uint32_t length = 0;
    ChunkClass chunk_class = ChunkClass::General;
};

// An entry as the parent has it, its encoded record unchanged.
struct CopiedEntry {
    std::string key;
    Bytes record;
    EntryType type = EntryType::Regular;
    std::uint64_t content_bytes = 0;
};

// One of several hard links to a file of this run.
struct LinkPlace {
    std::uint64_t group = 0;
    bool first = true;  // later ones take content and attributes from the first
};

struct NewEntry {
    std::string key;
    Entry entry;  // attributes empty; content empty where it comes from pieces
    AttributeSet attributes;
    bool content_in_pieces = false;
    ChunkClass chunk_class = ChunkClass::General;
    std::optional<LinkPlace> link;
    std::optional<Bytes> before;  // the parent's record for this key
};

// The content of the next NewEntry, piece after piece: chunks of this batch, or a hole.
struct ChunkPieces {
    std::size_t first = 0, count = 0;  // in Batch::chunks
};
struct HolePiece {
    std::uint64_t length = 0;
};
// The pieces since the last entry belong to no entry: reading failed.
struct AbandonedContent {};
// An entry to be read by the stage after the source, which puts what comes of it in this place.
struct ReadLater {
    WalkedEntry walked;
    std::optional<Bytes> before;  // the parent's record for this key
};
// What comes next is of another source root: no box spans both.
struct SourceBoundary {};
// Nothing follows.
struct EndOfSource {};

using Event = std::variant<CopiedEntry, NewEntry, ReadLater, ChunkPieces, HolePiece, AbandonedContent, SourceBoundary,
                           EndOfSource>;

// Chunks gathered for one box, then sealed.
struct BoxJob {
    BoxContents contents;
    Bytes plain;
    CompressionLevel level;
    SealedBox sealed;
};

struct Batch {
    Bytes bytes;  // of all chunks, and nothing else
    std::vector<CutChunk> chunks;
    std::vector<ChunkId> ids;  // by the stage after the source
    std::vector<Event> events;
    std::size_t copied_bytes = 0;  // of records in events
    std::size_t put_off = 0;        // entries to be read later
    std::size_t put_off_bytes = 0;  // of files among them
    std::vector<BoxJob> boxes;     // by the stage that looks chunks up
};

}  // namespace vault

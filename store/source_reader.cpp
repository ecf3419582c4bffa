// The merge of the walk with the parent's manifest.
#include "store/source_reader.h"

#include "store/base/error.h"

namespace vault {

namespace {

constexpr std::size_t kEntryBytes = 512;  // of an entry in a batch beside what is counted, at a guess

}  // namespace

SourceReader::SourceReader(EntryReader& entries, ParentManifest* parent, SnapshotProgress& progress,
                           HandOut hand_out, std::function<bool()> interrupted)
    : entries_(entries),
      parent_(parent),
      progress_(progress),
      interrupted_(std::move(interrupted)),
      out_(std::move(hand_out)) {}

void SourceReader::run(WalkAhead& walk) {
    walk.run(*this);
    out_.emit(EndOfSource{});
    out_.flush();
}

void SourceReader::unreadable(const std::string& path, const std::string& message) {
    entries_.unreadable(path, message);
}

void SourceReader::entry(WalkedEntry walked) {
    if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
    if (walked.source != kNoSource) {
        if (last_source_ != kNoSource && last_source_ != walked.source) out_.emit(SourceBoundary{});
        last_source_ = walked.source;
    }
    ++progress_.entries;
    const std::optional<ByteView> record = parent_ == nullptr ? std::nullopt : parent_->record(walked.key);
    if (copy_from_parent(walked, record)) return;
    const std::optional<LinkPlace> place = links_.place(walked.stat);
    std::optional<Bytes> before = record ? std::optional(to_bytes(*record)) : std::nullopt;
    const bool is_file = walked.stat.type == EntryType::Regular;
    if (!place && walked.folder && (!is_file || walked.stat.size <= kPutOffBytesMax)) {
        Batch& batch = out_.batch();
        batch.copied_bytes += kEntryBytes + walked.key.size() + (before ? before->size() : 0);
        ++batch.put_off;
        batch.put_off_bytes += is_file ? walked.stat.size : 0;
        out_.emit(ReadLater{std::move(walked), std::move(before)});
        return;
    }
    read_now(std::move(walked), place, std::move(before));
}

void SourceReader::read_now(WalkedEntry walked, const std::optional<LinkPlace>& place, std::optional<Bytes> before) {
    // Contents lie in a batch in the order of its events, so what was put off goes first.
    if (out_.batch().put_off > 0) out_.flush();
    out_.batch().copied_bytes += kEntryBytes + walked.key.size() + (before ? before->size() : 0);
    try {
        entries_.read(walked, place, std::move(before), kNoBytesMax, out_);
    } catch (const Error& error) {
        if (ends_run(error)) throw;
        // The file system's word about one entry. What is wrong with the repository does not come through here: this
        // stage only reads it, in record() and is_unchanged().
        if (place) links_.forget(walked.stat, *place);
        out_.emit(AbandonedContent{});
        unreadable(walked.path, error.what());
    }
}

bool SourceReader::copy_from_parent(WalkedEntry& walked, const std::optional<ByteView>& before) {
    if (!before || !walked.folder) return false;
    Entry entry;
    try {
        entry = decode_entry(*before);
    } catch (const Error&) {
        return false;  // of a newer program, or damaged before it was sealed: then it is read again
    }
    if (entry.implied != walked.implied || !parent_->is_unchanged(walked.stat, entry, packs_)) return false;
    used_parent_ = true;
    const std::uint64_t content_bytes = entry.type == EntryType::Regular ? entry.size : 0;
    if (entry.type == EntryType::Regular) ++progress_.files;
    progress_.bytes_seen += content_bytes;
    if (const auto place = links_.place(walked.stat)) {
        // The first link of this run may be another one than in the parent's.
        entry.first_link.reset();
        NewEntry copied;
        copied.key = std::move(walked.key);
        if (auto* attributes = std::get_if<AttributeSet>(&entry.attributes)) copied.attributes = std::move(*attributes);
        if (!std::holds_alternative<AttributesChunk>(entry.attributes)) entry.attributes = {};
        copied.entry = std::move(entry);
        copied.link = place;
        copied.before = to_bytes(*before);
        out_.emit(std::move(copied));
        return true;
    }
    if (entry.first_link)
        return false;  // the links beside it are gone, and ctime does not tell: impossible, so read it
    out_.batch().copied_bytes += before->size() + walked.key.size();
    out_.emit(CopiedEntry{std::move(walked.key), to_bytes(*before), entry.type, content_bytes});
    return true;
}

}  // namespace vault

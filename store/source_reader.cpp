// Entries become events; file contents become chunks in batches.
#include "store/source_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "chunker/classify.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::size_t kBatchBytes = 1u << 20;  // of contents at which a batch goes out
constexpr std::size_t kBatchRoomBytes = kBatchBytes + (512u << 10);
constexpr std::size_t kReadBytes = 512u << 10;
constexpr std::size_t kBatchEvents = 1'024;
constexpr std::size_t kBatchCopiedBytes = 512u << 10;

// Only content changes matter here: reading may set atime, and a link made elsewhere changes ctime alone.
bool same_version(const SourceStat& a, const SourceStat& b) {
    return a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime;
}

UniqueFd open_regular(int directory_fd, const char* name) {
    constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = ::openat(directory_fd, name, kFlags | O_NOATIME);
    if (fd < 0 && errno == EPERM) fd = ::openat(directory_fd, name, kFlags);
    if (fd < 0) throw system_error("cannot open", errno);
    return UniqueFd(fd);
}

// st_blocks cannot tell: it counts blocks reserved beyond the end, and those of attributes.
bool is_without_holes(int fd, std::uint64_t size) {
    const off_t hole = ::lseek(fd, 0, SEEK_HOLE);
    if (hole < 0) {
        // No such call here; or the file is empty by now, which reading will show.
        if (errno == EINVAL || errno == ENOTSUP || errno == ENXIO) return true;
        throw system_error("cannot look for a hole (SEEK_HOLE)", errno);
    }
    return static_cast<std::uint64_t>(hole) >= size;
}

std::size_t bytes_of(const AttributeSet& attributes) {
    std::size_t bytes = 0;
    for (const Attribute& attribute : attributes) bytes += attribute.name.size() + attribute.value.size();
    return bytes;
}

// Other limits of the format are the kernel's own.
void require_recordable(const AttributeSet& attributes) {
    constexpr std::size_t kLengthsBytes = 5;  // of one attribute, at most
    if (attributes.size() > kAttributesMax ||
        bytes_of(attributes) + kLengthsBytes * (attributes.size() + 1) > kAttributeSetBytesMax)
        throw Error(ErrorKind::Unsupported, "it has more extended attributes than a snapshot can hold");
}

// A message as a record takes it: what() of an Error has its names escaped already.
std::string recordable(std::string_view message) {
    constexpr std::size_t kMessageBytesMax = 1'024;
    std::string text;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\\'), message.size());
        text += escaped(message.substr(0, end));
        if (end < message.size()) text += '\\';
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    if (text.size() <= kMessageBytesMax) return text;
    std::size_t end = kMessageBytesMax;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
    return text.substr(0, end);
}

ChunkSizes sizes_of(const ShapeParameters& shape, ChunkClass chunk_class) {
    for (const auto& size : shape.classes)
        if (size.chunk_class == static_cast<std::uint8_t>(chunk_class))
            return chunk_sizes(static_cast<std::uint32_t>(size.average), shape.normalisation);
    throw Error(ErrorKind::Corrupt, "config names no size for a chunk class");
}

}  // namespace

SourceReader::SourceReader(const ConfigRecord& config, const GearTable& gear, ParentManifest* parent,
                           SnapshotProgress& progress, std::function<bool(std::unique_ptr<Batch>)> hand_out,
                           std::function<bool()> interrupted)
    : config_(config),
      gear_(gear),
      parent_(parent),
      progress_(progress),
      hand_out_(std::move(hand_out)),
      interrupted_(std::move(interrupted)),
      batch_(std::make_unique<Batch>()) {}

SourceReport SourceReader::run(const std::vector<SourceRoot>& roots, Excludes& excludes,
                               const std::vector<FolderIdentity>& not_entered) {
    walk(roots, excludes, not_entered, *this);
    emit(EndOfSource{});
    flush(0);
    for (auto& [path, message] : unreadable_) report_.unreadable.push_back({path, std::move(message)});
    return std::move(report_);
}

void SourceReader::unreadable(const std::string& path, const std::string& message) {
    // A folder may be met twice: at its entry, and when it is listed. A path too long to be recorded is cut, and
    // counts.
    const std::string shown = path.substr(0, kManifestKeyBytesMax);
    if (shown.size() == path.size() && unreadable_.contains(path)) return;
    ++report_.unreadable_count;
    ++progress_.errors;
    const std::string why = recordable(message);
    if (unreadable_.size() == kUnreadableMax || unreadable_bytes_ + shown.size() + why.size() > kUnreadableBytesMax)
        return;
    unreadable_bytes_ += shown.size() + why.size();
    unreadable_.emplace(shown, why);
}

void SourceReader::entry(const WalkedEntry& walked) {
    if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
    if (walked.source != kNoSource) {
        if (last_source_ != kNoSource && last_source_ != walked.source) emit(SourceBoundary{});
        last_source_ = walked.source;
    }
    ++progress_.entries;
    const std::optional<ByteView> before = parent_ == nullptr ? std::nullopt : parent_->record(walked.key);
    if (copy_from_parent(walked, before)) return;
    const std::optional<LinkPlace> place = links_.place(walked.stat);
    try {
        read_entry(walked, place, before ? std::optional(to_bytes(*before)) : std::nullopt);
    } catch (const Error& error) {
        // Short of descriptors or memory, this run could leave out what is there: it ends.
        if (error.kind() == ErrorKind::Interrupted || error.kind() == ErrorKind::Busy) throw;
        // The file system's word about one entry. What is wrong with the repository does not come through here: this
        // stage only reads it, in record() and is_unchanged().
        if (place) links_.forget(walked.stat, *place);
        emit(AbandonedContent{});
        unreadable(walked.path, error.what());
    }
}

bool SourceReader::copy_from_parent(const WalkedEntry& walked, const std::optional<ByteView>& before) {
    if (!before || walked.directory_fd < 0) return false;
    Entry entry;
    try {
        entry = decode_entry(*before);
    } catch (const Error&) {
        return false;  // of a newer program, or damaged before it was sealed: then it is read again
    }
    if (entry.implied != walked.implied || !parent_->is_unchanged(walked.stat, entry, report_.packs)) return false;
    report_.used_parent = true;
    const std::uint64_t content_bytes = entry.type == EntryType::Regular ? entry.size : 0;
    if (entry.type == EntryType::Regular) ++progress_.files;
    progress_.bytes_seen += content_bytes;
    if (const auto place = links_.place(walked.stat)) {
        // The first link of this run may be another one than in the parent's.
        entry.first_link.reset();
        NewEntry copied;
        copied.key = walked.key;
        if (auto* attributes = std::get_if<AttributeSet>(&entry.attributes)) copied.attributes = std::move(*attributes);
        if (!std::holds_alternative<AttributesChunk>(entry.attributes)) entry.attributes = {};
        copied.entry = std::move(entry);
        copied.link = place;
        copied.before = to_bytes(*before);
        emit(std::move(copied));
        return true;
    }
    if (entry.first_link)
        return false;  // the links beside it are gone, and ctime does not tell: impossible, so read it
    batch_->copied_bytes += before->size() + walked.key.size();
    emit(CopiedEntry{walked.key, to_bytes(*before), entry.type, content_bytes});
    return true;
}

void SourceReader::read_entry(const WalkedEntry& walked, const std::optional<LinkPlace>& place,
                              std::optional<Bytes> before) {
    NewEntry entry;
    entry.key = walked.key;
    entry.before = std::move(before);
    entry.link = place;
    if (walked.stat.type == EntryType::Regular) {
        read_regular(walked, entry);
    } else {
        read_other(walked, entry);
    }
    entry.entry.implied = walked.implied;
    if (entry.entry.changed_while_read) report_.changed_while_read = true;
    batch_->copied_bytes +=
        512 + entry.key.size() + bytes_of(entry.attributes) + (entry.before ? entry.before->size() : 0);
    emit(std::move(entry));
}

void SourceReader::read_regular(const WalkedEntry& walked, NewEntry& entry) {
    const UniqueFd fd = open_regular(walked.directory_fd, walked.name);
    const SourceStat stat = stat_descriptor(fd.get());
    if (stat.type != EntryType::Regular || stat.inode != walked.stat.inode || stat.filesystem != walked.stat.filesystem)
        throw Error(ErrorKind::Io, "it was replaced while the folder was read");
    entry.entry = entry_of(stat, names_);
    entry.attributes = read_attributes(fd.get(), "it");
    require_recordable(entry.attributes);
    entry.entry.attribute_flags = read_attribute_flags(fd.get());
    ++progress_.files;
    progress_.bytes_seen += stat.size;
    if (entry.link && !entry.link->first) return;  // content comes from the first link
    entry.entry.size = read_content(fd.get(), stat, entry);
    const SourceStat after = stat_descriptor(fd.get());
    entry.entry.changed_while_read = !same_version(stat, after) || entry.entry.size != stat.size;
}

void SourceReader::read_other(const WalkedEntry& walked, NewEntry& entry) {
    entry.entry = entry_of(walked.stat, names_);
    if (walked.directory_fd < 0) return;
    const std::string name = walked.name;
    switch (walked.stat.type) {
        case EntryType::Directory:
            try {
                read_folder(walked, entry);
                require_recordable(entry.attributes);
            } catch (const Error& error) {
                // What it holds may be readable and needs its folder's entry. The flag makes the next run try again.
                entry.attributes.clear();
                entry.entry.changed_while_read = true;
                unreadable(walked.path, error.what());
            }
            break;
        case EntryType::Symlink:
            entry.entry.target = read_link(walked.directory_fd, name);
            entry.entry.size = entry.entry.target.size();
            [[fallthrough]];
        default:
            entry.attributes = read_attributes_at(walked.directory_fd, name, "it");
            require_recordable(entry.attributes);
    }
}

void SourceReader::read_folder(const WalkedEntry& walked, NewEntry& entry) {
    const std::string name = walked.name;
    UniqueFd opened;
    int fd = walked.directory_fd;
    if (!name.empty()) {
        try {
            opened = open_at(walked.directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
            fd = opened.get();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Denied) throw;
            // Where it should be listed, that will be reported; its attributes may be readable all the same.
            entry.attributes = read_attributes_at(walked.directory_fd, name, "it");
            return;
        }
    }
    entry.attributes = read_attributes(fd, "it");
    entry.entry.attribute_flags = read_attribute_flags(fd);
}

// Returns the length of what was read: the size of the content.
std::uint64_t SourceReader::read_content(int fd, const SourceStat& stat, NewEntry& entry) {
    const bool has_holes = stat.size > 0 && !is_without_holes(fd, stat.size);
    if (!has_holes && stat.size <= config_.shape.inline_content_bytes) {
        Bytes content(stat.size);
        content.resize(read_up_to_at(fd, 0, content, "it"));
        const std::uint64_t got = content.size();
        if (got > 0) entry.entry.content = std::move(content);
        report_.read_bytes += got;
        return got;
    }
    entry.content_in_pieces = true;
    bool class_known = false;
    if (has_holes) {
        // The look at the first bytes sees holes as zeros, however short the first run is.
        Bytes head(std::min<std::uint64_t>(kClassifierBytes, stat.size), 0);
        read_up_to_at(fd, 0, head, "it");
        entry.chunk_class = classify(config_.shape.classifier_version, head);
        class_known = true;
    }
    const std::uint64_t got = read_runs(fd, stat.size, has_holes, entry, class_known);
    if (!has_holes && got <= config_.shape.inline_content_bytes && got > 0) {
        // It became so short that its content belongs inline. It lies at the end of the batch, all of it: less than
        // one read.
        entry.entry.content = to_bytes(ByteView(batch_->bytes).last(got));
        entry.content_in_pieces = false;
        emit(AbandonedContent{});
    }
    return got;
}

std::uint64_t SourceReader::read_runs(int fd, std::uint64_t size, bool has_holes, NewEntry& entry, bool class_known) {
    std::uint64_t at = 0;
    while (at < size) {
        const std::optional<DataRun> run =
            has_holes ? next_data_run(fd, at, size) : std::optional(DataRun{0, size});
        if (!run) break;
        if (run->offset > at) add_hole(run->offset - at);
        if (::lseek(fd, static_cast<off_t>(run->offset), SEEK_SET) < 0) throw system_error("cannot seek", errno);
        const std::uint64_t got = read_run(fd, *run, entry, class_known);
        at = run->offset + got;
        if (got < run->length) return at;  // it became shorter
    }
    if (at < size) {
        add_hole(size - at);
        at = size;
    }
    return at;
}

// Reads and cuts one data run from the current position; returns the bytes that were there.
std::uint64_t SourceReader::read_run(int fd, DataRun run, NewEntry& entry, bool& class_known) {
    std::optional<Chunker> chunker;
    if (class_known) chunker.emplace(gear_, sizes_of(config_.shape, entry.chunk_class));
    std::uint64_t got = 0;
    std::size_t open_bytes = 0;  // at the end of the batch, not yet a chunk
    for (bool more = true; more;) {
        if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
        if (batch_->bytes.size() - open_bytes >= kBatchBytes) flush(open_bytes);
        const std::size_t start = batch_->bytes.size();
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, run.length - got));
        if (batch_->bytes.capacity() < start + want)
            batch_->bytes.reserve(std::max(kBatchRoomBytes, start + std::max(want, kReadBytes)));
        batch_->bytes.resize(start + want);
        const std::size_t here = read_up_to(fd, MutableByteView(batch_->bytes).subspan(start), "it");
        batch_->bytes.resize(start + here);
        got += here;
        report_.read_bytes += here;
        progress_.bytes_read += here;
        more = here == want && got < run.length;
        if (!class_known) {
            entry.chunk_class = classify(config_.shape.classifier_version,
                                         ByteView(batch_->bytes).subspan(start, std::min(here, kClassifierBytes)));
            class_known = true;
            chunker.emplace(gear_, sizes_of(config_.shape, entry.chunk_class));
        }
        ByteView fresh = ByteView(batch_->bytes).subspan(start);
        for (;;) {
            const CutSearch found = chunker->next(fresh, more ? Input::More : Input::End);
            open_bytes += found.consumed;
            fresh = fresh.subspan(found.consumed);
            if (!found.cut) break;
            take_chunk(batch_->bytes.size() - fresh.size() - open_bytes, open_bytes, entry.chunk_class);
            open_bytes = 0;
        }
    }
    return got;
}

void SourceReader::take_chunk(std::size_t offset, std::size_t length, ChunkClass chunk_class) {
    if (batch_->events.empty() || !std::holds_alternative<ChunkPieces>(batch_->events.back()))
        batch_->events.emplace_back(ChunkPieces{batch_->chunks.size(), 0});
    ++std::get<ChunkPieces>(batch_->events.back()).count;
    batch_->chunks.push_back({offset, static_cast<std::uint32_t>(length), chunk_class});
}

void SourceReader::add_hole(std::uint64_t length) { batch_->events.emplace_back(HolePiece{length}); }

void SourceReader::flush_if_full() {
    if (batch_->bytes.size() >= kBatchBytes || batch_->events.size() >= kBatchEvents ||
        batch_->copied_bytes >= kBatchCopiedBytes)
        flush(0);
}

// Hands the batch out; its last `open_bytes`, not yet a chunk, start the next one.
void SourceReader::flush(std::size_t open_bytes) {
    auto next = std::make_unique<Batch>();
    if (open_bytes > 0) {
        next->bytes.reserve(kBatchRoomBytes + open_bytes);
        append(next->bytes, ByteView(batch_->bytes).last(open_bytes));
        batch_->bytes.resize(batch_->bytes.size() - open_bytes);
    }
    std::swap(batch_, next);
    if (!hand_out_(std::move(next))) throw Error(ErrorKind::Interrupted, "the run is ending");
}

}  // namespace vault

// One entry at a time, through descriptors.
#include "store/entry_reader.h"

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

ChunkSizes sizes_of(const ShapeParameters& shape, ChunkClass chunk_class) {
    for (const auto& size : shape.classes)
        if (size.chunk_class == static_cast<std::uint8_t>(chunk_class))
            return chunk_sizes(static_cast<std::uint32_t>(size.average), shape.normalisation);
    throw Error(ErrorKind::Corrupt, "config names no size for a chunk class");
}

}  // namespace

bool ends_run(const Error& error) {
    return error.kind() == ErrorKind::Interrupted || error.kind() == ErrorKind::Busy;
}

EntryReader::EntryReader(const ConfigRecord& config, const GearTable& gear, SourceFindings& findings,
                         SnapshotProgress& progress, const std::function<bool()>& interrupted)
    : config_(config), gear_(gear), findings_(findings), progress_(progress), interrupted_(interrupted) {}

void EntryReader::unreadable(const std::string& path, const std::string& message) {
    if (findings_.add_unreadable(path, message)) ++progress_.errors;
}

void EntryReader::read_put_off(Batch& batch) {
    if (batch.put_off == 0) return;
    batch.bytes.reserve(batch.bytes.size() + batch.put_off_bytes);
    std::vector<Event> events;
    events.reserve(batch.events.size() * 2);
    events.swap(batch.events);
    BatchWriter out(batch);
    for (Event& event : events) {
        auto* later = std::get_if<ReadLater>(&event);
        if (later == nullptr) {
            out.emit(std::move(event));
            continue;
        }
        if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
        try {
            read(later->walked, std::nullopt, std::move(later->before), kPutOffBytesMax, out);
        } catch (const Error& error) {
            if (ends_run(error)) throw;
            out.emit(AbandonedContent{});
            unreadable(later->walked.path, error.what());
        }
    }
    batch.put_off = batch.put_off_bytes = 0;
}

void EntryReader::read(WalkedEntry& walked, const std::optional<LinkPlace>& place, std::optional<Bytes> before,
                       std::uint64_t bytes_max, BatchWriter& out) {
    NewEntry entry;
    entry.before = std::move(before);
    entry.link = place;
    if (walked.stat.type == EntryType::Regular) {
        read_regular(walked, entry, bytes_max, out);
    } else {
        read_other(walked, entry);
    }
    entry.entry.implied = walked.implied;
    if (entry.entry.changed_while_read) findings_.add_changed(walked.path);
    entry.key = std::move(walked.key);
    out.emit(std::move(entry));
}

void EntryReader::read_regular(const WalkedEntry& walked, NewEntry& entry, std::uint64_t bytes_max,
                               BatchWriter& out) {
    const UniqueFd fd = open_regular(walked.folder->descriptor()->get(), walked.name.c_str());
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
    entry.entry.size = read_content(fd.get(), std::min(stat.size, bytes_max), entry, out);
    const SourceStat after = stat_descriptor(fd.get());
    entry.entry.changed_while_read = !same_version(stat, after) || entry.entry.size != stat.size;
}

void EntryReader::read_other(const WalkedEntry& walked, NewEntry& entry) {
    entry.entry = entry_of(walked.stat, names_);
    if (!walked.folder) return;
    const SourceFolder::Descriptor folder = walked.folder->descriptor();
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
            entry.entry.target = read_link(folder->get(), walked.name);
            entry.entry.size = entry.entry.target.size();
            [[fallthrough]];
        default:
            entry.attributes = read_attributes_at(folder->get(), walked.name, "it");
            require_recordable(entry.attributes);
    }
}

void EntryReader::read_folder(const WalkedEntry& walked, NewEntry& entry) {
    const SourceFolder::Descriptor folder = walked.folder->descriptor();
    UniqueFd opened;
    int fd = folder->get();
    if (!walked.name.empty()) {
        try {
            opened = open_at(folder->get(), walked.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
            fd = opened.get();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Denied) throw;
            // Where it should be listed, that will be reported; its attributes may be readable all the same.
            entry.attributes = read_attributes_at(folder->get(), walked.name, "it");
            return;
        }
    }
    entry.attributes = read_attributes(fd, "it");
    entry.entry.attribute_flags = read_attribute_flags(fd);
}

// Returns the length of what was read: the size of the content.
std::uint64_t EntryReader::read_content(int fd, std::uint64_t size, NewEntry& entry, BatchWriter& out) {
    const bool has_holes = size > 0 && !is_without_holes(fd, size);
    if (!has_holes && size <= config_.shape.inline_content_bytes) {
        Bytes content(size);
        content.resize(read_up_to_at(fd, 0, content, "it"));
        const std::uint64_t got = content.size();
        if (got > 0) entry.entry.content = std::move(content);
        findings_.read_bytes += got;
        return got;
    }
    entry.content_in_pieces = true;
    bool class_known = false;
    if (has_holes) {
        // The look at the first bytes sees holes as zeros, however short the first run is.
        Bytes head(std::min<std::uint64_t>(kClassifierBytes, size), 0);
        read_up_to_at(fd, 0, head, "it");
        entry.chunk_class = classify(config_.shape.classifier_version, head);
        class_known = true;
    }
    const RunsRead read = read_runs(fd, size, has_holes, entry, class_known, out);
    if (read.is_one_run && read.end <= config_.shape.inline_content_bytes) {
        // It became so short that its content belongs inline. It lies at the end of the batch, all of it: less than
        // one read.
        entry.entry.content = to_bytes(out.last(read.end));
        entry.content_in_pieces = false;
        out.emit(AbandonedContent{});
    }
    return read.end;
}

EntryReader::RunsRead EntryReader::read_runs(int fd, std::uint64_t size, bool has_holes, NewEntry& entry,
                                             bool class_known, BatchWriter& out) {
    std::uint64_t at = 0;
    int runs = 0;
    bool any_hole = false;
    const auto hole_up_to = [&](std::uint64_t end) {
        if (at >= end) return;
        out.add_hole(end - at);
        at = end;
        any_hole = true;
    };
    while (at < size) {
        const std::optional<DataRun> run =
            has_holes ? next_data_run(fd, at, size) : std::optional(DataRun{0, size});
        if (!run) {
            // A hole, or the file ends before it by now: both have no data.
            hole_up_to(std::min(size, stat_descriptor(fd).size));
            break;
        }
        hole_up_to(run->offset);
        const std::uint64_t got = read_run(fd, *run, entry, class_known, out);
        at += got;
        runs += got > 0 ? 1 : 0;
        if (got < run->length) break;  // it became shorter
    }
    return {at, runs == 1 && !any_hole};
}

// Reads and cuts one data run; returns the bytes that were there.
std::uint64_t EntryReader::read_run(int fd, DataRun run, NewEntry& entry, bool& class_known,
                                     BatchWriter& out) {
    std::optional<Chunker> chunker;
    if (class_known) chunker.emplace(gear_, sizes_of(config_.shape, entry.chunk_class));
    std::uint64_t got = 0;
    std::size_t open_bytes = 0;  // at the end of the batch, not yet a chunk
    for (bool more = true; more;) {
        if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
        out.contents_added(open_bytes);
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, run.length - got));
        const std::size_t here = read_up_to_at(fd, run.offset + got, out.room(want), "it");
        out.keep(here);
        got += here;
        findings_.read_bytes += here;
        progress_.bytes_read += here;
        more = here == want && got < run.length;
        if (!class_known) {
            entry.chunk_class = classify(config_.shape.classifier_version,
                                         out.last(here).first(std::min(here, kClassifierBytes)));
            class_known = true;
            chunker.emplace(gear_, sizes_of(config_.shape, entry.chunk_class));
        }
        ByteView fresh = out.last(here);
        for (;;) {
            const CutSearch found = chunker->next(fresh, more ? Input::More : Input::End);
            open_bytes += found.consumed;
            fresh = fresh.subspan(found.consumed);
            if (!found.cut) break;
            out.take_chunk(open_bytes, fresh.size(), entry.chunk_class);
            open_bytes = 0;
        }
    }
    return got;
}

}  // namespace vault

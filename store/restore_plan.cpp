// From contents to pieces to windows.
#include "store/restore_plan.h"

#include <algorithm>

namespace vault {

namespace {

constexpr std::size_t kFirstWindowBytes = 1u << 20;  // small, so that the threads have work soon; then doubled
constexpr std::size_t kLocatedAtOnce = 1'024;

std::size_t bytes_of(const RestoredFile& file) {
    std::size_t bytes = sizeof file + file.key.size() + file.name.size() + file.inline_content.size();
    for (const Attribute& attribute : file.metadata.attributes)
        bytes += sizeof attribute + attribute.name.size() + attribute.value.size();
    return bytes;
}

}  // namespace

RestorePlanner::RestorePlanner(RestoreShared& shared, const RestoreSource& source, WindowRunner& runner,
                               std::size_t window_bytes)
    : source_(source), runner_(runner), writer_(shared), bytes_max_(window_bytes / 2),
      bytes_max_now_(std::min(kFirstWindowBytes, bytes_max_)) {}

void RestorePlanner::add(const std::string& key, std::shared_ptr<const std::string> directory, std::string name,
                         const Entry& entry, AttributeSet attributes) {
    auto file = std::make_shared<RestoredFile>();
    file->key = key;
    file->directory = std::move(directory);
    file->name = std::move(name);
    file->metadata = metadata_of(entry, std::move(attributes));
    file->size = entry.size;
    try {
        plan_content(file, entry);
    } catch (const Error& error) {
        writer_.fail(*file, error, RestoreLog::Source::Repository);
    }
    complete(file);
}

void RestorePlanner::plan_content(const std::shared_ptr<RestoredFile>& file, const Entry& entry) {
    offset_ = 0;
    if (const Bytes* bytes = std::get_if<Bytes>(&entry.content)) {
        file->inline_content = *bytes;
        offset_ = bytes->size();
    } else if (const ExtentList* list = std::get_if<ExtentList>(&entry.content)) {
        for (const Extent& extent : list->extents) plan_extent(file, extent);
    } else if (const ExtentsRoot* tree = std::get_if<ExtentsRoot>(&entry.content)) {
        const ExtentsReader reader(source_.nodes, {tree->root, tree->level});
        if (reader.totals().apparent != entry.size)
            throw Error(ErrorKind::Corrupt, "its content is not as long as its entry says");
        for (ExtentsCursor at = reader.begin(); at.valid() && !file->has_failed; at.next())
            plan_extent(file, at.extent());
        if (file->has_failed) return;
    }
    if (offset_ != entry.size) throw Error(ErrorKind::Corrupt, "its content is not as long as its entry says");
}

void RestorePlanner::plan_extent(const std::shared_ptr<RestoredFile>& file, const Extent& extent) {
    if (extent.length > file->size - offset_)
        throw Error(ErrorKind::Corrupt, "its content is not as long as its entry says");
    file->ends_in_hole = !extent.chunk;
    if (extent.chunk) {
        Piece piece;
        piece.id = *extent.chunk;
        piece.from.at.length = static_cast<std::uint32_t>(extent.length);
        piece.file = number_in_window(file);
        piece.offset = offset_;
        ++file->awaited;
        window_.pieces.push_back(piece);
        bytes_ += sizeof piece;
        if (window_.pieces.size() - located_ >= kLocatedAtOnce) locate();
    }
    offset_ += extent.length;
    if (bytes_ >= bytes_max_now_) hand_over();
}

std::uint32_t RestorePlanner::number_in_window(const std::shared_ptr<RestoredFile>& file) {
    if (window_.files.empty() || window_.files.back() != file) {
        window_.files.push_back(file);
        bytes_ += bytes_of(*file);
    }
    return static_cast<std::uint32_t>(window_.files.size() - 1);
}

// Gives up the planner's share. Nobody else can, as long as a piece of the file waits in this window.
void RestorePlanner::complete(const std::shared_ptr<RestoredFile>& file) {
    if (--file->awaited == 0) {
        ++file->awaited;
        window_.complete.push_back(number_in_window(file));
    }
    if (bytes_ >= bytes_max_now_) hand_over();
}

void RestorePlanner::locate() {
    std::vector<ChunkId> ids;
    for (std::size_t i = located_; i < window_.pieces.size(); ++i) ids.push_back(window_.pieces[i].id);
    const std::vector<std::optional<PlacedChunk>> places = source_.chunks.locate(ids);
    std::size_t kept = located_;
    for (std::size_t i = 0; i < places.size(); ++i) {
        Piece piece = window_.pieces[located_ + i];
        RestoredFile& file = *window_.files[piece.file];
        if (places[i] && places[i]->at.length == piece.from.at.length) {
            piece.from = *places[i];
            window_.pieces[kept++] = piece;
            continue;
        }
        const std::string chunk = "chunk " + piece.id.hex();
        writer_.fail(file,
                     places[i] ? Error(ErrorKind::Corrupt, chunk + " has another length than its entry says")
                               : Error(ErrorKind::NotFound, "no pack holds " + chunk),
                     RestoreLog::Source::Repository);
        writer_.release(file);
    }
    window_.pieces.resize(kept);
    located_ = kept;
}

void RestorePlanner::hand_over() {
    locate();
    runner_.run(std::exchange(window_, {}));
    bytes_ = 0;
    located_ = 0;
    bytes_max_now_ = std::min(2 * bytes_max_now_, bytes_max_);
}

void RestorePlanner::finish() {
    hand_over();
    runner_.wait();
}

}  // namespace vault

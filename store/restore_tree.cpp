// The passes: entries and files, hard links, deletion, metadata of directories, flags.
#include "store/restore_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/base/file.h"
#include "store/format/manifest_key.h"
#include "store/restore_names.h"

namespace vault {

namespace {

constexpr unsigned kEntriesPerPoll = 256;

std::uint64_t hash_of(const std::string& key) {
    return std::hash<std::string>()(key);
}

}  // namespace

RestoreTree::RestoreTree(RestoreShared& shared, const RestoreSource& source, const RestoreRange& range,
                         const RestoreOptions& options, std::function<void()> poll)
    : shared_(shared), source_(source), range_(range), options_(options), poll_(std::move(poll)) {
    maker_.emplace(shared_);
    if (options.delete_extra) remover_.emplace(shared_, range_, source, options.strip);
}

template <class Work>
void RestoreTree::attempt(const std::string& key, RestoreLog::Source source, Work work) {
    try {
        work();
    } catch (const Error& error) {
        shared_.log.failed(key, error, source);
    }
}

template <class Visit>
void RestoreTree::for_each(Visit visit) {
    const OnLostNode lost = [this](const LostNode& node) { return note_loss(node); };
    if (const ManifestCursor top = range_.top(lost); top.valid()) visit(top);
    unsigned entries = 0;
    for (ManifestCursor at = range_.first_below(lost); at.valid() && range_.contains(at.key()); at.next(lost)) {
        if (at.key() == range_.top_key()) continue;
        if (++entries % kEntriesPerPoll == 0) poll_();
        visit(at);
    }
}

// --- what is lost ---

bool RestoreTree::note_loss(const LostNode& node) {
    poll_();
    if (!range_.may_lose(node)) return false;
    if (is_placing_) hidden_.add(node);
    if (lost_.add(node)) shared_.log.lost(node);
    return true;
}

// What is not in the manifest is deleted: so all of it must be there.
void RestoreTree::refuse_to_delete_beside_losses() {
    if (!remover_ || lost_.empty()) return;
    remover_.reset();
    shared_.log.refused_deletion();
}

// The folders on the way to an entry, as far as their own entries are lost.
void RestoreTree::make_up_parents(const std::string& key) {
    if (hidden_.empty() || key == range_.top_key()) return;
    std::string parent = key.substr(0, key.rfind('\0') + 1);
    if (parent == known_parent_) return;
    known_parent_ = std::move(parent);
    const std::vector<std::string> components = components_of_key(key);
    for (std::size_t depth = components_of_key(range_.top_key()).size(); depth < components.size(); ++depth) {
        const std::string above = manifest_key({components.begin(), components.begin() + depth});
        if (hidden_.hides(above) && range_.place(above) && made_up_.insert(hash_of(above)).second)
            attempt(above, RestoreLog::Source::System, [&] { make_up(above); });
    }
}

void RestoreTree::make_up(const std::string& key) {
    const Place place = place_of(key);
    const bool is_new = place.name.empty() ? !shared_.target.existed()
                                           : maker_->make_directory(place, EntryMaker::Existing::LeaveAlone);
    shared_.log.restored_but(key, is_new ? "its own entry is lost: it has mode 0700 and this process's owner"
                                         : "its own entry is lost: the folder that was there is left as it was");
}

Place RestoreTree::place_of(std::string_view key) const {
    std::optional<Place> place = range_.place(key);
    if (!place) throw Error(ErrorKind::Usage, "nothing is left of its path when " + std::to_string(options_.strip) +
                                                  " components are stripped");
    return std::move(*place);
}

AttributeSet RestoreTree::attributes_of(const Entry& entry) {
    if (const auto* set = std::get_if<AttributeSet>(&entry.attributes)) return *set;
    if (const auto* stored = std::get_if<AttributesChunk>(&entry.attributes))
        return decode_attributes(*stored, source_.chunks.chunk(ChunkKind::Tree, stored->id));
    return {};
}

// --- entries ---

void RestoreTree::place_entries(WindowRunner& runner) {
    if (remover_ && !shared_.target.is_staged()) for_each([](const ManifestCursor&) {});
    refuse_to_delete_beside_losses();
    RestorePlanner planner(shared_, source_, runner, options_.window_bytes);
    for (const std::string& key : range_.above())
        if (range_.place(key)) attempt(key, RestoreLog::Source::System, [&] { place_directory(key, true); });
    for_each([&](const ManifestCursor& at) { place_entry(planner, at); });
    planner.finish();
    is_placing_ = false;
}

void RestoreTree::place_entry(RestorePlanner& planner, const ManifestCursor& at) {
    const std::string& key = at.key();
    std::optional<Entry> entry;
    attempt(key, RestoreLog::Source::Repository, [&] {
        make_up_parents(key);
        entry = at.entry();
    });
    if (!entry) return;
    has_flags_ = has_flags_ || settable_flags(entry->attribute_flags) != 0;
    attempt(key, RestoreLog::Source::System, [&] {
        if (entry->type == EntryType::Directory) {
            // A directory above those that land in the target is none of theirs.
            if (range_.place(key)) place_directory(key, entry->implied);
        } else if (is_link(at, *entry)) {
            has_links_ = true;
        } else if (entry->type == EntryType::Regular) {
            place_file(planner, key, *entry);
        } else {
            place_other(key, *entry);
        }
    });
}

void RestoreTree::place_directory(const std::string& key, bool implied) {
    using Existing = EntryMaker::Existing;
    const Place place = place_of(key);
    const bool made = maker_->make_directory(place, implied ? Existing::LeaveAlone : Existing::TakeOver);
    if (made && implied && !shared_.target.is_staged()) made_implied_.insert(hash_of(key));
}

void RestoreTree::place_file(RestorePlanner& planner, const std::string& key, const Entry& entry) {
    const std::string_view parent = std::string_view(key).substr(0, key.rfind('\0') + 1);
    Place place = place_of(key);
    if (!last_directory_ || parent != last_parent_ || place.directory != *last_directory_) {
        last_parent_ = parent;
        last_directory_ = std::make_shared<const std::string>(place.directory);
    }
    AttributeSet attributes;
    try {
        attributes = attributes_of(entry);
    } catch (const Error& error) {
        shared_.log.failed(key, with_context("its attributes", error), RestoreLog::Source::Repository);
        return;
    }
    make_way(key, place);
    planner.add(key, last_directory_, std::move(place.name), entry, std::move(attributes));
}

void RestoreTree::place_other(const std::string& key, const Entry& entry) {
    const bool is_device = entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice;
    if (is_device && !shared_.rules.as_is) {
        shared_.log.left_out_device();
        return;
    }
    const Place place = place_of(key);
    EntryMetadata metadata;
    try {
        metadata = metadata_of(entry, attributes_of(entry));
    } catch (const Error& error) {
        shared_.log.failed(key, with_context("its attributes", error), RestoreLog::Source::Repository);
        return;
    }
    make_way(key, place);
    if (entry.type == EntryType::Symlink)
        maker_->make_symlink(key, place, entry.target, metadata);
    else
        maker_->make_special(key, place, {entry.device_major, entry.device_minor}, metadata);
}

void RestoreTree::make_way(const std::string& key, const Place& place) {
    if (!remover_ || place.name.empty() || shared_.target.is_staged()) return;
    if (type_at(maker_->beneath().directory(place.directory), place.name) != S_IFDIR) return;
    remover_->make_way(key, place);
    maker_->beneath().forget_all();
}

// --- hard links ---

// Whether an entry is made by linking, later. The first one of a group whose first link is outside the range, or lost,
// is not.
bool RestoreTree::is_link(const ManifestCursor& at, const Entry& entry) {
    if (!entry.first_link) return false;
    if (is_placed(*entry.first_link)) return true;
    return leaders_.emplace(hash_of(*entry.first_link), at.rank()).first->second != at.rank();
}

// The key of the entry that was written out for this one.
std::string RestoreTree::link_source(const ManifestCursor& at, const Entry& entry) {
    std::string key = *entry.first_link;
    const bool is_led = !is_placed(key);
    if (is_led) {
        const ManifestCursor leader = range_.reader().seek_rank(leaders_.at(hash_of(key)));
        if (leader.entry().first_link != key) throw Error(ErrorKind::Io, "two groups of hard links have one hash");
        key = leader.key();
    }
    const std::optional<Entry> first = range_.reader().find(key);
    if (!first || first->type != entry.type || (first->first_link && !is_led) || key >= at.key())
        throw Error(ErrorKind::Corrupt, "it is a hard link to what the snapshot does not have");
    return key;
}

void RestoreTree::place_links() {
    if (!has_links_) return;
    for_each([&](const ManifestCursor& at) {
        if (type_of_record(at.entry_bytes()) != EntryType::Directory)
            attempt(at.key(), RestoreLog::Source::System, [&] { place_link(at); });
    });
}

void RestoreTree::place_link(const ManifestCursor& at) {
    if (shared_.log.has_failed(at.key())) return;
    const Entry entry = at.entry();
    if (!is_link(at, entry)) return;
    const bool is_device = entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice;
    if (is_device && !shared_.rules.as_is) {
        shared_.log.left_out_device();
        return;
    }
    std::string source;
    try {
        source = link_source(at, entry);
    } catch (const Error& error) {
        shared_.log.failed(at.key(), error, RestoreLog::Source::Repository);
        return;
    }
    if (shared_.log.has_failed(source))
        throw Error(ErrorKind::Io, "what it is a hard link to could not be restored");
    const Place place = place_of(at.key());
    make_way(at.key(), place);
    maker_->make_link(place, place_of(source), entry.type);
    entry.type == EntryType::Regular ? shared_.log.placed_file(entry.size) : shared_.log.placed_other();
}

void RestoreTree::remove_extra() {
    refuse_to_delete_beside_losses();  // one that was lost since
    if (!remover_ || shared_.target.is_staged()) return;
    try {
        remover_->remove_all();
    } catch (const Error& error) {
        if (!is_loss(error)) throw;
        shared_.log.failed(range_.top_key(), with_context("deleting stopped", error), RestoreLog::Source::Repository);
    }
    maker_->beneath().forget_all();
}

// --- directories ---

bool RestoreTree::is_left_alone(const std::string& key, bool implied, const Place& place) const {
    if (!implied) return false;
    if (place.name.empty()) return shared_.target.existed();
    return shared_.target.existed() && !made_implied_.contains(hash_of(key)) && !was_staged_;
}

void RestoreTree::finish_directory(const std::string& key, const Entry& entry, bool implied) {
    const std::optional<Place> place = range_.place(key);
    if (!place || is_left_alone(key, implied, *place) || shared_.log.has_failed(key)) return;
    AttributeSet attributes;
    attempt(key, RestoreLog::Source::Repository, [&] { attributes = attributes_of(entry); });
    attempt(key, RestoreLog::Source::System,
            [&] { maker_->finish_directory(key, *place, metadata_of(entry, std::move(attributes))); });
}

void RestoreTree::finish_children(const std::string& prefix) {
    const std::string children = prefix + '\0', end = prefix_end(children);
    const OnLostNode lost = [&](const LostNode& node) { return (!node.after || *node.after < end) && note_loss(node); };
    for (ManifestCursor at = range_.reader().seek(children, lost); at.valid() && at.key().starts_with(children);
         at.next(lost)) {
        if (type_of_record(at.entry_bytes()) != EntryType::Directory || shared_.log.has_failed(at.key())) continue;
        const Entry entry = at.entry();
        finish_directory(at.key(), entry, entry.implied);
    }
}

void RestoreTree::finish_directories() {
    was_staged_ = shared_.target.is_staged();
    unsigned directories = 0;
    const OnLostNode lost = [this](const LostNode& node) { return note_loss(node); };
    visit_deepest_first(range_, lost, [&](const std::string& prefix) {
        if (++directories % kEntriesPerPoll == 0) poll_();
        // "c1 00 c2 00": as many components as zero bytes.
        const auto depth = std::count(prefix.begin(), prefix.end(), '\0');
        if (depth > options_.strip)
            finish_children(prefix);
        else
            top_prefixes_.push_back(prefix);
    });
}

void RestoreTree::finish_top_directories() {
    maker_.emplace(shared_);
    for (const std::string& prefix : top_prefixes_) finish_children(prefix);
    const ManifestCursor top = range_.top([this](const LostNode& node) { return note_loss(node); });
    if (top.valid() && type_of_record(top.entry_bytes()) == EntryType::Directory) {
        attempt(top.key(), RestoreLog::Source::Repository, [&] {
            const Entry entry = top.entry();
            finish_directory(top.key(), entry, entry.implied);
        });
    }
    std::vector<std::string> above = range_.above();
    for (auto key = above.rbegin(); key != above.rend(); ++key) finish_above(*key);
}

// A directory above the range, which is no more than the way to it.
void RestoreTree::finish_above(const std::string& key) {
    const std::optional<Place> place = range_.place(key);
    if (!place || is_left_alone(key, true, *place)) return;
    try {
        const std::optional<Entry> entry = range_.reader().find(key);
        if (entry && entry->type == EntryType::Directory) finish_directory(key, *entry, true);
    } catch (const Error& error) {
        if (!is_loss(error)) throw;
        shared_.log.failed(key, with_context("its owner, mode and times are not known", error),
                           RestoreLog::Source::Repository);
    }
}

// --- flags ---

void RestoreTree::apply_flags() {
    if (!shared_.rules.as_is || !has_flags_) return;
    for_each([&](const ManifestCursor& at) {
        const EntryType type = type_of_record(at.entry_bytes());
        if (type != EntryType::Regular && type != EntryType::Directory) return;
        attempt(at.key(), RestoreLog::Source::System, [&] {
            const Entry entry = at.entry();
            apply_flags_of(at.key(), entry, entry.implied);
        });
    });
}

void RestoreTree::apply_flags_of(const std::string& key, const Entry& entry, bool implied) {
    const std::optional<Place> place = range_.place(key);
    if (!place || is_left_alone(key, implied, *place) || shared_.log.has_failed(key)) return;
    const int in = maker_->beneath().directory(place->directory);
    const UniqueFd fd = open_at(in, place->name.empty() ? "." : place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const std::string trouble = apply_attribute_flags(fd.get(), entry.attribute_flags);
    if (!trouble.empty()) shared_.log.restored_but(key, trouble);
}

}  // namespace vault

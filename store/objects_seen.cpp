// One name a line.
#include "store/objects_seen.h"

#include <filesystem>
#include <optional>
#include <sstream>

#include "store/backend/object_names.h"
#include "store/base/file.h"
#include "store/control_objects.h"
#include "store/seal/primitives.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::size_t kRememberedBytesMax = 256 << 20;
constexpr std::string_view kDecisions = "decision/", kKeys = "keys/", kMarks = "marks/", kSnapshots = "snapshots/",
                           kTombstones = "tombstones/", kBundles = "tombstones/bundle-";

std::string path_of(const Repository& repository) {
    const std::string location = repository.backend().location();
    std::error_code failed;
    const std::filesystem::path place = std::filesystem::canonical(location, failed);
    const std::string hash = to_hex(sha256(as_bytes(failed ? location : place.string()))).substr(0, 16);
    return repository.state_folder() / ("objects-seen-" + hash);
}

bool is_remembered(const std::string& name) {
    for (const std::string_view folder : {kDecisions, kKeys, kMarks, kSnapshots, kTombstones})
        if (name.starts_with(folder)) return !name.starts_with(kBundles);
    return false;
}

ObjectNames remembered(const Repository& repository) {
    ObjectNames names;
    try {
        const auto text = read_small_file(path_of(repository), kRememberedBytesMax);
        std::istringstream lines(text ? std::string(as_text(*text)) : std::string());
        for (std::string line; std::getline(lines, line);)
            if (is_object_name(line) && is_remembered(line)) names.insert(line);
    } catch (const Error&) {
        return {};
    }
    return names;
}

void write(const Repository& repository, const ObjectNames& names) {
    std::string text;
    for (const std::string& name : names) text += name + "\n";
    try {
        make_folders(repository.state_folder());
        replace_small_file(path_of(repository), as_bytes(text));
    } catch (const Error&) {
        // Without it a deletion is not told.
    }
}

SessionId sid_in(const std::string& name, std::string_view folder) {
    return SessionId::from_hex(std::string_view(name).substr(folder.size(), 2 * SessionId::kBytes));
}

class Missed {
  public:
    explicit Missed(const Repository& repository) : repository_(repository) {}

    void look(const std::string& name) {
        if (name.starts_with(kKeys)) {
            gone_.keys.push_back(name);
        } else if (name.starts_with(kMarks)) {
            if (stands(std::string(kSnapshots) + sid_in(name, kMarks).hex()))
                deleted(name, "it is gone though its snapshot stands, which may have lost a tag or a hold");
        } else if (name.starts_with(kDecisions)) {
            if (!stands(name)) deleted(name, "it is gone, and nothing removes decisions");
        } else if (name.starts_with(kTombstones)) {
            if (!is_forgotten(sid_in(name, kTombstones)))
                deleted(name, "it is gone, and with it that this snapshot was forgotten");
        } else if (name.starts_with(kSnapshots)) {
            if (!stands(name) && !is_forgotten(sid_in(name, kSnapshots)))
                deleted(name, "it is gone without having been forgotten");
        }
    }

    GoneObjects take() { return std::move(gone_); }

  private:
    bool stands(const std::string& name) const { return object_exists(repository_.backend(), name); }

    bool is_forgotten(const SessionId& sid) {
        if (!tombstones_) tombstones_ = list_tombstones(repository_);
        return tombstones_->forgotten.contains(sid) || tombstones_->doubtful.contains(sid) ||
               !tombstones_->unreadable_bundles.empty();
    }

    void deleted(const std::string& name, const char* why) {
        gone_.deleted.push_back({name, ErrorKind::NotFound, why});
    }

    const Repository& repository_;
    std::optional<Tombstones> tombstones_;  // read when they are asked for: later than what is missed
    GoneObjects gone_;
};

}  // namespace

GoneObjects what_is_gone(const Repository& repository, const ObjectNames& standing) {
    Missed missed(repository);
    for (const std::string& name : remembered(repository))
        if (!standing.contains(name)) missed.look(name);
    return missed.take();
}

void remember_objects(const Repository& repository, ObjectNames standing, const std::vector<DamagedObject>& deleted) {
    std::erase_if(standing, [](const std::string& name) { return !is_remembered(name); });
    for (const DamagedObject& object : deleted) standing.insert(object.name);
    if (standing == remembered(repository)) return;
    try {
        repository.backend().sync();
    } catch (const Error&) {
        return;
    }
    write(repository, standing);
}

void forget_objects(const Repository& repository, const ObjectNames& names) {
    ObjectNames kept = remembered(repository);
    if (std::erase_if(kept, [&](const std::string& name) { return names.contains(name); }) > 0)
        write(repository, kept);
}

}  // namespace vault

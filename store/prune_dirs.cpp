// dirs/ after packs have gone.
#include "store/prune_dirs.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/control_objects.h"
#include "store/finding.h"
#include "store/index_directories.h"

namespace vault {

namespace {

// "dirs/<sid>-<k>" without its number.
std::string session_part(const std::string& name) { return name.substr(0, name.rfind('-') + 1); }

}  // namespace

std::uint64_t remove_stale_directories(const Repository& repository) {
    Backend& backend = repository.backend();
    const std::vector<ObjectInfo> listed = backend.list("dirs/");
    std::map<std::string, std::uint64_t> next_number;
    for (const ObjectInfo& info : listed) {
        const std::string part = session_part(info.name);
        std::uint64_t& next = next_number[part];
        next = std::max<std::uint64_t>(next, std::strtoull(info.name.c_str() + part.size(), nullptr, 10) + 1);
    }
    const std::set<PackId> packs = packs_of(backend.list("packs/"));
    std::vector<std::string> stale;
    for (const ObjectInfo& info : listed) {
        DirectoriesRecord record;
        try {
            record = read_directories(backend, repository.keys(), info.name);
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
            continue;
        }
        const std::size_t all = record.copies.size();
        std::erase_if(record.copies, [&](const DirectoryCopy& copy) { return !packs.contains(copy.pack); });
        if (record.copies.size() * 2 > all) continue;
        if (!record.copies.empty()) {
            const std::string part = session_part(info.name);
            record.number = next_number[part]++;
            try {
                put_record(repository, ObjectKind::Directories, part + std::to_string(record.number), record);
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::Exists) throw;
                continue;  // another pruner is at it
            }
        }
        stale.push_back(info.name);
    }
    if (stale.empty()) return 0;
    backend.sync();
    for (const std::string& name : stale) backend.remove(name);
    return stale.size();
}

}  // namespace vault

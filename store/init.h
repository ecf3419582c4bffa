// Making a repository.
#pragma once

#include <string>

#include "store/backend/backend.h"
#include "store/format/config_record.h"
#include "store/seal/slot.h"

namespace vault {

struct InitOptions {
    Credentials credentials;  // at least one; of the first slot
    std::string label;        // of the first slot
    SlotStrength strength;
    ShapeParameters shape;
};

struct InitReport {
    RepositoryId repository;
    SlotId slot, recovery_slot;
    std::string recovery_key;  // text; shown once and kept nowhere
    std::string location;
};

// Makes a local repository in the folder `location`. Throws Exists where anything lies there, Unsupported where the
// place cannot hold one (store/backend/local_probe.h), Usage for an empty password. Nothing counts before config/1
// stands, which comes last: a run that was cut off before can be repeated.
InitReport init_repository(const std::string& location, const InitOptions& options);

// The same on a backend whose place is ready (and for tests).
InitReport init_repository(Backend& backend, const InitOptions& options, std::uint64_t store_properties);

}  // namespace vault

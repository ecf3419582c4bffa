// Control objects on their way into the store.
#pragma once

#include <string>

#include "store/repository.h"
#include "store/seal/object.h"

namespace vault {

// Seals and puts. Throws as Backend::put_new: after Io the object may stand all the same.
template <class Record>
void put_record(const Repository& repository, ObjectKind kind, const std::string& name, const Record& record) {
    repository.backend().put_new(name, seal_object(repository.keys(), kind, name, encode(record)));
}

}  // namespace vault

// Small objects of the store as the operations put them and ask for them.
#pragma once

#include <string>

#include "store/backend/object_names.h"
#include "store/put_record.h"
#include "store/repository.h"

namespace vault {

// The record of `name`, or nothing where there is no such object.
template <class Decode>
auto find_record(const Repository& repository, const std::string& name, Decode decode)
    -> std::optional<decltype(repository.read_record(name, decode))> {
    try {
        return repository.read_record(name, decode);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::NotFound) throw;
        return std::nullopt;
    }
}

// Puts the object of this name that `other`, a copy of the same repository, has. One that is here already stays.
// Throws NotFound where the copy lacks it.
void copy_object(const Repository& repository, const Repository& other, const std::string& name);

// Whether something has this name now, sound or not. Throws Io, Denied.
bool object_exists(Backend& backend, const std::string& name);
// The same, where what the medium does not give counts as there.
bool object_may_exist(Backend& backend, const std::string& name);

}  // namespace vault

// Presence and names.
#include "store/control_objects.h"

#include "store/finding.h"
#include "store/format/envelope.h"

namespace vault {

void copy_object(const Repository& repository, const Repository& other, const std::string& name) {
    try {
        repository.backend().put_new(name, other.backend().get(name));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Exists) throw;
    }
}

bool object_exists(Backend& backend, const std::string& name) {
    try {
        backend.get(name, ByteRange{0, kEnvelopeBytes});
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return false;
        if (error.kind() == ErrorKind::Corrupt) return true;  // shorter than that
        throw;
    }
}

bool object_may_exist(Backend& backend, const std::string& name) {
    try {
        return object_exists(backend, name);
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        return true;
    }
}

}  // namespace vault

// Manifest keys: docs/format.md 8.5.
#include "fuzz/canonical.h"
#include "store/format/manifest_key.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string key(reinterpret_cast<const char*>(bytes), size);
    fuzz::only_refuses([&] {
        const std::vector<std::string> components = components_of_key(key);
        fuzz::expect(manifest_key(components) == key);
        fuzz::expect(components_of_path(path_of_key(key)) == components);
        if (components.empty()) return;
        fuzz::expect(name_of_key(key) == components.back());
        fuzz::expect(manifest_key({components.begin(), components.end() - 1}) == parent_key(key));
        fuzz::expect(key == children_prefix(components_of_key(parent_key(key))) + components.back());
    });
    return 0;
}

// Header, trailer and directory of a pack; the record of a dirs/ object.
#include "store/index_directories.h"

#include <algorithm>

#include "store/finding.h"
#include "store/format/limits.h"
#include "store/seal/object.h"

namespace vault {

namespace {

// Holds trailer and directory of most packs, so that one request fetches both.
constexpr std::uint64_t kTailBytes = 128 * kKiB;

void require_own_domain(std::uint32_t domain, const std::string& what) {
    if (domain != 0)
        throw Error(ErrorKind::Unsupported, what + " belongs to deduplication domain " + std::to_string(domain));
}

}  // namespace

FoundDirectory read_directory(Backend& backend, const Keys& keys, const ObjectInfo& pack, const PackId& id) {
    if (pack.size < kPackHeaderBytes + kPackTrailerBytes || pack.size > kPackBytesMax)
        throw Error(ErrorKind::Corrupt, pack.name + ": no pack has " + std::to_string(pack.size) + " bytes");
    const Bytes head = backend.get(pack.name, ByteRange{0, kPackHeaderBytes});
    const PackHeader header = decode_pack_header(head);
    require_own_domain(header.envelope.domain, pack.name);
    const std::uint64_t tail_bytes = std::min(kTailBytes, pack.size);
    const Bytes tail = backend.get(pack.name, ByteRange{pack.size - tail_bytes, tail_bytes});
    const PackTrailer trailer =
        open_pack_trailer(keys, header, ByteView(tail).last(kPackTrailerBytes), pack.size, pack.name);

    const std::uint64_t from_end = pack.size - trailer.directory_offset;
    Bytes apart;
    ByteView sealed;
    if (from_end <= tail_bytes) {
        sealed = ByteView(tail).subspan(tail_bytes - from_end, trailer.directory_sealed_bytes);
    } else {
        apart = backend.get(pack.name, ByteRange{trailer.directory_offset, trailer.directory_sealed_bytes});
        sealed = apart;
    }
    FoundDirectory found{id, pack.size, {}, open_pack_directory(keys, header, sealed, pack.name), {}};
    if (found.directory.boxes_end() != trailer.boxes_end)
        throw Error(ErrorKind::Corrupt, pack.name + ": directory and trailer do not agree where the boxes end");
    found.encoded = encode(found.directory);
    std::ranges::copy(head, found.header.begin());
    return found;
}

DirectoriesRecord read_directories(Backend& backend, const Keys& keys, const std::string& name) {
    const OpenedObject object = open_object(keys, name, backend.get(name));
    require_own_domain(object.envelope.domain, name);
    return decode_padded(object, name, [](Cursor& cursor) { return decode_directories(cursor); });
}

FoundDirectory decode_copy(DirectoryCopy copy) {
    require_own_domain(decode_pack_header(copy.header).envelope.domain, "pack " + copy.pack.hex());
    FoundDirectory found{copy.pack, copy.pack_bytes, std::move(copy.directory), {}, copy.header};
    found.directory = decode_pack_directory(found.encoded);
    const std::uint64_t parts =
        found.directory.boxes_end() + found.encoded.size() + kSealOverheadBytes + kPackTrailerBytes;
    if (padme_bytes(parts) != copy.pack_bytes)
        throw Error(ErrorKind::Corrupt,
                    "pack " + copy.pack.hex() + ": the copy of its directory does not fit its length");
    return found;
}

void for_each_copy(Backend& backend, const Keys& keys, const std::function<bool(const PackId&)>& wanted,
                   const std::function<void(const FoundDirectory&)>& take) {
    for (const ObjectInfo& info : backend.list("dirs/")) {
        try {
            DirectoriesRecord record = read_directories(backend, keys, info.name);
            for (DirectoryCopy& copy : record.copies)
                if (wanted(copy.pack)) take(decode_copy(std::move(copy)));
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;  // check_packs reports it
        }
    }
}

}  // namespace vault

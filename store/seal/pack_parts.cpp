// A pack's clear header, its sealed directory and its sealed trailer.
#include "store/format/limits.h"
#include "store/seal/object.h"

namespace vault {

namespace {

SealContext part_context(const Keys& keys, Domain domain, const Envelope& envelope, const PackSalt& salt,
                         std::size_t plain_bytes) {
    SealContext context;
    context.domain = domain;
    context.envelope = envelope;
    context.repository = keys.repository();
    context.plain_bytes = static_cast<std::uint32_t>(plain_bytes);
    std::copy(salt.bytes.begin(), salt.bytes.end(), context.identity.bytes.begin());
    return context;
}

Envelope pack_envelope(std::uint32_t generation) {
    return {ObjectKind::Pack, 0, generation};
}

}  // namespace

Bytes pack_header(std::uint32_t generation, const PackSalt& salt) {
    Bytes header;
    append(header, encode(pack_envelope(generation)));
    append(header, salt.view());
    return header;
}

PackHeader decode_pack_header(ByteView pack) {
    Cursor cursor(pack, "pack header");
    PackHeader header;
    header.envelope = decode_envelope(cursor.raw(kEnvelopeBytes));
    if (header.envelope.kind != ObjectKind::Pack) cursor.corrupt("an object of another kind");
    header.salt = cursor.id<PackSalt>();
    return header;
}

Bytes seal_pack_directory(const Keys& keys, std::uint32_t generation, const PackSalt& salt, ByteView record) {
    if (record.size() > kDirectoryRecordBytesMax) throw Error(ErrorKind::Corrupt, "a pack's directory is too long");
    return keys.seal(part_context(keys, Domain::Directory, pack_envelope(generation), salt, record.size()), record);
}

PackDirectory open_pack_directory(const Keys& keys, const PackHeader& header, ByteView sealed, std::string_view what) {
    if (sealed.size() < kSealOverheadBytes || sealed.size() > kDirectoryRecordBytesMax + kSealOverheadBytes)
        throw Error(ErrorKind::Corrupt, std::string(what) + ": its directory cannot have that length");
    const std::size_t plain_bytes = sealed.size() - kSealOverheadBytes;
    const auto context = part_context(keys, Domain::Directory, header.envelope, header.salt, plain_bytes);
    return decode_pack_directory(keys.open(context, sealed, what));
}

Bytes seal_pack_trailer(const Keys& keys, std::uint32_t generation, const PackSalt& salt, const PackTrailer& trailer) {
    return keys.seal(part_context(keys, Domain::Trailer, pack_envelope(generation), salt, kPackTrailerPlainBytes),
                     encode(trailer));
}

PackTrailer open_pack_trailer(const Keys& keys, const PackHeader& header, ByteView sealed, std::uint64_t pack_bytes,
                              std::string_view what) {
    if (sealed.size() != kPackTrailerBytes)
        throw Error(ErrorKind::Corrupt, std::string(what) + ": its trailer cannot have that length");
    const auto context = part_context(keys, Domain::Trailer, header.envelope, header.salt, kPackTrailerPlainBytes);
    return decode_pack_trailer(keys.open(context, sealed, what), pack_bytes);
}

}  // namespace vault

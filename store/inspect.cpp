// Objects and chunks: opened, decoded, described.
#include "store/inspect.h"

#include "store/backend/object_names.h"
#include "store/format/limits.h"
#include "store/inspect_parts.h"
#include "store/seal/object.h"

namespace vault {

namespace {

Description describe_slot(const Repository& repository, const Credentials& credentials, const std::string& name,
                          ByteView object) {
    const SlotId id = SlotId::from_hex(name.substr(name.find('/') + 1));
    const auto opened = open_slot(id, object, credentials);  // checks the hash first
    const SlotHeader header = decode_slot_header(object);
    Description fields;
    fields.id("repository", header.repository).add("needs_password", header.has_password);
    fields.add("needs_key_file", header.has_key_file);
    if (header.has_password)
        fields.number("argon2id_memory_kib", header.memory_kib).number("argon2id_passes", header.passes);
    fields.add("salt", to_hex(header.salt)).add("commitment", to_hex(header.commitment));
    fields.add("opens_with_these_credentials", opened.has_value()).add("in_use_now", id == repository.slot());
    if (!opened) return fields;
    const char* purposes[] = {"", "password", "key file", "recovery key"};
    fields.add("created", opened->created)
        .add("purpose", std::string(purposes[static_cast<std::size_t>(opened->purpose)]));
    return fields.add("label", opened->label);
}

Description describe_keyring(const Repository& repository, const std::string& name, ByteView object) {
    KeyringRecord record = open_keyring(repository.keyring_key(), repository.id(), name, object);
    const KeyringWipedAtEnd wiped(record);
    Description fields;
    fields.id("repository", record.repository)
        .number("generation", record.generation)
        .id("predecessor", record.predecessor);
    fields.add("created", record.created);
    std::vector<Description> keys;
    for (const auto& key : record.master_keys)
        keys.push_back(Description()
                           .number("number", key.number)
                           .add("created", key.created)
                           .add("x25519_public", to_hex(key.x25519_public)));
    fields.add("master_keys", std::move(keys)).number("config_generation", record.config_generation);
    Cursor cursor(record.config_record, "the keyring's copy of config");
    fields.add("config", describe(decode_config(cursor)));
    cursor.expect_end();
    describe(fields, record.extensions);
    return fields;
}

// Only the head, the directory and the trailer are read and verified; the boxes are for `check`.
Description describe_pack(const Repository& repository, const std::string& name) {
    Backend& backend = repository.backend();
    const std::vector<ObjectInfo> listed = backend.list(name);
    if (listed.empty()) throw Error(ErrorKind::NotFound, "there is no object " + name);
    const std::uint64_t bytes = listed[0].size;
    if (bytes < kPackHeaderBytes + kPackTrailerBytes) throw Error(ErrorKind::Corrupt, name + ": too short for a pack");
    const PackHeader header = decode_pack_header(backend.get(name, ByteRange{0, kPackHeaderBytes}));
    const Bytes sealed_trailer = backend.get(name, ByteRange{bytes - kPackTrailerBytes, kPackTrailerBytes});
    const PackTrailer trailer = open_pack_trailer(repository.keys(), header, sealed_trailer, bytes, name);
    const Bytes sealed = backend.get(name, ByteRange{trailer.directory_offset, trailer.directory_sealed_bytes});
    const PackDirectory directory = open_pack_directory(repository.keys(), header, sealed, name);
    Description fields;
    fields.number("bytes", bytes).id("salt", header.salt).number("generation", header.envelope.generation);
    fields.number("boxes_end", trailer.boxes_end).number("padding_bytes", trailer.directory_offset - trailer.boxes_end);
    fields.number("directory_offset", trailer.directory_offset)
        .number("directory_sealed_bytes", trailer.directory_sealed_bytes);
    for (auto& field : describe(directory).fields) fields.fields.push_back(std::move(field));
    return fields;
}

Description describe_control(const Keys& keys, const std::string& name, ByteView object) {
    const OpenedObject opened = open_object(keys, name, object);
    const auto of = [&](auto decode) { return describe(decode_padded(opened, name, decode)); };
    switch (opened.envelope.kind) {
        case ObjectKind::Directories: return of(decode_directories);
        case ObjectKind::Session: return of(decode_session);
        case ObjectKind::Heartbeat: return of(decode_heartbeat);
        case ObjectKind::Commit: return of(decode_commit);
        case ObjectKind::Fence: return of(decode_fence);
        case ObjectKind::Tombstone: return of(decode_tombstone);
        case ObjectKind::Bundle: return of(decode_bundle);
        case ObjectKind::Mark: return of(decode_mark);
        case ObjectKind::Damage: return of(decode_damage);
        case ObjectKind::Condemned: return of(decode_condemned);
        case ObjectKind::Waiting: return of(decode_waiting);
        case ObjectKind::Decision: return of(decode_decision);
        default: throw Error(ErrorKind::Corrupt, name + " is of kind " + std::string(kind_name(opened.envelope.kind)));
    }
}

bool starts_with_any(const std::string& name, std::initializer_list<std::string_view> folders) {
    for (const std::string_view folder : folders)
        if (name.starts_with(folder)) return true;
    return false;
}

// What a chunk of kind tree holds. An attribute set and a node can be told apart: neither decodes as the other but by
// chance, and then the node is the likelier.
void describe_tree_chunk(Description& into, ByteView plaintext) {
    try {
        into.add("node", describe(decode_node(plaintext)));
        return;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Corrupt && error.kind() != ErrorKind::Unsupported) throw;
    }
    into.add("attribute_set", describe(decode_attribute_chunk(plaintext)));
}

}  // namespace

Description describe_object(const Repository& repository, const Credentials& credentials, const std::string& name) {
    if (!is_object_name(name)) throw Error(ErrorKind::Usage, escaped(name) + " is no object's name");
    if (starts_with_any(name, {"reserve/", "tmp/", "refs/", "parity/", "checks/"}))
        throw Error(ErrorKind::Usage, escaped(name) + " holds nothing to show");
    Description fields;
    fields.add("object", name);
    Description record;
    if (starts_with_any(name, {"packs/", "quarantine/"})) {
        record = describe_pack(repository, name);
        fields.add("kind", std::string(kind_name(ObjectKind::Pack))).number("version", kFormatVersion);
    } else {
        const Bytes object = repository.backend().get(name);
        const Envelope envelope = decode_envelope(object);
        fields.add("kind", std::string(kind_name(envelope.kind))).number("version", kFormatVersion);
        fields.number("bytes", object.size()).number("generation", envelope.generation);
        fields.add("sha256", to_hex(sha256(object)));
        if (name.starts_with("keys/")) record = describe_slot(repository, credentials, name, object);
        else if (name.starts_with("keyring/")) record = describe_keyring(repository, name, object);
        else if (name.starts_with("config/"))
            record = describe(open_config(repository.keyring_key(), repository.id(), name, object));
        else record = describe_control(repository.keys(), name, object);
    }
    fields.add("record", std::move(record));
    return fields;
}

Description describe_chunk(const Repository& repository, const View& view, const ChunkId& id) {
    const std::vector<ChunkLocation> places = view.index->find_all(id, view.chunks->view());
    if (places.empty()) throw Error(ErrorKind::NotFound, "no pack of the repository holds a chunk " + id.hex());
    Description fields;
    const ChunkKind kind = view.index->pack(places[0].pack)->content;
    fields.id("chunk", id).add("kind", std::string(kind == ChunkKind::Data ? "data" : "tree"));
    std::vector<Description> copies;
    for (const ChunkLocation& at : places) {
        const auto pack = view.index->pack(at.pack);
        const BoxLocation& box = pack->boxes.at(at.box);
        Description one;
        one.id("pack", pack->id)
            .number("box", at.box)
            .number("box_offset", box.offset)
            .number("box_sealed_bytes", box.sealed_bytes);
        one.number("box_plain_bytes", box.plain_bytes)
            .add("codec", std::string(box.codec == Codec::Raw ? "raw" : "zstd"));
        one.number("offset", at.offset).number("length", at.length);
        copies.push_back(std::move(one));
    }
    fields.add("copies", std::move(copies));
    const ChunkStore::Chunk chunk = view.chunks->chunk(kind, id);  // verified, or it throws
    verify_chunk(repository.keys(), kind, chunk.bytes, id, "chunk " + id.hex());
    fields.number("length", chunk.bytes.size()).add("verified", true);
    if (kind == ChunkKind::Tree) describe_tree_chunk(fields, chunk.bytes);
    return fields;
}

}  // namespace vault

// Random records of every kind: what is encoded decodes to itself, and bytes changed at random are refused or are the
// one encoding of another value.
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/support/codec_laws.h"
#include "tests/support/format_random.h"

namespace vault {
namespace {

// One to four changes: a byte set, inserted or removed, or a run repeated.
Bytes changed_at_random(Bytes bytes) {
    for (std::uint64_t changes = 1 + random_number(3); changes > 0 && !bytes.empty(); --changes) {
        const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(random_number(bytes.size() - 1));
        switch (random_number(3)) {
            case 0: *at = static_cast<std::uint8_t>(random_number(255)); break;
            case 1: bytes.insert(at, static_cast<std::uint8_t>(random_number(255))); break;
            case 2: bytes.erase(at); break;
            default: {
                const Bytes run(at, at + std::min<std::ptrdiff_t>(bytes.end() - at, 1 + *rc::gen::inRange(0, 40)));
                bytes.insert(at, run.begin(), run.end());
            }
        }
    }
    return bytes;
}

template <class Record>
void check_properties(const RecordCodec<Record>& codec, Record (*random)()) {
    rc::prop("what is encoded decodes to itself", [&] {
        const Record record = random();
        RC_ASSERT(codec.decode(codec.encode(record)) == record);
    });
    rc::prop("changed bytes are refused or re-encode to themselves", [&] {
        RC_ASSERT(canonical_or_refused(codec, changed_at_random(codec.encode(random()))));
    });
}

}  // namespace

TEST_CASE("random config and keyring records", "[format][properties]") {
    SECTION("config") { check_properties(cursor_codec(decode_config), random_config); }
    SECTION("keyring") { check_properties(cursor_codec(decode_keyring), random_keyring); }
    SECTION("slot") { check_properties(cursor_codec(decode_slot_record), random_slot_record); }
}

TEST_CASE("random pack directories and their copies", "[format][properties]") {
    SECTION("directory") {
        check_properties<PackDirectory>({[](const PackDirectory& directory) { return encode(directory); },
                                         [](ByteView bytes) { return decode_pack_directory(bytes); }},
                                        random_pack_directory);
    }
    SECTION("copies") { check_properties(cursor_codec(decode_directories), random_directories); }
}

TEST_CASE("random entries, attribute sets and extents", "[format][properties]") {
    SECTION("entry") {
        check_properties<Entry>({[](const Entry& entry) { return encode(entry); },
                                 [](ByteView bytes) { return decode_entry(bytes); }},
                                random_entry);
    }
    SECTION("attribute set, inline") {
        check_properties<AttributeSet>({[](const AttributeSet& set) { return encode_attribute_set(set); },
                                        [](ByteView bytes) {
                                            Cursor cursor(bytes, "test");
                                            AttributeSet set = decode_attribute_set(cursor);
                                            cursor.expect_end();
                                            return set;
                                        }},
                                       random_attributes);
    }
    SECTION("extent") {
        check_properties<Extent>({[](const Extent& extent) {
                                      Writer writer;
                                      encode(writer, extent);
                                      return writer.take();
                                  },
                                  [](ByteView bytes) {
                                      Cursor cursor(bytes, "test");
                                      const Extent extent = decode_extent(cursor);
                                      cursor.expect_end();
                                      return extent;
                                  }},
                                 random_extent);
    }
}

TEST_CASE("random tree nodes", "[format][properties]") {
    check_properties<Node>({[](const Node& node) { return encode(node); },
                            [](ByteView bytes) { return decode_node(bytes); }},
                           random_node);
}

TEST_CASE("random snapshots", "[format][properties]") {
    check_properties(cursor_codec(decode_commit), random_commit);
}

TEST_CASE("random control records", "[format][properties]") {
    SECTION("session") { check_properties(cursor_codec(decode_session), random_session); }
    SECTION("fence") { check_properties(cursor_codec(decode_fence), random_fence); }
    SECTION("bundle") { check_properties(cursor_codec(decode_bundle), random_bundle); }
    SECTION("mark") { check_properties(cursor_codec(decode_mark), random_mark); }
    SECTION("damage") { check_properties(cursor_codec(decode_damage), random_damage); }
    SECTION("condemned") { check_properties(cursor_codec(decode_condemned), random_condemned); }
    SECTION("waiting") { check_properties(cursor_codec(decode_waiting), random_waiting); }
    SECTION("decision") { check_properties(cursor_codec(decode_decision), random_decision); }
}

}  // namespace vault

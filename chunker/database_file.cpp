// Headers of database files. PostgreSQL's and InnoDB's pages have no signature: many fields must fit together.
#include "chunker/database_file.h"

#include <algorithm>
#include <array>

namespace vault {

namespace {

using namespace std::string_view_literals;

constexpr std::array kSignaturesAtStart{
    "SQLite format 3\0"sv,                    // SQLite
    "\x37\x7f\x06\x82"sv,                     // SQLite write-ahead log, checksums little-endian
    "\x37\x7f\x06\x83"sv,                     // the same, big-endian
    "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"sv,     // SQLite rollback journal
    "\xfe\xfe\x07\x01"sv,                     // MyISAM index
    "\xfe\xfe\x09\x03"sv,                     // Aria index
    "TDB file\n"sv,                           // Samba
    "\0\x01\0\0Standard Jet DB\0"sv,          // Access to 2003
    "\0\x01\0\0Standard ACE DB\0"sv,          // Access from 2007
    "\xcd\x9a\x57\x13"sv,                     // GDBM, little-endian, 32 bits
    "\xce\x9a\x57\x13"sv,                     // the old signature
    "\xcf\x9a\x57\x13"sv,                     // 64 bits
    "\xd0\x9a\x57\x13"sv,                     // crash-tolerant, 32 bits
    "\xd1\x9a\x57\x13"sv,                     // crash-tolerant, 64 bits
};

// PostgreSQL bufpage.h: a page header whose offsets ascend within a page of the size it states, layout version 4.
bool is_postgresql_relation(const Head& head) {
    constexpr unsigned kHeaderBytes = 24;
    const unsigned flags = head.u16le(10);
    const unsigned lower = head.u16le(12);
    const unsigned upper = head.u16le(14);
    const unsigned special = head.u16le(16);
    const unsigned page = head.u16le(18) & 0xff00;
    const unsigned version = head.u16le(18) & 0x00ff;
    const bool page_size = page == 4096 || page == 8192 || page == 16384 || page == 32768;
    const bool ascending = lower >= kHeaderBytes && lower <= upper && upper <= special && special <= page;
    return page_size && version == 4 && flags <= 7 && ascending && special % 8 == 0 && lower % 4 == 0;
}

// pg_dump's custom and directory formats. From archive version 1.15 the compression is a byte, before it an integer:
// a sign and as many bytes as byte 8 says. A compressed dump changes by whole tables: small chunks would only cost.
bool is_uncompressed_postgresql_dump(const Head& head) {
    if (!head.has(0, "PGDMP")) return false;
    const unsigned version = head.u16be(5);
    constexpr std::size_t kCompression = 11;
    if (version >= 0x010f) return head.u8(kCompression) == 0;
    const std::size_t integer_bytes = std::min<std::size_t>(head.u8(8), 8);
    for (std::size_t i = 0; i < integer_bytes; ++i) {
        if (head.u8(kCompression + 1 + i) != 0) return false;
    }
    return true;
}

// InnoDB fsp0types.h and fil0types.h: page 0 is a space header, and both places that name the space agree.
bool is_innodb_tablespace(const Head& head) {
    constexpr unsigned kSpaceHeaderPage = 8;
    const bool agrees = head.u32be(34) == head.u32be(38);
    return head.u32be(4) == 0 && head.u16be(24) == kSpaceHeaderPage && agrees && head.u32be(42) == 0 &&
           head.u32be(46) != 0 && head.u32be(16) < 0x00100000;
}

// LMDB: a meta page, behind a page header of 16 bytes (12 where words have 32 bits).
bool is_lmdb(const Head& head) {
    constexpr unsigned kMetaPage = 8;
    return (head.has(16, "\xde\xc0\xef\xbe") && head.u16le(10) == kMetaPage) ||
           (head.has(12, "\xde\xc0\xef\xbe") && head.u16le(6) == kMetaPage);
}

// libmdbx: the 56-bit signature above a version byte, behind a page header of 20 bytes.
bool is_mdbx(const Head& head) {
    return head.has(21, "\x11\x4c\xef\xbd\x9d\x65\x59");
}

// Bolt (etcd, lnd): a meta page, behind a page header of 16 bytes.
bool is_bolt(const Head& head) {
    constexpr unsigned kMetaPage = 4;
    return head.u16le(8) == kMetaPage && head.has(16, "\xed\xda\x0c\xed\x02\0\0\0"sv);
}

// WiredTiger (MongoDB): the descriptor block, magic number 120897, major version 1, minor version 0.
bool is_wiredtiger(const Head& head) {
    return head.has(0, "\x41\xd8\x01\0\x01\0\0\0"sv) && head.u32le(12) == 0;
}

// Berkeley DB (wallets, OpenLDAP, RPM): page 0, then the signature of the access method in either byte order.
bool is_berkeley_db(const Head& head) {
    constexpr std::array<std::uint32_t, 4> kMethods{0x053162, 0x061561, 0x042253, 0x074582};
    return head.u32le(8) == 0 && std::ranges::any_of(kMethods, [&](std::uint32_t method) {
               return head.u32le(12) == method || head.u32be(12) == method;
           });
}

// ESE (Exchange, Active Directory): the signature follows a checksum, then format version 0x620.
bool is_ese(const Head& head) {
    return head.has(4, "\xef\xcd\xab\x89\x20\x06\0\0"sv);
}

}  // namespace

bool is_database_file(const Head& head) {
    const bool signature =
        std::ranges::any_of(kSignaturesAtStart, [&](std::string_view bytes) { return head.has(0, bytes); });
    return signature || is_postgresql_relation(head) || is_uncompressed_postgresql_dump(head) ||
           is_innodb_tablespace(head) || is_lmdb(head) || is_mdbx(head) || is_bolt(head) || is_wiredtiger(head) ||
           is_berkeley_db(head) || is_ese(head);
}

}  // namespace vault

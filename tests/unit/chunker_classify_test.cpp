// The golden list of classifier version 1: which first bytes belong to which class. Entries are added, never changed.
#include <catch2/catch.hpp>
#include <fstream>
#include <rapidcheck.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "chunker/classify.h"
#include "tests/support/reference_chunker.h"

using namespace vault;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

ChunkClass class_of(std::string_view head) {
    return classify(1, {reinterpret_cast<const std::uint8_t*>(head.data()), head.size()});
}

std::string zeros(std::size_t count) {
    return std::string(count, '\0');
}

std::string big_endian(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
    return out;
}

std::string little_endian(std::uint16_t value) {
    return {static_cast<char>(value), static_cast<char>(value >> 8)};
}

std::string filled(std::string head) {
    head.resize(std::max<std::size_t>(head.size(), 4096));
    return head;
}

// A heap page of PostgreSQL with two line pointers; each offset can be spoilt.
struct PostgresqlPage {
    std::uint16_t flags = 4;
    std::uint16_t lower = 32;
    std::uint16_t upper = 8000;
    std::uint16_t special = 8192;
    std::uint16_t size_and_version = 0x2004;

    std::string bytes() const {
        return filled(zeros(4) + "\x38\x51\x9f\x01"s + zeros(2) + little_endian(flags) + little_endian(lower) +
                      little_endian(upper) + little_endian(special) + little_endian(size_and_version) + zeros(4) +
                      "\xd8\x9f\x44\0\xb0\x9f\x44\0"s);
    }
};

struct InnodbPage {
    std::uint32_t page = 0;
    std::uint16_t type = 8;
    std::uint32_t space = 5;
    std::uint32_t space_again = 5;
    std::uint32_t pages = 6;

    std::string bytes() const {
        const std::string type_bytes{static_cast<char>(type >> 8), static_cast<char>(type)};
        return filled("\x12\x34\x56\x78"s + big_endian(page) + zeros(8) + big_endian(0) + big_endian(44971) +
                      type_bytes + zeros(8) + big_endian(space) + big_endian(space_again) + zeros(4) +
                      big_endian(pages));
    }
};

// Two frames at 128 kbit/s and 44.1 kHz: 417 bytes each.
std::string mp3_frames(std::size_t distance) {
    return filled("\xff\xfb\x90\x64"s + zeros(distance - 4) + "\xff\xfb\x90\x64"s);
}

std::string transport_stream(std::size_t start, std::size_t step) {
    std::string head(4096, 'a');
    for (std::size_t at = start; at < head.size(); at += step) head[at] = '\x47';
    return head;
}

}  // namespace

TEST_CASE("database files and dumps that are not compressed are database", "[classify]") {
    const auto head = GENERATE(values<std::string>({
        "SQLite format 3\0\x10\0\x01\x01"s,
        "\x37\x7f\x06\x82\0\x2d\xe2\x18"s,                               // write-ahead logs
        "\x37\x7f\x06\x83\0\x2d\xe2\x18"s,
        "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\0\0\0\x01"s,                   // rollback journal
        PostgresqlPage{}.bytes(),
        PostgresqlPage{0, 24, 8192, 8192, 0x2004}.bytes(),               // an empty page
        PostgresqlPage{0, 72, 8176, 8176, 0x2004}.bytes(),               // the first page of a B-tree
        PostgresqlPage{0, 28, 32000, 32768, 0x8004}.bytes(),             // pages of 32 KiB
        "PGDMP\x01\x0e\0\x04\x08\x01\x01\0\0\0\0"s,                      // pg_dump 15 -Fc -Z0
        "PGDMP\x01\x10\0\x04\x08\x01\0\x01\x1b\0\0\0"s,                  // pg_dump 17 -Fc -Z0
        InnodbPage{}.bytes(),
        InnodbPage{0, 8, 0, 0, 768}.bytes(),                             // ibdata1
        "\xfe\xfe\x07\x01\0\x03"s,                                       // MyISAM
        "\xfe\xfe\x09\x03\0\x03"s,                                       // Aria
        zeros(10) + "\x08\0"s + zeros(4) + "\xde\xc0\xef\xbe\x01\0\0\0"s,  // LMDB
        zeros(6) + "\x08\0"s + zeros(4) + "\xde\xc0\xef\xbe\x01\0\0\0"s,   // LMDB of 32 bits
        zeros(20) + "\x03\x11\x4c\xef\xbd\x9d\x65\x59"s,                 // libmdbx
        zeros(8) + "\x04\0\0\0\0\0\0\0\xed\xda\x0c\xed\x02\0\0\0"s,      // Bolt: lnd's channel.db
        "\x41\xd8\x01\0\x01\0\0\0\xaa\xbb\xcc\xdd\0\0\0\0"s,             // WiredTiger
        zeros(12) + "\x62\x31\x05\0\x09\0\0\0"s,                         // Berkeley DB B-tree: wallet.dat
        zeros(12) + "\x61\x15\x06\0\x09\0\0\0"s,                         // Berkeley DB hash
        zeros(12) + "\0\x05\x31\x62\0\0\0\x09"s,                         // big-endian
        "\xcf\x9a\x57\x13\0\x10\0\0"s,                                   // GDBM
        "TDB file\n\0"s,
        "\0\x01\0\0Standard Jet DB\0"s,
        "\0\x01\0\0Standard ACE DB\0"s,
        "\x9a\x1b\x2c\x3d\xef\xcd\xab\x89\x20\x06\0\0"s,                 // ESE
    }));
    CAPTURE(head.substr(0, 24));
    CHECK(class_of(head) == ChunkClass::Database);
}

TEST_CASE("SQL text is database", "[classify]") {
    const auto head = GENERATE(values<std::string>({
        "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\n-- Dumped from database version 15.18\n",
        "--\n-- PostgreSQL database cluster dump\n--\n\nSET default_transaction_read_only = off;\n",
        "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n",
        "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)\n",
        "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n",
        "/*!40101 SET NAMES utf8 */;\n",
        "-- phpMyAdmin SQL Dump\n-- version 5.2.1\n",
        "-- Adminer 4.8.1 MySQL 10.11 dump\n\nSET NAMES utf8;\n",
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\n",
        "BEGIN;\nINSERT INTO t VALUES (1);\n",
        "BEGIN TRANSACTION;\n",
        "START TRANSACTION;\n",
        "-- a comment\n\n/* another\n   one */\nCREATE TABLE IF NOT EXISTS \"a b\" (\n",
        "CREATE DATABASE shop;\n",
        "DROP TABLE IF EXISTS `t`;\n",
        "ALTER TABLE public.t OWNER TO postgres;\n",
        "INSERT INTO `t` VALUES (1,'a');\n",
        "INSERT IGNORE INTO t VALUES (1);\n",
        "REPLACE INTO t VALUES (1);\n",
        "insert into t values (1);\n",
        "Insert Into t (a, b) Values (1, 2);\n",
        "create table t (a int);\n",
        "create table if not exists shop.t(a int);\n",
        "COPY public.t (a, b) FROM stdin;\n1\t2\n\\.\n",
        "SET statement_timeout = 0;\nSET lock_timeout = 0;\n",
        "SET search_path TO public;\n",
        "SET NAMES utf8mb4;\n",
        "SET @OLD_SQL_MODE=@@SQL_MODE;\n",
        "SELECT pg_catalog.set_config('search_path', '', false);\n",
        "USE `shop`;\n",
        "USE [shop]\nGO\n",
        "LOCK TABLES `t` WRITE;\n",
        "TRUNCATE TABLE t;\n",
        "DELETE FROM t;\n",
        "\\connect shop\n\nSET statement_timeout = 0;\n",
        "\xef\xbb\xbf\r\n-- with a byte order mark\r\nCREATE VIEW v AS SELECT 1;\r\n",
    }));
    CAPTURE(head);
    CHECK(class_of(head) == ChunkClass::Database);
}

TEST_CASE("what is compressed or encrypted as a whole is media", "[classify]") {
    const auto head = GENERATE(values<std::string>({
        "\xff\xd8\xff\xe0\0\x10JFIF\0"s,
        "\xff\x4f\xff\x51\0\x2f"s,
        "\0\0\0\x0cjP  \r\n\x87\n"s,
        "\0\0\0\x0cJXL \r\n\x87\n"s,
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s,
        "GIF87a\x10\0"s,
        "GIF89a\x10\0"s,
        "RIFF\x10\x20\0\0WEBPVP8 "s,
        "RIFF\x10\x20\0\0AVI LIST"s,
        "AT&TFORM\0\0\x10\0"s,
        "\0\0\0\x20" "ftypisom\0\0\x02\0"s,
        "\0\0\0\x18" "ftypheic\0\0\0\0"s,
        "\0\0\x10\0moov\0\0\0\x6cmvhd"s,
        "\0\x01\x10\0mdat\0\0\0\0"s,
        "\0\0\0\x08wide\0\x01\0\0mdat"s,
        "\x1a\x45\xdf\xa3\x9f\x42\x86\x81"s,
        "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"s,
        "FLV\x01\x05\0\0\0\x09"s,
        ".RMF\0\0\0\x12"s,
        "\0\0\x01\xba\x44\0"s,
        "\0\0\x01\xb3\x16\0"s,
        transport_stream(0, 188),
        transport_stream(4, 192),
        "ID3\x04\0\0\0\0\x1f\x76"s,
        "ID3\x03\0\0\0\0\x1f\x76"s,
        mp3_frames(417),
        filled("\xff\xf1\x50\x80\x04\x3f\xfc"s + zeros(26) + "\xff\xf1\x50\x80"s),  // AAC, frames of 33 bytes
        "OggS\0\x02"s,
        "fLaC\0\0\0\x22"s,
        "wvpk\x10\0\0\0"s,
        "#!AMR\n"s,
        "PK\x03\x04\x14\0\x08\0\x08\0"s,
        "PK\x05\x06"s + zeros(18),
        "PK\x07\x08PK\x03\x04"s,
        "7z\xbc\xaf\x27\x1c\0\x04"s,
        "Rar!\x1a\x07\x01\0"s,
        "Rar!\x1a\x07\0\xcf"s,
        "MSCF\0\0\0\0\x10\0"s,
        "xar!\0\x1c\0\x01"s,
        "\xed\xab\xee\xdb\x03\0"s,
        "!<arch>\ndebian-binary   1700000000"s,
        "Cr24\x03\0\0\0"s,
        "hsqs\x10\0\0\0"s,
        "\x1f\x8b\x08\0\0\0\0\0\x02\x03"s,
        "\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0"s,
        "\x1f\x9d\x90\x61"s,
        "BZh91AY&SY"s,
        "BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0"s,  // of nothing
        "\xfd" "7zXZ\0\0\x04"s,
        "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x30"s,
        "\x5d\0\0\x10\0\x10\x27\0\0\0\0\0\0\0\x30"s,
        "LZIP\x01\x0c"s,
        "\x89LZO\0\r\n\x1a\n\x10"s,
        "LRZI\0\x06"s,
        "\x04\x22\x4d\x18\x64\x40"s,
        "\x02\x21\x4c\x18\0\x10"s,
        "\x28\xb5\x2f\xfd\x04\x58"s,
        "\x50\x2a\x4d\x18\x04\0\0\0"s,  // pzstd
        "\x5e\x2a\x4d\x18\x04\0\0\0"s,
        "\xff\x06\0\0sNaPpY\x01"s,
        "wOFF\0\x01\0\0"s,
        "wOF2\0\x01\0\0"s,
        "age-encryption.org/v1\n-> X25519 "s,
        "Salted__\x01\x02\x03\x04\x05\x06\x07\x08"s,
    }));
    CAPTURE(head.substr(0, 24));
    CHECK(class_of(head) == ChunkClass::Media);
}

TEST_CASE("sources, prose and settings are general, also where they begin as SQL or a signature might", "[classify]") {
    const auto head = GENERATE(values<std::string>({
        "",
        "\n\n",
        "/* SPDX-License-Identifier: GPL-2.0 */\n#include <linux/kernel.h>\n",
        "// SPDX-License-Identifier: GPL-2.0-only\n/*\n * INSERT INTO is not here\n */\nint main;\n",
        "/dts-v1/;\n/ {\n\tcompatible = \"a,b\";\n};\n",
        "# SPDX-License-Identifier: GPL-2.0\nobj-y += a.o\n",
        "/*! normalize.css v8.0.1 | MIT License */\nhtml { line-height: 1.15 }\n",
        "/*!\n * jQuery JavaScript Library v3.7.1\n */\n( function() {} )\n",
        "/* a comment that does not end CREATE TABLE t (a);\n",
        "-- a Lua module\nlocal M = {}\nreturn M\n",
        "-- | A Haskell module\nmodule Main where\nimport Data.List\n",
        "--[[ Lua ]]\nlocal insert = table.insert\n",
        "--\n-- VHDL\nlibrary ieee;\nuse ieee.std_logic_1164.all;\n",
        "-- AppleScript\nset theValue to 3\n",
        "-- Ada\nwith Ada.Text_IO; use Ada.Text_IO;\n",
        "-- only comments\n-- and nothing else\n",
        "{-# LANGUAGE CPP #-}\n",
        "use strict;\nuse warnings;\n",
        "use std::io;\n",
        "set -e\nset path = (/bin);\n",
        "set(CMAKE_CXX_STANDARD 20)\n",
        "BEGIN { FS = \":\" }\n{ print $1 }\n",
        "Begin;\n",
        "COPY --from=build /a /b\nCOPY . /src\n",
        "FROM debian:12\nCOPY . /src\n",
        "COPY a FROM b\n",
        "Insert into the slot and turn it. Values vary.\n",
        "Create table of contents (see below)\n",
        "CREATE A NEW ACCOUNT\n",
        "DROP THE BASS\n",
        "SET THE TABLE\n",
        "UPDATE: this file moved\n",
        "SELECT * FROM memory\n",
        "\\documentclass{article}\n",
        "\xef\xbb\xbfusing System;\n",
        "#!/bin/sh\nmysqldump shop\n",
        "diff --git a/a.sql b/a.sql\n--- a/a.sql\n+++ b/a.sql\n",
        "--- a/a.sql\n+++ b/a.sql\n@@ -1 +1 @@\n-INSERT INTO t VALUES (1);\n",
        "{\"sql\": \"CREATE TABLE t (a)\"}\n",
        "the freeway and the skip lane\n",
        "BZh is how bzip2 begins\n",
        "ID3 tags explained\n",
        "MAC address\n",
        "PK\n",
        "Rar!\n",
        "RIFF\n",
        "GIF8 what\n",
        std::string(4000, 'G') + "x\n",
    }));
    CAPTURE(head);
    CHECK(class_of(head) == ChunkClass::General);
}

TEST_CASE("binary content that changes as a file does is general", "[classify]") {
    const auto head = GENERATE(values<std::string>({
        zeros(4096),
        std::string(4096, '\xff'),
        "\x7f" "ELF\x02\x01\x01\0"s,
        "!<arch>\n/               1700000000"s,                             // a static library
        "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"s,
        "RIFF\x10\x20\0\0WAVEfmt "s,                                        // sound that is not compressed
        "BM\x36\x10\0\0\0\0\0\0"s,
        "II*\0\x08\0\0\0"s,
        "QFI\xfb\0\0\0\x03"s,
        "PACK\0\0\0\x02\0\0\x10\0"s,                                        // git
        "\xff\xfe" "a\0b\0c\0"s,                                            // UTF-16
        "\xff\xfe" "C\0R\0E\0A\0T\0E\0 \0T\0A\0B\0L\0E\0"s,
        "REDIS0011\xfa\x09redis-ver"s,
        "\x57\xfb\x80\x8b\x24\x75\x47\xdb"s,                                // LevelDB's table magic
        "PGDMP\x01\x0e\0\x04\x08\x01\x01\x01\0\0\0"s,                       // pg_dump 15 -Fc: compressed tables
        "PGDMP\x01\x0e\0\x04\x08\x01\0\x09\0\0\0"s,                         // pg_dump 15 -Fc -Z9
        "PGDMP\x01\x10\0\x04\x08\x01\x01\x01\x1b\0\0\0"s,                   // pg_dump 17 -Fc
        "\x10\xd1\x05\0\x01\0\0\0\0\0\0\x01\0\0\0\0"s,                      // PostgreSQL's write-ahead log
        "INSERT INTO t VALUES ('\0');"s,
        mp3_frames(418),
        "\x1f\x8b\x08\xe0"s,
        "\x1f\x9d\x11"s,
        "\x5d\0\0\x03\0\xff\xff\xff\xff\xff\xff\xff\xff\0"s,                // no power of two
        "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,
        "\0\0\0\0" "ftypisom"s,
        "\x01\0\0\x20" "ftypisom"s,
    }));
    CAPTURE(head.substr(0, 24));
    CHECK(class_of(head) == ChunkClass::General);
}

TEST_CASE("a page that breaks one rule of PostgreSQL or InnoDB is general", "[classify]") {
    CHECK(class_of(PostgresqlPage{8, 32, 8000, 8192, 0x2004}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 20, 8000, 8192, 0x2004}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 33, 8000, 8192, 0x2004}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 8004, 8000, 8192, 0x2004}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 32, 8200, 8192, 0x2004}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 32, 8000, 8200, 0x2004}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 32, 8000, 8190, 0x2004}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 32, 8000, 8192, 0x2003}.bytes()) == ChunkClass::General);
    CHECK(class_of(PostgresqlPage{4, 32, 8000, 8192, 0x3004}.bytes()) == ChunkClass::General);
    CHECK(class_of(InnodbPage{1, 8, 5, 5, 6}.bytes()) == ChunkClass::General);
    CHECK(class_of(InnodbPage{0, 7, 5, 5, 6}.bytes()) == ChunkClass::General);
    CHECK(class_of(InnodbPage{0, 8, 5, 6, 6}.bytes()) == ChunkClass::General);
    CHECK(class_of(InnodbPage{0, 8, 5, 5, 0}.bytes()) == ChunkClass::General);
}

TEST_CASE("nothing past the first 4 KiB counts", "[classify]") {
    auto comments = "--"s;
    comments.resize(kClassifierBytes - 1, 'x');
    comments.push_back('\n');
    REQUIRE(comments.size() == kClassifierBytes);
    CHECK(class_of(comments + "CREATE TABLE t (a int);\n") == ChunkClass::General);
    comments.erase(2, 60);
    CHECK(class_of(comments + "CREATE TABLE t (a int);\n") == ChunkClass::Database);
    CHECK(class_of("INSERT INTO t VALUES (1);" + std::string(5000, ' ') + zeros(10)) == ChunkClass::Database);
}

TEST_CASE("random content is general", "[classify]") {
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        REQUIRE(classify(1, test::seeded_bytes(seed, 256)) == ChunkClass::General);
    }
}

TEST_CASE("any bytes have a class, and the same whatever follows the first 4 KiB", "[classify]") {
    REQUIRE(rc::check("any head", [] {
        const auto signature =
            *rc::gen::element("PGDMP"s, "\xff\xf1"s, "\xff\xfb"s, "G"s, "SET "s, "/*"s, "--"s, "COPY"s, ""s,
                              "create table"s, "insert into"s, "\x5d"s, "\x1f\x8b"s);
        const auto cut = *rc::gen::inRange<std::size_t>(0, 6000);
        auto head = signature + *rc::gen::arbitrary<std::string>();
        head.resize(cut, 'z');
        const auto seen = class_of(std::string_view(head).substr(0, kClassifierBytes));
        RC_ASSERT(seen == ChunkClass::General || seen == ChunkClass::Database || seen == ChunkClass::Media);
        if (head.size() >= kClassifierBytes) RC_ASSERT(class_of(head + "more\0"s) == seen);
    }));
}

TEST_CASE("our own sources are general", "[classify]") {
    for (const auto name : {"chunker/classify.h", "chunker/sql_text.cpp", "CMakeLists.txt", "fuzz/fuzz_chunker.cpp"}) {
        std::ifstream file(VAULT_SOURCE_DIR "/"s + name, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        REQUIRE(!text.empty());
        CHECK(class_of(text) == ChunkClass::General);
    }
}

TEST_CASE("a classifier version that this program does not have is refused", "[classify]") {
    CHECK(kClassifierVersion == 1);
    CHECK_THROWS_AS(classify(0, {}), std::invalid_argument);
    CHECK_THROWS_AS(classify(2, {}), std::invalid_argument);
}

TEST_CASE("the classes have the numbers that stand on disk", "[classify]") {
    CHECK(static_cast<int>(ChunkClass::General) == 1);
    CHECK(static_cast<int>(ChunkClass::Database) == 2);
    CHECK(static_cast<int>(ChunkClass::Media) == 3);
    CHECK(static_cast<int>(ChunkClass::FixedGrid) == 4);
}

// What is said of an object beside its name, and before a message that may begin with the name already.
#include <catch2/catch.hpp>

#include "store/base/error.h"

using namespace vault;

TEST_CASE("context that a message begins with is not put before it again", "[base]") {
    const Error bare(ErrorKind::Corrupt, "it is cut short");
    CHECK(with_context("keys/1", bare).what() == std::string("keys/1: it is cut short"));
    CHECK(with_context("keys/1", with_context("keys/1", bare)).what() == std::string("keys/1: it is cut short"));
    CHECK(with_context("a", with_context("keys/1", bare)).what() == std::string("a: keys/1: it is cut short"));
    CHECK(with_context("keys/1", bare).kind() == ErrorKind::Corrupt);
}

TEST_CASE("a message without its context has no other name's start cut off", "[base]") {
    CHECK(without_context("keys/1", Error(ErrorKind::Io, "keys/1: keys/1: gone")) == "gone");
    CHECK(without_context("keys/1", Error(ErrorKind::Io, "keys/12: gone")) == "keys/12: gone");
    CHECK(without_context("keys/1", Error(ErrorKind::Io, "gone")) == "gone");
}

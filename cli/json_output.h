// --json: one object per line on stdout. Field names are restic's where restic has the field; docs/json/ holds the
// schema of each message type.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/output.h"
#include "store/format/cursor.h"

namespace vault {

using Json = nlohmann::ordered_json;

Json message(std::string_view message_type);  // {"message_type": …}

// object[field] = `bytes` with U+FFFD for each byte that is not UTF-8, and where they differ object[field_hex] beside
// it.
void put_name(Json& object, const std::string& field, std::string_view bytes);

// An array of ids in hexadecimal.
template <class Ids>
Json hex_list(const Ids& ids) {
    Json list = Json::array();
    for (const auto& id : ids) list.push_back(id.hex());
    return list;
}

double seconds_of(std::int64_t nanoseconds);

// The object as one line.
std::string json_line(const Json& object);
void print(Output& output, const Json& object);

}  // namespace vault

// Objects to lines.
#include "cli/json_output.h"

#include "store/base/text.h"

namespace vault {

Json message(std::string_view message_type) {
    Json object = Json::object();
    object["message_type"] = message_type;
    return object;
}

void put_name(Json& object, const std::string& field, std::string_view bytes) {
    object[field] = with_replacement(bytes);
    if (!is_utf8(bytes)) object[field + "_hex"] = to_hex(as_bytes(bytes));
}

double seconds_of(std::int64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e9;
}

std::string json_line(const Json& object) {
    // What is no UTF-8 should have gone through put_name; a message of a library must not end the program all the same.
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print(Output& output, const Json& object) {
    output.line(json_line(object));
}

}  // namespace vault

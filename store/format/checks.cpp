// What encoders and decoders of records both refuse.
#include "store/format/checks.h"

#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

void refuse(std::string_view record, std::string_view why) {
    throw Error(ErrorKind::Corrupt, std::string(record) + ": " + std::string(why));
}

bool is_record_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7F) return false;
        // U+0080 to U+009F; C2 begins nothing else with such a byte behind it.
        if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
    }
    return is_utf8(text);
}

bool is_record_text(std::string_view text, std::size_t bytes_min, std::size_t bytes_max) {
    return text.size() >= bytes_min && text.size() <= bytes_max && is_record_text(text);
}

}  // namespace vault

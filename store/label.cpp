// The one check of labels.
#include "store/label.h"

#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

void require_label(const std::string& text, const char* what) {
    std::string rest = text;
    std::erase(rest, '\\');  // escaped() would change it, and it is fine here
    if (text.empty() || text.size() > kLabelBytesMax || escaped(rest) != rest)
        throw Error(ErrorKind::Usage, std::string(what) + " takes 1 to 255 bytes of UTF-8 without control characters");
}

void require_tag(const std::string& text, const char* what) {
    require_label(text, what);
    if (text.find(',') != std::string::npos)
        throw Error(ErrorKind::Usage, std::string(what) + " takes one tag, and a tag has no comma: give the option " +
                                          "again for each");
}

}  // namespace vault

// The process that control records name, encoded. Private to store/format. docs/format.md, section 10.
#pragma once

#include "store/format/control_records.h"

namespace vault {

void check(const ProcessIdentity& process, std::string_view record);  // throws Corrupt
void encode(Writer& out, const ProcessIdentity& process);
ProcessIdentity decode_process(Cursor& in);

}  // namespace vault

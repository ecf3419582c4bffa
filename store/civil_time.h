// Times as people and JSON write them, in UTC.
#pragma once

#include <string>

#include "store/format/cursor.h"

namespace vault {

enum class RoundTo { Start, End };

// YYYY-MM-DD, YYYY-MM-DDTHH:MM, YYYY-MM-DDTHH:MM:SS[.fraction], each with Z at the end or without, and a blank for the
// T: UTC. A time given in coarser steps is the first or the last instant of what it names. Throws Usage for any other
// text or a date that does not exist.
Time parse_civil_time(const std::string& text, RoundTo round);

// RFC 3339: "2026-11-21T03:04:05.123456789Z", nine digits of fraction.
std::string rfc3339(const Time& time);

}  // namespace vault

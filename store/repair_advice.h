// What a damaged or deleted small object means for the owner of a repository, and what can be done about it.
#pragma once

#include <string>

#include "store/check.h"

namespace vault {

// For a message, after what is wrong with `object`, one of `found`. `accepted`: where it was deleted, this machine does
// not call it damage any more.
std::string advice_on(const DamagedObject& object, const CheckReport& found, bool accepted);

}  // namespace vault

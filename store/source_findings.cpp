// Paths and messages as a record takes them, within its bounds.
#include "store/source_findings.h"

#include <algorithm>

#include "store/base/text.h"
#include "store/format/limits.h"

namespace vault {

namespace {

// A message as a record takes it: what() of an Error has its names escaped already.
std::string recordable(std::string_view message) {
    constexpr std::size_t kMessageBytesMax = 1'024;
    std::string text;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\\'), message.size());
        text += escaped(message.substr(0, end));
        if (end < message.size()) text += '\\';
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    if (text.size() <= kMessageBytesMax) return text;
    std::size_t end = kMessageBytesMax;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
    return text.substr(0, end);
}

}  // namespace

bool SourceFindings::add_unreadable(const std::string& path, const std::string& message) {
    // A path too long to be recorded is cut, and counts.
    const std::string shown = path.substr(0, kManifestKeyBytesMax);
    const std::string why = recordable(message);
    const std::lock_guard lock(mutex_);
    if (shown.size() == path.size() && unreadable_.contains(path)) return false;
    ++unreadable_count_;
    if (unreadable_.size() == kUnreadableMax || unreadable_bytes_ + shown.size() + why.size() > kUnreadableBytesMax)
        return true;
    unreadable_bytes_ += shown.size() + why.size();
    unreadable_.emplace(shown, why);
    return true;
}

void SourceFindings::add_changed(const std::string& path) {
    const std::lock_guard lock(mutex_);
    has_changed_ = true;
    if (unreadable_.contains(path)) return;
    ++changed_count_;
    if (changed_.size() < kChangedNamedMax) changed_.push_back(path);
}

bool SourceFindings::has_changed() const {
    const std::lock_guard lock(mutex_);
    return has_changed_;
}

std::uint64_t SourceFindings::changed_count() const {
    const std::lock_guard lock(mutex_);
    return changed_count_;
}

std::vector<std::string> SourceFindings::changed() const {
    const std::lock_guard lock(mutex_);
    return changed_;
}

std::uint64_t SourceFindings::unreadable_count() const {
    const std::lock_guard lock(mutex_);
    return unreadable_count_;
}

std::vector<UnreadablePath> SourceFindings::unreadable() const {
    const std::lock_guard lock(mutex_);
    std::vector<UnreadablePath> all;
    for (const auto& [path, message] : unreadable_) all.push_back({path, message});
    return all;
}

}  // namespace vault

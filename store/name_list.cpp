// External merge sort of names, and a queue that overflows to a file.
#include "store/name_list.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <queue>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::size_t kReadBackBytes = 256u << 10;
constexpr const char kTemporary[] = "a temporary file of names";

// Reads 0-terminated names from a part of a file.
class RunReader {
  public:
    RunReader(int fd, std::uint64_t from, std::uint64_t to) : fd_(fd), at_(from), end_(to) {}

    bool next(std::string_view& name) {
        std::size_t zero = buffer_.find('\0', used_);
        if (zero == std::string::npos) {
            buffer_.erase(0, used_);
            used_ = 0;
            while (at_ < end_ && (zero = buffer_.find('\0')) == std::string::npos) {
                const std::size_t before = buffer_.size();
                const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBackBytes, end_ - at_));
                buffer_.resize(before + more);
                const MutableByteView into(reinterpret_cast<std::uint8_t*>(buffer_.data()) + before, more);
                if (read_up_to_at(fd_, at_, into, kTemporary) != more)
                    throw Error(ErrorKind::Io, std::string(kTemporary) + " became shorter");
                at_ += more;
            }
            if ((zero = buffer_.find('\0')) == std::string::npos) return false;
        }
        name = std::string_view(buffer_).substr(used_, zero - used_);
        used_ = zero + 1;
        return true;
    }

  private:
    int fd_;
    std::uint64_t at_, end_;
    std::string buffer_;
    std::size_t used_ = 0;
};

}  // namespace

UniqueFd unnamed_temporary_file() {
    const char* folder = std::getenv("TMPDIR");
    if (folder == nullptr || folder[0] != '/') folder = "/var/tmp";
    const int fd = ::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return UniqueFd(fd);
    std::string path = std::string(folder) + "/vault-XXXXXX";
    UniqueFd named(::mkostemp(path.data(), O_CLOEXEC));
    if (!named) throw system_error("cannot make a temporary file in " + escaped(folder), errno);
    ::unlink(path.c_str());
    return named;
}

struct SortedNames::Impl {
    struct Place {
        std::uint32_t offset, length;
    };
    struct Head {
        std::string_view name;
        std::size_t run;
        bool operator<(const Head& other) const { return name > other.name; }  // the least name on top
    };

    explicit Impl(std::size_t bytes) : memory_bytes(std::min<std::size_t>(bytes, 1u << 30)) {}

    std::string_view at(const Place& place) const { return std::string_view(text).substr(place.offset, place.length); }

    void sort_memory() {
        std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) { return at(a) < at(b); });
    }

    void spill() {
        sort_memory();
        if (!file) file = unnamed_temporary_file();
        std::string run;
        run.reserve(text.size() + places.size());
        for (const Place& place : places) {
            run += at(place);
            run += '\0';
        }
        write_all_at(file.get(), file_bytes, as_bytes(run), kTemporary);
        runs.push_back(file_bytes);
        file_bytes += run.size();
        text.clear();
        places.clear();
    }

    void advance(std::size_t run) {
        std::string_view name;
        if (readers[run].next(name)) heads.push({name, run});
    }

    std::size_t memory_bytes;
    std::string text;
    std::vector<Place> places;
    std::size_t next_place = 0;
    UniqueFd file;
    std::uint64_t file_bytes = 0;
    std::vector<std::uint64_t> runs;  // where each starts
    std::vector<RunReader> readers;
    std::priority_queue<Head> heads;
    std::optional<std::size_t> to_advance;  // the run whose name was handed out last
};

SortedNames::SortedNames(std::size_t memory_bytes) : impl_(std::make_unique<Impl>(memory_bytes)) {}
SortedNames::~SortedNames() = default;
SortedNames::SortedNames(SortedNames&&) noexcept = default;
SortedNames& SortedNames::operator=(SortedNames&&) noexcept = default;

void SortedNames::add(std::string_view name) {
    impl_->places.push_back({static_cast<std::uint32_t>(impl_->text.size()), static_cast<std::uint32_t>(name.size())});
    impl_->text += name;
    if (impl_->text.size() + impl_->places.size() * sizeof(Impl::Place) > impl_->memory_bytes) impl_->spill();
}

void SortedNames::sort() {
    if (impl_->runs.empty()) {
        impl_->sort_memory();
        return;
    }
    if (!impl_->places.empty()) impl_->spill();
    impl_->runs.push_back(impl_->file_bytes);
    for (std::size_t i = 0; i + 1 < impl_->runs.size(); ++i)
        impl_->readers.emplace_back(impl_->file.get(), impl_->runs[i], impl_->runs[i + 1]);
    for (std::size_t i = 0; i < impl_->readers.size(); ++i) impl_->advance(i);
}

bool SortedNames::next(std::string_view& name) {
    if (impl_->readers.empty()) {
        if (impl_->next_place == impl_->places.size()) return false;
        name = impl_->at(impl_->places[impl_->next_place++]);
        return true;
    }
    if (impl_->to_advance) impl_->advance(*impl_->to_advance);
    impl_->to_advance.reset();
    if (impl_->heads.empty()) return false;
    name = impl_->heads.top().name;
    impl_->to_advance = impl_->heads.top().run;
    impl_->heads.pop();
    return true;
}

bool SortedNames::spilled() const { return !impl_->runs.empty(); }

void NameQueue::push(std::string_view name) {
    tail_ += name;
    tail_ += '\0';
    if (tail_.size() > memory_bytes_) spill();
}

void NameQueue::spill() {
    if (!file_) file_ = unnamed_temporary_file();
    const ByteView unread = as_bytes(tail_).subspan(tail_at_);
    write_all_at(file_.get(), file_bytes_, unread, kTemporary);
    file_bytes_ += unread.size();
    tail_.clear();
    tail_at_ = 0;
}

bool NameQueue::pop(std::string& name) {
    for (;;) {
        const std::size_t zero = head_.find('\0', head_at_);
        if (zero != std::string::npos) {
            name.assign(head_, head_at_, zero - head_at_);
            head_at_ = zero + 1;
            return true;
        }
        if (file_at_ == file_bytes_) break;
        head_.erase(0, head_at_);
        head_at_ = 0;
        const std::size_t before = head_.size();
        const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBackBytes, file_bytes_ - file_at_));
        head_.resize(before + more);
        const MutableByteView into(reinterpret_cast<std::uint8_t*>(head_.data()) + before, more);
        if (read_up_to_at(file_.get(), file_at_, into, kTemporary) != more)
            throw Error(ErrorKind::Io, std::string(kTemporary) + " became shorter");
        file_at_ += more;
    }
    if (tail_at_ == tail_.size()) return false;
    const std::size_t zero = tail_.find('\0', tail_at_);
    name.assign(tail_, tail_at_, zero - tail_at_);
    tail_at_ = zero + 1;
    if (tail_at_ == tail_.size()) {
        tail_.clear();
        tail_at_ = 0;
    }
    return true;
}

}  // namespace vault

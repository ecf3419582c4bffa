// The bytes of a pack, in their order.
#include "store/open_pack.h"

#include <algorithm>

#include "store/format/limits.h"
#include "store/seal/object.h"

namespace vault {

OpenPack::OpenPack(Backend& backend, const Keys& keys, const SessionId& session, ChunkKind content)
    : keys_(keys), object_(backend.begin_object(session.hex())), generation_(keys.newest_generation()) {
    fill_random(salt_.bytes);
    directory_.session = session;
    directory_.content = content;
    const Bytes header = pack_header(generation_, salt_);
    std::copy(header.begin(), header.end(), header_.begin());
    write(header);
}

bool OpenPack::has_room_for(const DirectoryBox& box, std::uint64_t bytes_max) const {
    const std::uint64_t directory = directory_bytes_ + encoded_bytes(box) + kSealOverheadBytes;
    return chunks_ + box.chunks.size() <= kPackChunksMax && plain_bytes_ + box.plain_bytes() <= kPackPlainBytesMax &&
           directory_.boxes.size() < kPackBoxesMax &&
           offset_ + box.sealed_bytes + directory + kPackTrailerBytes <= bytes_max;
}

void OpenPack::append(ByteView sealed, DirectoryBox box) {
    write(sealed);
    chunks_ += box.chunks.size();
    plain_bytes_ += box.plain_bytes();
    directory_bytes_ += encoded_bytes(box);
    directory_.boxes.push_back(std::move(box));
}

ClosedPack OpenPack::close() {
    ClosedPack closed;
    closed.directory_record = encode(directory_);
    const Bytes sealed_directory = seal_pack_directory(keys_, generation_, salt_, closed.directory_record);
    PackTrailer trailer;
    trailer.boxes_end = offset_;
    trailer.directory_sealed_bytes = static_cast<std::uint32_t>(sealed_directory.size());
    const std::uint64_t unpadded = offset_ + sealed_directory.size() + kPackTrailerBytes;
    const std::uint64_t padding = padme_bytes(unpadded) - unpadded;
    trailer.directory_offset = offset_ + padding;
    if (padding > 0) write(keys_.pack_padding(generation_, salt_, padding));
    write(sealed_directory);
    write(seal_pack_trailer(keys_, generation_, salt_, trailer));
    closed.pack = {PackId::from(hash_.finish()), offset_, std::move(directory_)};
    closed.header = header_;
    closed.object = std::move(object_);
    return closed;
}

void OpenPack::write(ByteView bytes) {
    object_->append(bytes);
    hash_.add(bytes);
    offset_ += bytes.size();
}

}  // namespace vault

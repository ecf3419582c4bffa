// Subkeys by their numbers, and what each one seals or hashes.
#include "store/seal/keys.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <stdexcept>

#include "store/seal/blake2b_lanes.h"
#include "store/seal/sealing.h"

namespace vault {

namespace {

// docs/format.md 4.2; never renumber.
enum : std::uint64_t {
    kDataBoxKey = 1, kTreeBoxKey = 2, kControlKey = 3, kNonceHedgeKey = 4, kPaddingKey = 5,  // of a master key
    kDataIdKey = 16, kTreeIdKey = 17, kGearKey = 18, kBoundaryKey = 19,                      // of the id root
};

constexpr std::size_t kGearStreamBytes = 1'600;

// A lane alone hashes at about half the speed of the plain function, so lanes pay from three equal messages on.
constexpr std::size_t kLanesWorthUsing = 3;

}  // namespace

struct Keys::Generation {
    explicit Generation(ByteView master)
        : data_boxes(derive_key(master, kDataBoxKey)),
          tree_boxes(derive_key(master, kTreeBoxKey)),
          control(derive_key(master, kControlKey)),
          padding(derive_key(master, kPaddingKey)),
          nonces(derive_key(master, kNonceHedgeKey)) {}

    ByteView key_for(const SealContext& context) const {
        switch (context.domain) {
            case Domain::BoxData: return data_boxes.view();
            case Domain::BoxTree: return tree_boxes.view();
            case Domain::Directory:
            case Domain::Trailer: return control.view();
            case Domain::Object:
                if (context.envelope.wrap() == KeyWrap::MasterKey) return control.view();
                break;
            case Domain::Slot: break;
        }
        throw std::logic_error("not sealed under a master key");
    }

    Secret data_boxes, tree_boxes, control, padding;
    NonceHedge nonces;
};

Keys::Keys(const KeyringRecord& keyring)
    : repository_(keyring.repository), gear_key_(derive_key(keyring.id_root, kGearKey)) {
    for (const KeyringRecord::MasterKey& master : keyring.master_keys) {
        generations_.emplace(master.number, std::make_unique<Generation>(master.key));
        newest_generation_ = std::max(newest_generation_, master.number);
    }
    if (generations_.empty()) throw Error(ErrorKind::Corrupt, "a keyring without a master key");
    data_id_key_ = derive_key(keyring.id_root, kDataIdKey);
    tree_id_key_ = derive_key(keyring.id_root, kTreeIdKey);
    data_ids_.emplace(data_id_key_.view(), ChunkId::kBytes);
    tree_ids_.emplace(tree_id_key_.view(), ChunkId::kBytes);
    boundaries_.emplace(derive_key(keyring.id_root, kBoundaryKey).view(), sizeof(std::uint64_t));
}

Keys::~Keys() = default;

const Keys::Generation& Keys::generation(std::uint32_t number, std::string_view what) const {
    const auto found = generations_.find(number);
    if (found == generations_.end())
        throw Error(ErrorKind::Unsupported, std::string(what) + ": sealed under master key " + std::to_string(number) +
                                                ", which the keyring lacks");
    return *found->second;
}

ChunkId Keys::chunk_id(ChunkKind kind, ByteView plaintext) const {
    ChunkId id;
    (*(kind == ChunkKind::Data ? data_ids_ : tree_ids_))({plaintext}, id.bytes);
    return id;
}

void Keys::chunk_ids(ChunkKind kind, std::span<const ByteView> plaintexts, std::span<ChunkId> ids) const {
    assert(plaintexts.size() == ids.size());
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // The longest first: then all lanes end at about the same time.
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return plaintexts[a].size() > plaintexts[b].size(); });
    std::size_t rest_bytes = 0, next = 0;
    for (const ByteView& plaintext : plaintexts) rest_bytes += plaintext.size();
    // One that would outlast all others in its lane is quicker by itself.
    for (; next < order.size() && (lane_width() == LaneWidth::None ||
                                   plaintexts[order[next]].size() * kLanesWorthUsing > rest_bytes);
         ++next) {
        ids[order[next]] = chunk_id(kind, plaintexts[order[next]]);
        rest_bytes -= plaintexts[order[next]].size();
    }
    if (next == order.size()) return;
    std::vector<ByteView> messages;
    for (std::size_t i = next; i < order.size(); ++i) messages.push_back(plaintexts[order[i]]);
    std::vector<Blake2b256> hashes(messages.size());
    blake2b_256_lanes((kind == ChunkKind::Data ? data_id_key_ : tree_id_key_).view(), messages, hashes, lane_width());
    for (std::size_t i = 0; i < hashes.size(); ++i) ids[order[next + i]].bytes = hashes[i];
}

std::uint64_t Keys::boundary_hash(std::uint8_t level, ByteView item) const {
    std::array<std::uint8_t, sizeof(std::uint64_t)> hash;
    (*boundaries_)({{&level, 1}, item}, hash);
    std::uint64_t number = 0;
    for (std::size_t i = hash.size(); i-- > 0;) number = number << 8 | hash[i];
    return number;
}

Bytes Keys::gear_stream() const {
    Bytes stream(kGearStreamBytes);
    chacha20_stream(gear_key_.view(), stream);
    return stream;
}

Bytes Keys::pack_padding(std::uint32_t generation_number, const PackSalt& salt, std::size_t bytes) const {
    Secret key(32);
    blake2b(generation(generation_number, "padding").padding.view(), {salt.view()}, key.mutable_view());
    Bytes padding(bytes);
    chacha20_stream(key.view(), padding);
    return padding;
}

Bytes Keys::seal(const SealContext& context, ByteView frame) const {
    const Generation& keys = generation(context.envelope.generation, "sealing");
    return seal_with(keys.key_for(context), keys.nonces, context, frame);
}

Bytes Keys::open(const SealContext& context, ByteView sealed, std::string_view what) const {
    const Generation& keys = generation(context.envelope.generation, what);
    std::optional<Bytes> frame = open_with(keys.key_for(context), context, sealed);
    if (!frame) throw Error(ErrorKind::Corrupt, std::string(what) + ": damaged or forged: its seal does not verify");
    return std::move(*frame);
}

}  // namespace vault

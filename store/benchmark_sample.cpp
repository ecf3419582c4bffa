// Text from a vocabulary, random bytes, and what the snapshot's own parts make of them.
#include "store/benchmark_sample.h"

#include <algorithm>
#include <random>
#include <string>

#include "store/backend/object_names.h"
#include "store/box_gatherer.h"
#include "store/seal/object.h"

namespace vault {

namespace {

constexpr std::size_t kWords = 4096;
constexpr std::size_t kWordsOfLine = 9;
constexpr std::size_t kRepeatedPhrases = 6;  // one step in so many repeats what stands up to kPhraseReach before
constexpr std::size_t kPhraseBytesMax = 120;
constexpr std::size_t kPhraseReach = 100'000;
constexpr std::size_t kChunksOfPack = 1024;  // 64 MiB of them
constexpr std::size_t kChunksOfBox = kBoxBytes / kGeneralAverageBytes;

std::vector<std::string> vocabulary(std::mt19937_64& random) {
    std::vector<std::string> words(kWords);
    for (std::string& word : words) {
        word.resize(2 + random() % 9);
        for (char& letter : word) letter = static_cast<char>('a' + random() % 26);
    }
    return words;
}

PackDirectory sample_directory(std::span<const ChunkId> ids) {
    PackDirectory directory;
    directory.session.bytes.fill(1);
    for (std::size_t at = 0; at < ids.size(); at += kChunksOfBox) {
        DirectoryBox box;
        for (const ChunkId& id : ids.subspan(at, std::min(kChunksOfBox, ids.size() - at)))
            box.chunks.push_back({id, kGeneralAverageBytes});
        box.codec = Codec::Zstd;
        box.sealed_bytes = static_cast<std::uint32_t>(box.plain_bytes() / 3);
        directory.boxes.push_back(std::move(box));
    }
    return directory;
}

}  // namespace

Bytes sample_text(std::size_t bytes, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const std::vector<std::string> words = vocabulary(random);
    Bytes text;
    text.reserve(bytes + 2 * kPhraseBytesMax);
    for (std::size_t count = 0; text.size() < bytes; ++count) {
        const std::uint64_t dice = random();
        if (dice % kRepeatedPhrases == 0 && text.size() > kPhraseReach) {
            const std::size_t back = kPhraseBytesMax + (dice >> 8) % (kPhraseReach - kPhraseBytesMax);
            const std::size_t length = 16 + (dice >> 40) % (kPhraseBytesMax - 16);
            for (std::size_t i = 0; i < length; ++i) text.push_back(text[text.size() - back]);
            continue;
        }
        // Of four words the one that stands first: common words are common, as in any language.
        std::size_t word = kWords;
        for (unsigned shift = 0; shift < 48; shift += 12) word = std::min<std::size_t>(word, dice >> shift & 4095);
        append(text, as_bytes(words[word]));
        if (dice >> 60 == 0) append(text, as_bytes(std::to_string(dice >> 48 & 4095)));
        text.push_back(count % kWordsOfLine == 0 ? '\n' : ' ');
    }
    text.resize(bytes);
    return text;
}

Bytes sample_random(std::size_t bytes) {
    Bytes random(bytes);
    fill_random(random);
    return random;
}

std::unique_ptr<Keys> sample_keys() {
    KeyringRecord keyring;
    const KeyringWipedAtEnd wiped(keyring);
    fill_random(keyring.repository.bytes);
    fill_random(keyring.id_root);
    keyring.master_keys.resize(1);
    keyring.master_keys[0].number = 1;
    fill_random(keyring.master_keys[0].key);
    return std::make_unique<Keys>(keyring);
}

GearTable gear_of(const Keys& keys) {
    return GearTable(std::span<const std::uint8_t, kGearStreamBytes>(keys.gear_stream()));
}

std::vector<BoxJob> sample_boxes(const Keys& keys, ByteView content) {
    const GearTable gear = gear_of(keys);
    Chunker chunker(gear, chunk_sizes(kGeneralAverageBytes));
    std::vector<ByteView> chunks;
    ByteView rest = content;
    for (CutSearch found; (found = chunker.next(rest, Input::End)).cut; rest = rest.subspan(found.consumed))
        chunks.push_back(rest.first(found.consumed));
    std::vector<ChunkId> ids(chunks.size());
    keys.chunk_ids(ChunkKind::Data, chunks, ids);
    BoxGatherer gatherer;
    for (std::size_t i = 0; i < chunks.size(); ++i) gatherer.add(BoxSort::General, ids[i], chunks[i]);
    gatherer.close_all();
    return gatherer.take_closed();
}

SampleIndex::SampleIndex(const std::filesystem::path& folder, const Keys& keys, Backend& backend, std::size_t chunks,
                         IndexBudget budget)
    : ids_(random_ids(chunks)) {
    std::vector<NewPack> packs;
    std::vector<ObjectInfo> listing;
    for (std::size_t at = 0; at < ids_.size(); at += kChunksOfPack) {
        NewPack pack;
        pack.directory = sample_directory(std::span(ids_).subspan(at, std::min(kChunksOfPack, ids_.size() - at)));
        fill_random(pack.id.bytes);
        pack.bytes = padme_bytes(pack.directory.boxes_end() + kPackTrailerBytes);
        listing.push_back({pack_name(pack.id), pack.bytes, 0});
        packs.push_back(std::move(pack));
    }
    std::ranges::sort(listing, {}, &ObjectInfo::name);
    IndexSyncReport report;
    index_ = Index::open(folder, keys, backend, {}, budget, report);
    index_->add(std::move(packs), {});
    view_ = index_->numbers_of(listing);
}

std::size_t SampleIndex::count_found(std::span<const ChunkId> ids) const {
    const auto places = index_->find(ids, view_);
    return static_cast<std::size_t>(std::ranges::count_if(places, [](const auto& place) { return place.has_value(); }));
}

std::vector<ChunkId> random_ids(std::size_t count) {
    const Bytes random = sample_random(count * ChunkId::kBytes);  // one call of the kernel's source for each is slow
    std::vector<ChunkId> ids;
    ids.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(ChunkId::from(ByteView(random).subspan(i * ChunkId::kBytes, ChunkId::kBytes)));
    return ids;
}

}  // namespace vault

// Entries and extents as items of leaves. Where nodes end is the business of tree_levels.
#include "store/tree_builder.h"

#include <limits>

#include "store/base/text.h"
#include "store/format/entry_totals.h"
#include "store/format/limits.h"
#include "store/tree_levels.h"

namespace vault {

namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::Corrupt, "tree: " + why);
}

}  // namespace

struct ManifestBuilder::Impl {
    Impl(NodeSink& sink, NodeShape shape) : levels(sink, TreeKind::Manifest, shape) {}
    TreeLevels levels;
    std::optional<std::string> last_key;
};

ManifestBuilder::ManifestBuilder(NodeSink& sink, NodeShape shape) : impl_(std::make_unique<Impl>(sink, shape)) {}
ManifestBuilder::~ManifestBuilder() = default;

void ManifestBuilder::add(std::string_view key, ByteView entry) {
    if (key.size() > kManifestKeyBytesMax) refuse("a key above 16 KiB");
    if (entry.size() > kEntryBytesMax) refuse("an entry above 32 KiB: " + escaped(key));
    if (!impl_->last_key) {
        impl_->last_key.emplace();
    } else if (key <= *impl_->last_key) {
        refuse("keys that do not ascend: " + escaped(key) + " after " + escaped(*impl_->last_key));
    }
    impl_->last_key->assign(key);
    impl_->levels.add_leaf({key, entry, totals_of_record(entry)});
}

BuiltTree ManifestBuilder::finish() {
    return impl_->levels.finish();
}

struct ExtentsBuilder::Impl {
    Impl(NodeSink& sink, NodeShape shape) : levels(sink, TreeKind::Extents, shape) {}

    void add_run() {
        if (run_repeat == 0) return;
        Writer value;
        encode(value, run);
        levels.add_leaf({{}, value.view(), totals_of(run), run_repeat});
    }

    TreeLevels levels;
    Extent run;                    // the last extent: equal ones and holes may follow
    std::uint64_t run_repeat = 0;  // 0: none yet
    std::uint64_t bytes = 0;
};

ExtentsBuilder::ExtentsBuilder(NodeSink& sink, NodeShape shape) : impl_(std::make_unique<Impl>(sink, shape)) {}
ExtentsBuilder::~ExtentsBuilder() = default;

void ExtentsBuilder::add(const Extent& extent, std::uint64_t repeat) {
    Impl& my = *impl_;
    if (extent.length == 0 || repeat == 0) refuse("an extent of no bytes");
    if (extent.chunk && extent.length > kChunkBytesMax) refuse("a chunk above 16 MiB");
    if (extent.length > (kFileBytesMax - my.bytes) / repeat) refuse("a content above 2^63 - 1 bytes");
    my.bytes += extent.length * repeat;

    const bool goes_on = my.run_repeat != 0 && (extent.chunk ? extent == my.run : !my.run.chunk);
    if (!goes_on) {
        my.add_run();
        my.run = {extent.length, extent.chunk};
        my.run_repeat = 0;
    }
    if (extent.chunk) {
        my.run_repeat += repeat;
    } else {
        my.run.length = (goes_on ? my.run.length : 0) + extent.length * repeat;
        my.run_repeat = 1;
    }
}

BuiltTree ExtentsBuilder::finish() {
    impl_->add_run();
    impl_->run_repeat = 0;
    return impl_->levels.finish();
}

}  // namespace vault

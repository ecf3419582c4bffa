// Attribute sets, inline and as chunks.
#include "store/format/checks.h"
#include "store/format/entry.h"
#include "store/format/entry_parts.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::string_view kWhat = "attribute set";
constexpr std::size_t kAttributeBytesMin = 1 + 1 + 1;

}  // namespace

std::size_t encoded_bytes(const AttributeSet& set) {
    std::size_t bytes = varint_bytes(set.size());
    for (const Attribute& one : set)
        bytes += varint_bytes(one.name.size()) + one.name.size() + varint_bytes(one.value.size()) + one.value.size();
    return bytes;
}

void check(const AttributeSet& set) {
    require(!set.empty() && set.size() <= kAttributesMax, kWhat, "no attribute, or too many");
    for (const Attribute& one : set) {
        require(!one.name.empty() && one.name.size() <= kNameBytesMax && one.name.find('\0') == std::string::npos,
                kWhat, "a name that is empty, too long or has a zero byte");
        require(one.value.size() <= kAttributeValueBytesMax, kWhat, "a value above 64 KiB");
    }
    require(strictly_ascending(set, [](const Attribute& one) { return std::string_view(one.name); }), kWhat,
            "names that do not ascend");
}

void encode(Writer& out, const AttributeSet& set) {
    out.varint(set.size());
    for (const Attribute& one : set) out.text(one.name).bytes(one.value);
}

Bytes encode_attribute_set(const AttributeSet& set) {
    check(set);
    Writer out(encoded_bytes(set));
    encode(out, set);
    return out.take();
}

AttributeSet decode_attribute_set(Cursor& in) {
    AttributeSet set(in.count(kAttributesMax, kAttributeBytesMin, "attributes"));
    for (Attribute& one : set) {
        one.name = in.byte_string(kNameBytesMax, "name of an attribute");
        one.value = to_bytes(in.bytes(kAttributeValueBytesMax, "value of an attribute"));
    }
    check(set);
    return set;
}

Bytes encode(const AttributesRecord& record) {
    check(record.set);
    Writer out(encoded_bytes(record.set) + 1);
    encode(out, record.set);
    out.extensions(record.extensions);
    require(out.size() <= kAttributeSetBytesMax, kWhat, "above 1088 KiB");
    return out.take();
}

AttributesRecord decode_attributes_record(ByteView plaintext) {
    Cursor in(plaintext, kWhat);
    if (plaintext.size() > kAttributeSetBytesMax) in.corrupt("above 1088 KiB");
    AttributesRecord record;
    record.set = decode_attribute_set(in);
    record.extensions = in.extensions();
    in.expect_end();
    return record;
}

Bytes encode_attribute_chunk(const AttributeSet& set) {
    return encode(AttributesRecord{set, {}});
}

AttributeSet decode_attribute_chunk(ByteView plaintext) {
    return decode_attributes_record(plaintext).set;
}

AttributeSet decode_attributes(const AttributesChunk& stored, ByteView plaintext) {
    require(plaintext.size() == stored.length, kWhat, "not as long as its entry says");
    return decode_attribute_chunk(plaintext);
}

}  // namespace vault

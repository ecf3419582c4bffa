"""Computes the golden roots of tests/unit/tree_builder_test.cpp from docs/format.md alone (8.3, 8.4, 8.6).

Prints the manifest's root and the extents' root, each with its level. Shares no code with the builder.
"""
import hashlib
import struct

ID_KEY, BOUNDARY_KEY = b"\x11" * 32, b"\x22" * 32
AVERAGE, ITEMS_MIN, WEIGHT_MAX = 32_768, 4, 262_144
MANIFEST, EXTENTS = 1, 2


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def with_length(content):
    return varint(len(content)) + content


def fifo_or_directory(kind, mode, size, allocated):
    """An entry of root without names, times or attributes."""
    head = bytes([kind]) + varint(0) + varint(mode) + varint(0) + varint(0) + with_length(b"") + with_length(b"")
    times = struct.pack("<qI", 0, 0) * 2
    return head + times + varint(0) + varint(1) + varint(size) + varint(allocated) + varint(0) + b"\0\0" + b"\0"


def extent(number, length):
    if number is None:
        return b"\0" + varint(length)
    return b"\1" + varint(length) + number.to_bytes(32, "little")


def encode_node(tree, level, items):
    out, previous = bytes([tree, level]) + varint(len(items)), b""
    for key, value, repeat, _ in items:
        if tree == EXTENTS:
            out += varint(repeat) + value
            continue
        shared = 0
        while shared < min(len(key), len(previous)) and key[shared] == previous[shared]:
            shared += 1
        out += varint(shared) + with_length(key[shared:]) + (with_length(value) if level == 0 else value)
        previous = key
    return out + varint(0)


def split(tree, level, items):
    """Items are (key, value, repeat, totals of one)."""
    nodes, weight = [[]], 0
    for item in items:
        more = len(item[0]) + len(item[1])
        if nodes[-1] and weight + more > WEIGHT_MAX:
            nodes.append([])
            weight = 0
        nodes[-1].append(item)
        weight += more
        hashed = item[0] if tree == MANIFEST else item[1]
        digest = hashlib.blake2b(bytes([level]) + hashed, digest_size=8, key=BOUNDARY_KEY).digest()
        meets = int.from_bytes(digest, "little") < 2**64 * more // AVERAGE
        if len(nodes[-1]) >= ITEMS_MIN and weight >= AVERAGE / 4 and meets:
            nodes.append([])
            weight = 0
    return [node for node in nodes if node]


def root_of(tree, items):
    level = 0
    while True:
        above = []
        nodes = split(tree, level, items)
        for node in nodes:
            name = hashlib.blake2b(encode_node(tree, level, node), digest_size=32, key=ID_KEY).digest()
            sums = [sum(item[3][field] * item[2] for item in node) for field in range(4)]
            value = name + b"".join(varint(number) for number in sums)
            if tree == EXTENTS and above and above[-1][1] == value:
                above[-1] = (b"", value, above[-1][2] + 1, sums)
            else:
                above.append((node[-1][0], value, 1, sums))
        if len(nodes) == 1:
            return above[0][1][:32].hex(), level
        items, level = above, level + 1


def manifest_items():
    yield b"", fifo_or_directory(2, 0o755, 0, 0), 1, (1, 0, 0, 0)
    for i in range(20_000):
        yield b"\0%d" % (100_000 + i), fifo_or_directory(6, 0o755, i, i * 512), 1, (1, 0, i, i * 512)


def extents_items():
    """Runs of equal extents, as the test adds them one by one."""
    runs = []
    for i in range(60_000):
        added = [(extent(None, 4_096 + i), 1, (1, 0, 4_096 + i, 0))] if i % 1_000 == 0 else []
        number = i if i < 30_000 else i % 5
        added.append((extent(number, 10_000), 3 if i % 7 == 0 else 1, (1, 0, 10_000, 10_000)))
        for value, repeat, totals in added:
            if runs and runs[-1][1] == value:
                runs[-1] = (b"", value, runs[-1][2] + repeat, totals)
            else:
                runs.append((b"", value, repeat, totals))
    return runs


if __name__ == "__main__":
    print("manifest %s level %d" % root_of(MANIFEST, manifest_items()))
    print("extents %s level %d" % root_of(EXTENTS, extents_items()))

#!/usr/bin/env python3
# Makes a golden repository: a small tree of every kind of entry in two snapshots, and beside it what a restore of each must give.
# Run once for each released format (as root): make_golden.py VAULT FOLDER. What it made is never made again.
import hashlib
import json
import os
import random
import stat
import subprocess
import sys
import tempfile

PASSWORD = "golden"


def described(root):
    """Every entry below root, by path: what a restore with --as-is gives back, in values that do not depend on the machine."""
    entries = {}
    for parent, folders, files in os.walk(root):
        for name in sorted(folders + files):
            path = os.path.join(parent, name)
            found = os.lstat(path)
            entry = {"type": stat.S_IFMT(found.st_mode), "mode": stat.S_IMODE(found.st_mode), "uid": found.st_uid,
                     "gid": found.st_gid, "mtime_ns": found.st_mtime_ns}  # fmt: skip
            if stat.S_ISREG(found.st_mode):
                with open(path, "rb") as file:
                    entry["sha256"] = hashlib.sha256(file.read()).hexdigest()
                entry["size"], entry["links"] = found.st_size, found.st_nlink
            if stat.S_ISLNK(found.st_mode):
                entry["target"] = os.readlink(path)
            if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
                entry["device"] = [os.major(found.st_rdev), os.minor(found.st_rdev)]
            attributes = {n: os.getxattr(path, n, follow_symlinks=False).hex() for n in os.listxattr(path, follow_symlinks=False)}
            if attributes:
                entry["attributes"] = attributes
            entries[os.fsencode(os.path.relpath(path, root)).hex()] = entry
    return entries


def write(path, contents):
    with open(path, "wb") as file:
        file.write(contents)


def make_tree(root):
    generator = random.Random(1)
    os.makedirs(root + "/folder/below", mode=0o750)
    write(root + "/empty", b"")
    write(root + "/inline", b"a content of at most 256 bytes stands in the entry itself\n")
    write(root + "/text", b"".join(b"line %d of a text that compresses\n" % n for n in range(4000)))
    write(root + "/random", generator.randbytes(150_000))
    rows = "".join(f"INSERT INTO t VALUES ({n}, '{generator.randbytes(24).hex()}');\n" for n in range(4000))
    write(root + "/dump.sql", b"-- PostgreSQL database dump\n\nCREATE TABLE t (id integer, payload text);\n" + rows.encode())
    write(root + "/picture.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + generator.randbytes(40_000))
    with open(root + "/sparse", "wb") as file:
        file.truncate(8 << 20)
        file.seek(1 << 20)
        file.write(b"in the middle of holes" * 400)
    os.link(root + "/text", root + "/folder/hard-link")
    os.symlink("../text", root + "/folder/symlink")
    os.mkfifo(root + "/folder/fifo", 0o640)
    os.mknod(root + "/folder/device", stat.S_IFCHR | 0o620, os.makedev(1, 7))
    write(os.fsencode(root) + b"/folder/odd \n \xff name", b"any byte but 0 and /")
    write(root + "/folder/below/" + "n" * 255, b"a long name")
    os.setxattr(root + "/inline", "user.small", b"value")
    os.setxattr(root + "/random", "user.large", generator.randbytes(2000))
    os.chmod(root + "/random", 0o4755)
    os.chown(root + "/folder/below", 1234, 4321)
    for parent, folders, files in os.walk(root, topdown=False):
        for name in folders + files:
            os.utime(os.path.join(parent, name), ns=(0, generator.randrange(10**18, 17 * 10**17)), follow_symlinks=False)
    os.utime(root, ns=(0, 1_700_000_000_123_456_789))


def main():
    vault, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as work:
        tree = work + "/tree"
        make_tree(tree)
        environment = {**os.environ, "HOME": work, "XDG_STATE_HOME": work + "/state", "VAULT_CACHE_DIR": work + "/cache",
                       "VAULT_REPOSITORY": folder + "/repository", "VAULT_PASSWORD": PASSWORD}  # fmt: skip

        def run(*arguments):
            done = subprocess.run([vault, "--json", *arguments], env=environment, stdout=subprocess.PIPE, check=True)
            return json.loads(done.stdout.splitlines()[-1])

        made = run("init")
        expected = {"password": PASSWORD, "recovery_key": made["recovery_key"], "snapshots": {}}
        settings = ["--as", "/golden", "--host", "golden.example", "--series", "golden"]
        for number in (1, 2):
            if number == 2:
                with open(tree + "/dump.sql", "r+b") as file:
                    file.seek(50_000)
                    file.write(b"-- changed in between\n")
                os.unlink(tree + "/picture.jpg")
                write(tree + "/folder/new", b"only in the second snapshot\n" * 100)
                os.utime(tree + "/folder/new", ns=(0, 1_600_000_000_000_000_001))
            summary = run("snapshot", tree, *settings, "--time", f"2026-01-0{number}T00:00:00Z", "--tag", f"tag-{number}")
            expected["snapshots"][summary["snapshot_id"]] = described(tree)
        with open(folder + "/expected.json", "w", encoding="utf-8") as file:
            json.dump(expected, file, indent=1, sort_keys=True)
            file.write("\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# The figures of the mount, each beside what it is compared with in the same run. Root, /dev/fuse, and room for twice
# TREE and 3 GiB in the folder that it works in (an ext4: creating files costs many times more on some others).
#
#   mount_bench.py VAULT TREE FOLDER      TREE: what is copied and walked, such as a kernel's source
import contextlib
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

DATABASE_MIB = 1_200
READS = 10_000
PAGE = 4_096


class Bench:
    def __init__(self, vault, folder):
        self.vault, self.folder = vault, folder
        self.point = self.path("mnt")
        self.environment = {**os.environ, "VAULT_REPOSITORY": self.path("repository"), "VAULT_PASSWORD": "bench",
                            "VAULT_CACHE_DIR": self.path("cache"), "XDG_STATE_HOME": self.path("state")}

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, **named):
        named = {"env": self.environment, "stdout": subprocess.DEVNULL, "check": True, **named}
        return subprocess.run(words, **named)

    def seconds(self, *words):
        started = time.monotonic()
        self.run(*words)
        return time.monotonic() - started

    @contextlib.contextmanager
    def mounted(self):
        """A new daemon, so vault's own caches are empty; the page cache stays warm. Gives the newest snapshot."""
        self.run(self.vault, "mount", self.point)
        try:
            yield os.path.realpath(self.point + "/latest")
            print(f"{'':36}largest resident memory of the daemon: {self.peak_mib()} MiB")
        finally:
            self.run(self.vault, "umount", self.point)

    def peak_mib(self):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                if words[:3] == [os.fsencode(self.vault), b"mount", os.fsencode(self.point)]:
                    with open(f"/proc/{name}/status", encoding="utf-8") as file:
                        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))
        raise LookupError("no daemon serves " + self.point)


def show(name, value, base=None, unit="s"):
    ratio = f"   {value / base:5.2f}x" if base else ""
    print(f"{name:36}{value:9.2f} {unit}{ratio}", flush=True)


def bench_tree(bench, tree):
    live, copy = bench.path("live"), bench.path("copy")
    bench.run("cp", "-a", tree, live)
    bench.run(bench.vault, "snapshot", live)
    find = ("-printf", "%p %s %T@\n")
    bench.run("find", live, *find)
    base = bench.seconds("find", live, *find)
    show("find, ext4", base)
    with bench.mounted() as root:
        started = time.monotonic()
        os.listdir(root + live)
        show("first ls in the snapshot", (time.monotonic() - started) * 1000, unit="ms")
        show("find, mount, first time", bench.seconds("find", root + live, *find), base)
        show("find, mount, second time", bench.seconds("find", root + live, *find), base)
    base = bench.seconds("cp", "-a", live, copy)
    show("cp -a, ext4", base)
    shutil.rmtree(copy)
    os.sync()
    with bench.mounted() as root:
        show("cp -a, mount", bench.seconds("cp", "-a", root + live, copy), base)
    shutil.rmtree(copy)
    shutil.rmtree(live)


def make_database(path):
    """A file that is cut as a database is, and compresses by half."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table t (a)")
    with open(path, "ab") as file:
        for _ in range(DATABASE_MIB):
            file.write(os.urandom(1 << 19).hex().encode())


def bench_file(bench):
    os.mkdir(bench.path("big"))
    path = bench.path("big/base.db")
    make_database(path)
    bench.run(bench.vault, "snapshot", path)
    base = bench.seconds(bench.vault, "cat", "latest:" + path)
    show("vault cat of 1.2 GiB", base)
    with bench.mounted() as root:
        show("cat from the mount", bench.seconds("cat", root + path), base)
    with bench.mounted() as root:
        fd = os.open(root + path, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
        places = random.Random(1).sample(range(os.fstat(fd).st_size // PAGE), READS)
        times = []
        for place in places:
            started = time.perf_counter()
            if len(os.pread(fd, PAGE, place * PAGE)) != PAGE:
                raise RuntimeError("a short read")
            times.append((time.perf_counter() - started) * 1e6)
        os.close(fd)
        times.sort()
        show(f"{READS:,} random reads of 4 KiB, p50", statistics.median(times), unit="us")
        show("p99", times[len(times) * 99 // 100], unit="us")


def main():
    vault, tree, folder = (os.path.abspath(word) for word in sys.argv[1:4])
    bench = Bench(vault, os.path.join(folder, "mount-bench"))
    os.makedirs(bench.point)
    try:
        bench.run(vault, "init")
        bench_tree(bench, tree)
        bench_file(bench)
        print("load average:", *os.getloadavg())
    finally:
        subprocess.run(["umount", "-l", bench.point], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(bench.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

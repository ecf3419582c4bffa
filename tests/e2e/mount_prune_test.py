#!/usr/bin/env python3
# vault forget and prune beside a mount that is being read: what is kept stays readable wherever prune moves it, what is
# forgotten is right bytes, ESTALE or EIO, and the daemon lives on.
import errno
import hashlib
import os
import random
import subprocess
import threading
import unittest

import vault_case as v
from mount_case import MountCase, cat

ROUNDS = 40 if v.SOAK else 4
READERS = 3
FILES = 60


def drop_caches():
    """So that reads reach the daemon and not what the kernel keeps."""
    subprocess.run(["sh", "-c", "echo 3 > /proc/sys/vm/drop_caches"], check=True)


class MountPrune(MountCase):
    def take(self, generator):
        """A snapshot of which half differs from the last, so that packs are dead in part; (name in the mount,
        {path in the snapshot: digest})."""
        for number in generator.sample(range(FILES), FILES // 2):
            size = generator.choice([300, 20_000, 150_000, 700_000])
            self.file(f"source/{number % 4}/f{number:02}", generator.randbytes(size))
        sid = self.snapshot(self.source)["snapshot_id"]
        contents = {}
        for folder, _, names in os.walk(self.source):
            for name in names:
                path = os.path.join(folder, name)
                contents[path] = hashlib.sha256(cat(path)).digest()
        return sid, contents

    def shows(self, sid):
        return any(name.endswith("_" + sid[:8]) for name in os.listdir(self.point + "/snapshots"))

    def root_of(self, sid):
        (name,) = (n for n in os.listdir(self.point + "/snapshots") if n.endswith("_" + sid[:8]))
        return os.path.join(self.point, "snapshots", name)

    def test_forget_and_prune_beside_readers_give_right_bytes_or_errors(self):
        generator = random.Random(7)
        live = {}
        for _ in range(3):
            sid, contents = self.take(generator)
            live[sid] = contents
        self.mount()
        (daemon,) = self.daemons()
        roots = {sid: self.root_of(sid) for sid in live}
        forgotten = set()
        problems, counts = [], {"right": 0, "refused": 0}
        done = threading.Event()

        def read(seed):
            chosen = random.Random(seed)
            while not done.is_set():
                sid = chosen.choice(list(roots))
                path, digest = chosen.choice(list(live[sid].items()))
                was_forgotten = sid in forgotten
                try:
                    right = hashlib.sha256(cat(roots[sid] + path)).digest() == digest
                    counts["right"] += 1
                    if not right:
                        problems.append(("wrong bytes", sid, path))
                except OSError as error:
                    counts["refused"] += 1
                    allowed = (errno.ESTALE, errno.EIO, errno.ENOENT)
                    if error.errno not in allowed or not (was_forgotten or sid in forgotten):
                        problems.append((errno.errorcode[error.errno], sid, path))

        readers = [threading.Thread(target=read, args=(seed,)) for seed in range(READERS)]
        for reader in readers:
            reader.start()
        moved = deleted = 0
        try:
            for _ in range(ROUNDS):
                sid, contents = self.take(generator)
                live[sid] = contents
                self.wait_for(lambda sid=sid: self.shows(sid), "a new snapshot does not appear")
                roots[sid] = self.root_of(sid)
                oldest = next(s for s in roots if s not in forgotten)
                forgotten.add(oldest)
                self.succeed("forget", oldest)
                summary = self.succeed("--json", "prune", "--max-unused", "0", "--max-delete", "100%").summary
                moved += summary["packs_to_rewrite"]
                deleted += summary["packs_deleted"]
                drop_caches()
                self.every_kept_file_is_right({s: live[s] for s in roots if s not in forgotten}, roots)
        finally:
            done.set()
            for reader in readers:
                reader.join()
        self.assertEqual(problems, [])
        self.assertEqual(self.daemons(), [daemon], "the daemon is not the one that began")
        self.assertGreater(moved, 0, "no round repacked")
        self.assertGreater(deleted, 0, "no round deleted")
        self.assertGreater(counts["right"], 50)
        self.assertEqual(self.run_vault("umount", self.point).code, v.OK)

    def every_kept_file_is_right(self, kept, roots):
        for sid, contents in kept.items():
            for path, digest in contents.items():
                self.assertEqual(hashlib.sha256(cat(roots[sid] + path)).digest(), digest, (sid, path))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# Many clients of one store at once, each with a cache and a state of its own, as separate machines have: snapshots,
# prunes, forget and a mounted reader. What was acknowledged is never lost. VAULT_SOAK=1 runs hundreds of rounds.
import os
import random
import shutil
import subprocess
import unittest

import vault_case as v

ROUNDS = 300 if v.SOAK else 8
WRITERS = 3


class Concurrency(v.VaultCase):
    def client(self, name):
        """The environment of a client that shares nothing but the store."""
        home = self.folder("client-" + name)
        return {**self.environment, "HOME": home, "XDG_CACHE_HOME": home + "/cache", "XDG_STATE_HOME": home + "/state"}

    def begin(self, client, *arguments):
        return self.start("--json", *arguments, environment=self.client(client), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)  # fmt: skip

    def change(self, generator, writer):
        """Half of what a writer takes is its own; half it shares with the others, so that they use each other's
        chunks."""
        shared = random.Random(generator.randrange(6))
        for number in range(6):
            self.file(f"source-{writer}/shared-{number}", shared.randbytes(120_000))
            if generator.random() < 0.4:
                self.file(f"source-{writer}/own-{number}", generator.randbytes(90_000))

    def ended(self, run, what, codes=(v.OK,)):
        out, err = run.communicate(timeout=300)
        self.assertIn(run.returncode, codes, f"{what}: {out[-500:]} {err[-1000:]}")
        return out

    def mounted(self):
        """A daemon that reads while all the rest goes on; none where FUSE does not work."""
        if not os.path.exists("/dev/fuse"):
            print("not mounted: there is no /dev/fuse")
            return None
        mountpoint = self.folder("mountpoint")
        daemon = self.start("mount", "--foreground", mountpoint, environment=self.client("reader"))
        self.wait_for(lambda: os.path.ismount(mountpoint), "it does not mount")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", mountpoint], capture_output=True, check=False))
        return daemon

    def read_mount(self, live):
        """Compares what can be read of one snapshot with its copy: other bytes are never right, an error may be."""
        base = self.path("mountpoint/snapshots")
        same = 0
        for folder in sorted(os.listdir(base))[-3:]:
            sid = next((sid for sid in live if folder.endswith("_" + sid[:8])), None)
            if sid is None:
                continue
            copy, source = live[sid]
            for name in sorted(os.listdir(copy)):
                try:
                    with open(base + "/" + folder + source + "/" + name, "rb") as file:
                        found = file.read()
                except OSError:
                    continue
                with open(os.path.join(copy, name), "rb") as file:
                    self.assertEqual(found, file.read(), f"{folder}: {name}")
                same += 1
        return same

    def test_nothing_that_was_acknowledged_is_lost(self):
        generator = random.Random(v.SEED)
        self.init_by_key_file()
        daemon = self.mounted()
        live, forgotten, read = {}, 0, 0
        # A prune is refused while no snapshot is live.
        kept = self.file("kept/file", generator.randbytes(300_000))
        always = self.snapshot(os.path.dirname(kept), "--series", "kept")["snapshot_id"]
        for number in range(ROUNDS):
            runs = []
            for writer in range(WRITERS):
                self.change(generator, writer)
                copy = self.path(f"copy-{number}-{writer}")
                shutil.copytree(self.path(f"source-{writer}"), copy)
                source = self.path(f"source-{writer}")
                runs.append((copy, source, self.begin(f"writer-{writer}", "snapshot", source, "--series", str(writer))))
            prunes = [self.begin(f"pruner-{one}", "prune", "--max-unused", "0", "--max-delete", "100%")
                      for one in range(2)]  # fmt: skip
            victims = generator.sample(sorted(live), min(len(live) // 3, 3))
            for sid in victims:
                self.ended(self.begin("writer-0", "forget", sid), "forget")
                shutil.rmtree(live.pop(sid)[0])
                forgotten += 1
            if daemon is not None:
                read += self.read_mount(live)
            for copy, source, run in runs:
                out = self.ended(run, "snapshot")
                live[v.Result((), 0, out, b"").summary["snapshot_id"]] = (copy, source)
            for prune in prunes:
                self.ended(prune, "prune", (v.OK, v.BUSY))
            for sid in generator.sample(sorted(live), min(len(live), 2)):
                self.assert_restores(sid, *live[sid])
        self.assertEqual(self.run_vault("prune", "--max-unused", "0", "--max-delete", "100%").code, v.OK)
        self.succeed("check", "--read-data")
        live[always] = (os.path.dirname(kept), os.path.dirname(kept))
        for sid, (copy, source) in live.items():
            self.assert_restores(sid, copy, source)
        found = {item["id"] for item in self.succeed("--json", "snapshots").objects[:-1]}
        self.assertEqual(found, set(live))
        if daemon is not None:
            self.assertEqual(self.run_vault("umount", self.path("mountpoint")).code, v.OK)
            self.assertEqual(daemon.wait(timeout=30), 0)
            self.assertGreater(read, ROUNDS)
        print(f"{ROUNDS} rounds: {len(live)} snapshots live, {forgotten} forgotten, {read} files read from the mount; "
              f"seed {v.SEED}")  # fmt: skip


if __name__ == "__main__":
    unittest.main()

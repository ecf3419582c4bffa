# A small repository with something to lose and something to prune, copied for each crash, and the judgement after one:
# every snapshot whose run returned 0 restores bit-identical, the next run needs no hand, and check finds nothing.
import os
import random
import re
import subprocess

import vault_case as v

NEW_PASSWORD = "another horse another battery"


class CrashCase(v.VaultCase):
    def make_source(self, name, generator, files=24):
        for number in range(files):
            size = generator.choice([0, 100, 5_000, 60_000, 200_000])
            self.file(f"{name}/{number % 4}/f{number:02}", generator.randbytes(size))
        return self.path(name)

    def prepare(self):
        """Makes and fills `self.repository`: of three snapshots one is forgotten; the source has changed since the
        last."""
        self.recovery_key = self.file("recovery-key", self.init()["recovery_key"], 0o600)
        self.open_by_key_file()
        generator = random.Random(v.SEED)
        self.source = self.make_source("source", generator)
        self.live = {}
        for number in range(3):
            for changed in generator.sample(range(24), 5):
                self.file(f"source/{changed % 4}/f{changed:02}", generator.randbytes(50_000))
            sid = self.snapshot(self.source, "--series", "s")["snapshot_id"]
            if number == 0:
                self.forgotten = sid
            else:
                self.live[sid] = self.keep_copy(sid)
        self.succeed("forget", self.forgotten)
        for changed in generator.sample(range(24), 8):
            self.file(f"source/{changed % 4}/f{changed:02}", generator.randbytes(80_000))
        self.environment["VAULT_NEW_PASSWORD"] = NEW_PASSWORD

    def keep_copy(self, name):
        copy = self.path("copy-" + name)
        subprocess.run(["cp", "-a", self.source, copy], check=True)
        return copy

    def commands(self):
        """What is crashed: the name and the arguments of each."""
        oldest = next(iter(self.live))
        return {
            "snapshot": ["--json", "snapshot", self.source, "--series", "s"],
            "forget": ["--json", "forget", oldest],
            "prune": ["--json", "prune", "--max-unused", "0"],
            "key add": ["--json", "key", "add"],
            "key passwd": ["--json", "key", "passwd"],
        }

    def use(self, repository, home):
        """From now on commands work on this repository, not yet crashed, with this home and by password."""
        self.environment["VAULT_PASSWORD"] = v.PASSWORD
        self.environment.pop("VAULT_KEY_FILE", None)
        self.repository = self.environment["VAULT_REPOSITORY"] = repository
        for name in ("cache", "state", "data"):
            self.environment[f"XDG_{name.upper()}_HOME"] = os.path.join(home, name)
        self.environment["HOME"] = home

    def open_by_key_file(self):
        """From here on, until use(): Argon2id costs each command that opens by password 0.1 s."""
        self.environment.pop("VAULT_PASSWORD")
        self.environment["VAULT_KEY_FILE"] = self.recovery_key

    def assert_ended_in_order(self, returncode, what):
        """Not by a fault of the program's own."""
        self.assertNotIn(returncode, (-6, -11, -7, -8, 134, 139, 135, 136), what)

    def opens(self, password):
        return self.run_vault("snapshots", environment={"VAULT_PASSWORD": password}).code == v.OK

    def assert_sound(self, command, returncode, stdout, what):
        """After `command` ended with `returncode`, or was killed: the promises hold."""
        live = dict(self.live)
        if command == "forget":
            live.pop(next(iter(live)))  # forgotten or not: both are right
        if command == "snapshot" and returncode == 0:
            sid = re.search(rb'"snapshot_id":"([0-9a-f]{32})"', stdout)
            self.assertIsNotNone(sid, what)
            live[sid[1].decode()] = self.source
        if "VAULT_KEY_FILE" not in self.environment:
            passwords = [v.PASSWORD, NEW_PASSWORD] if command == "key passwd" else [v.PASSWORD]
            if command == "key passwd" and returncode == 0:
                passwords = [NEW_PASSWORD]
            self.assertTrue(any(self.opens(password) for password in passwords), what)
            self.open_by_key_file()
        result = self.run_vault("--json", "snapshot", self.source, "--series", "s")
        self.assertEqual(result.code, v.OK, f"{what}: the next run: {result}")
        live[result.summary["snapshot_id"]] = self.source
        if command == "prune":
            result = self.run_vault("--json", "prune", "--max-unused", "0")
            self.assertEqual(result.code, v.OK, f"{what}: the next prune: {result}")
        result = self.run_vault("check", "--read-data")
        self.assertEqual(result.code, v.OK, f"{what}: {result}")
        for sid, copy in live.items():
            self.assert_restores(sid, copy, self.source, what)
        self.assertEqual(self.objects_in("sessions"), [], what)

#!/usr/bin/env python3
# Repositories of every released format are read for ever: tests/golden/v*/repository against expected.json beside it.
import glob
import json
import os
import shutil
import sys
import unittest

from vault_case import OK, ROOT, VaultCase

sys.path.insert(0, os.path.join(ROOT, "tests", "golden"))
from make_golden import described  # noqa: E402

FOLDERS = ["config", "keyring", "keys", "dirs", "sessions", "snapshots", "tombstones", "marks", "damaged", "condemned",
           "waiting", "decision", "quarantine", "reserve", "tmp", "refs", "parity", "checks"]  # fmt: skip


class Golden(VaultCase):
    def lay_out(self, golden):
        """A copy with the empty folders that version control does not keep."""
        self.repository = self.path("golden-" + os.path.basename(golden))
        shutil.copytree(os.path.join(golden, "repository"), self.repository)
        for name in FOLDERS + [f"packs/{number:02x}" for number in range(256)]:
            os.makedirs(os.path.join(self.repository, name), exist_ok=True)
        with open(os.path.join(golden, "expected.json"), encoding="utf-8") as file:
            expected = json.load(file)
        self.environment.update(VAULT_REPOSITORY=self.repository, VAULT_PASSWORD=expected["password"])
        return expected

    def goldens(self):
        found = sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "v*")))
        self.assertGreater(len(found), 0)
        return found

    def test_every_snapshot_of_every_released_format_restores_to_what_it_was(self):
        if os.geteuid() != 0:
            self.skipTest("owners and devices need root")
        for golden in self.goldens():
            expected = self.lay_out(golden)
            listed = [o["id"] for o in self.succeed("--json", "snapshots").objects if o["message_type"] != "summary"]
            self.assertEqual(sorted(listed), sorted(expected["snapshots"]))
            for number, (snapshot, entries) in enumerate(expected["snapshots"].items()):
                target = self.path(f"{os.path.basename(golden)}-{number}")
                result = self.run_vault("restore", snapshot, "--target", target, "--as-is")
                self.assertEqual(result.code, OK, str(result))
                self.maxDiff = None
                self.assertEqual(described(target + "/golden"), entries)

    def test_the_recovery_key_of_every_released_format_opens_it(self):
        for golden in self.goldens():
            expected = self.lay_out(golden)
            key = self.file("recovery.key", expected["recovery_key"] + "\n", mode=0o600)
            self.succeed("snapshots", environment={"VAULT_PASSWORD": None, "VAULT_KEY_FILE": key})

    def test_a_run_goes_on_in_a_repository_of_every_released_format(self):
        for golden in self.goldens():
            self.lay_out(golden)
            path = self.file("more/file", b"a new file in an old repository")
            self.snapshot(self.path("more"))
            self.assertEqual(self.succeed("cat", "latest:" + path).stdout, b"a new file in an old repository")


if __name__ == "__main__":
    unittest.main()

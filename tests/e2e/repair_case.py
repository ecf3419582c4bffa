# A repository of three files that each lie in boxes of their own, and what every test of repairs asks.
import os
import random

import vault_case as v


class RepairCase(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(11)
        self.init_by_key_file()
        for name in ("one", "two", "three"):
            self.file("source/" + name, self.random.randbytes(700_000))
        self.first = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]

    def repair(self, code, *arguments, **named):
        """The summary and the paths of the entries that are harmed."""
        found = self.json_run(code, "repair", *arguments, **named)
        return found["summary"][0], sorted({item["path"] for item in found.get("harmed", [])})

    def check_with(self, code):
        result = self.run_vault("--json", "check", "--read-data")
        self.assertEqual(result.code, code, str(result))
        return result.objects[-1]

    def data_pack(self):
        packs = self.objects_in("packs")
        return max(packs, key=lambda name: os.path.getsize(os.path.join(self.repository, name)))

    def restores(self, snapshot, *missing):
        target = self.path("back-%d" % self.random.getrandbits(40))
        self.run_vault("restore", snapshot, "--target", target)
        for name in ("one", "two", "three"):
            back = os.path.join(target, self.path("source").lstrip("/"), name)
            if name in missing:
                self.assertFalse(os.path.exists(back), back)
                continue
            with open(back, "rb") as was, open(self.path("source/" + name), "rb") as now:
                self.assertEqual(was.read(), now.read(), name)

    def damaged_only(self, name):
        """Check finds this one object damaged and nothing else."""
        result = self.run_vault("--json", "check")
        self.assertEqual((result.code, result.summary["num_errors"]), (v.INTEGRITY, 1), str(result))
        self.assertIn(name, result.out)

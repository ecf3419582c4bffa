#!/usr/bin/env python3
# vault scrub over the real binary: it needs no password, and finds what no name can hide.
import os
import random
import unittest

import vault_case as v


class Scrub(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.init()
        self.file("source/a", random.Random(3).randbytes(300_000))
        self.snapshot(self.path("source"))
        self.environment = {name: value for name, value in self.environment.items() if "PASSWORD" not in name}

    def scrub(self, code, *arguments):
        result = self.run_vault("--json", "scrub", *arguments)
        self.assertEqual(result.code, code, str(result))
        for item in result.objects:
            schema = "summary.scrub" if item["message_type"] == "summary" else item["message_type"]
            self.assertEqual(v.schema_violations(item, v.load_schema(schema)), [], item)
        return result.objects

    def test_a_sound_store_is_called_sound_without_a_password(self):
        summary = self.scrub(v.OK)[-1]
        self.assertEqual((summary["num_errors"], summary["packs_read"]), (0, len(self.objects_in("packs"))))
        self.assertIn("no damage", self.succeed("scrub").out)

    def test_a_flipped_bit_anywhere_in_a_pack_or_key_slot_is_found(self):
        for name in self.objects_in("packs") + self.objects_in("keys"):
            before = self.object(name)
            for offset in (0, 60, 80, len(before) // 2, -1):
                self.flip(name, offset)
                found = self.scrub(v.INTEGRITY)
                self.assertEqual([item["name"] for item in found[:-1]], [name])
                self.replace_object(name, before)
        self.scrub(v.OK)

    def test_what_is_truncated_extended_or_of_another_kind_is_found(self):
        sizes = {}
        for folder in ("config", "keyring", "snapshots", "dirs", "packs"):
            name = self.objects_in(folder)[0]
            before = self.object(name)
            sizes[name] = len(before)
            other = self.object(self.objects_in("keyring" if folder != "keyring" else "config")[0])
            for changed in (b"", before[:1], before[:-1], before + b"x", other):
                self.replace_object(name, changed)
                found = self.scrub(v.INTEGRITY)
                self.assertEqual([item["name"] for item in found[:-1]], [name])
                self.replace_object(name, before)
        self.scrub(v.OK)

    def test_without_config_keyring_or_keys_it_is_damage_in_one_line_each(self):
        for folder, says in (("config", "the keyring has a copy"), ("keyring", "nothing can be read"),
                             ("keys", "no password")):  # fmt: skip
            with self.subTest(folder):
                before = {name: self.object(name) for name in self.objects_in(folder)}
                for name in before:
                    os.unlink(os.path.join(self.repository, name))
                found = self.scrub(v.INTEGRITY)
                self.assertEqual([(item["name"], item["kind"]) for item in found[:-1]], [(folder + "/", "NotFound")])
                shown = self.fail_with(v.INTEGRITY, "scrub", says="damage was found: 1 object")
                self.assertRegex(shown.out, rf"(?m)^damaged: {folder}/: it is empty.*{says}.*$")
                self.assertNotIn("no damage", shown.out)
                for name, contents in before.items():
                    self.replace_object(name, contents)
        self.scrub(v.OK)

    def test_a_name_is_printed_once_beside_what_is_wrong(self):
        name = self.objects_in("snapshots")[0]
        self.replace_object(name, self.object(name)[:100])
        shown = self.fail_with(v.INTEGRITY, "scrub")
        self.assertEqual(shown.out.count(name), 1, shown.out)

    def test_when_time_is_up_the_rest_is_left_for_the_next_run(self):
        summary = self.scrub(v.OK, "--max-duration", "0s")[-1]
        packs = len(self.objects_in("packs"))
        self.assertEqual((summary["packs_read"], summary["packs_left"], summary["time_up"]), (0, packs, True))
        self.assertEqual(self.scrub(v.OK)[-1]["packs_read"], packs)

    def test_no_repository_is_no_repository(self):
        self.fail_with(v.NO_REPOSITORY, "scrub", "--repo", self.path("nothing"))
        self.assertFalse(os.path.exists(self.path("nothing")))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# Where a restore lands, and what it must never touch: the repository itself, and the folders of other restores.
import os
import shutil
import subprocess
import unittest

import vault_case as v


class RestorePlaces(v.VaultCase):
    def small_tree(self, name, folders=3):
        for i in range(folders):
            for j in range(8):
                self.file(f"{name}/d{i}/f{j}", f"{i} {j}")
        return self.path(name)

    def staging_folders(self, folder):
        return [name for name in os.listdir(folder) if ".vault-" in name]

    # --- the repository lies in what is restored ---

    def home_with_repository(self):
        self.small_tree("home")
        self.repository = self.path("home/vault")
        self.environment["VAULT_REPOSITORY"] = self.repository
        self.init_by_key_file()
        self.snapshot(self.path("home"))
        self.file("home/extra", "goes")

    def test_delete_leaves_the_repository_that_is_restored_from(self):
        self.home_with_repository()
        before = self.objects_in(".")
        self.succeed("restore", "latest", "--target", "/", "--delete")
        self.assertFalse(os.path.exists(self.path("home/extra")))
        self.assertEqual(self.objects_in("."), before)
        self.succeed("snapshots")

    def test_delete_leaves_the_original_when_a_copy_of_the_repository_is_restored_from(self):
        self.home_with_repository()
        shutil.copytree(self.repository, self.path("copy"))
        before = self.objects_in(".")
        self.succeed("restore", "latest", "--target", "/", "--delete", environment={
            "VAULT_REPOSITORY": self.path("copy"), "VAULT_CACHE_DIR": self.path("other-cache")})
        self.assertFalse(os.path.exists(self.path("home/extra")))
        self.assertEqual(self.objects_in("."), before)

    def test_a_target_in_the_repository_is_refused(self):
        self.init_by_key_file()
        self.snapshot(self.small_tree("source"))
        before = self.objects_in(".")
        os.symlink(self.repository, self.path("link"))
        for target in (self.repository, self.repository + "/packs/new/folder", self.path("link/x")):
            self.fail_with(v.USAGE, "restore", "latest", "--target", target, says="in the repository")
        self.assertEqual(self.objects_in("."), before)

    # --- several restores, one target ---

    def start(self, target):
        return subprocess.Popen([self.vault, "restore", "latest", "--target", target], env=self.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def test_of_several_restores_into_one_new_target_one_wins_and_the_others_are_busy_or_find_it_there(self):
        self.init_by_key_file()
        source = self.small_tree("source", folders=100)
        self.snapshot(source)
        for round_number in range(5):
            target = self.path(f"back{round_number}")
            runs = [self.start(target) for _ in range(3)]
            ends = [(run.communicate()[1], run.returncode) for run in runs]
            codes = [code for _, code in ends]
            self.assertIn(v.OK, codes, ends)
            self.assertLessEqual(set(codes), {v.OK, v.BUSY}, ends)
            self.assertEqual(subprocess.run(["diff", "-r", source, target + source], check=False).returncode, 0)
            self.assertEqual(self.staging_folders(self.work), [])

    def test_what_a_killed_restore_left_beside_its_target_goes_although_the_target_exists_by_now(self):
        self.init_by_key_file()
        source = self.small_tree("source")
        self.snapshot(source)
        left = self.folder(".back.vault-0123456789abcdef")
        self.file(".back.vault-0123456789abcdef/half", "x")
        self.file("back/already", "there")
        self.succeed("restore", "latest", "--target", self.path("back"))
        self.assertFalse(os.path.exists(left))
        self.assertTrue(os.path.exists(self.path("back/already")))


if __name__ == "__main__":
    unittest.main()

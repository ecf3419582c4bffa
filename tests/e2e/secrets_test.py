#!/usr/bin/env python3
# Where passwords and keys may come from, and where they must not go.
import errno
import os
import pty
import select
import signal
import subprocess
import time
import unittest

import vault_case as v

PASSWORD = v.PASSWORD


class Secrets(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.recovery_key = self.init()["recovery_key"]
        del self.environment["VAULT_PASSWORD"]

    def test_a_file_may_end_in_one_line_feed(self):
        for contents in (PASSWORD, PASSWORD + "\n"):
            path = self.file("password", contents, 0o600)
            self.succeed("snapshots", environment={"VAULT_PASSWORD_FILE": path})
        path = self.file("password", PASSWORD + "\n\n", 0o600)
        self.fail_with(v.WRONG_KEY, "snapshots", environment={"VAULT_PASSWORD_FILE": path})

    def test_a_file_that_others_may_read_is_used_with_a_warning(self):
        path = self.file("password", PASSWORD, 0o644)
        result = self.run_vault("snapshots", environment={"VAULT_PASSWORD_FILE": path})
        self.assertEqual(result.code, v.OK, str(result))
        self.assertRegex(result.err, r"\Avault: warning: [^\n]*password[^\n]*chmod 600[^\n]*\n\Z")

    def test_an_empty_file_holds_no_password(self):
        path = self.file("password", "\n", 0o600)
        self.fail_with(v.USAGE, "snapshots", environment={"VAULT_PASSWORD_FILE": path}, says="no password")

    def test_a_command_prints_the_password(self):
        self.succeed("snapshots", environment={"VAULT_PASSWORD_COMMAND": f"echo '{PASSWORD}'"})
        failing = {"VAULT_PASSWORD_COMMAND": "echo no >/dev/null; exit 3"}
        self.fail_with(v.FAILED, "snapshots", environment=failing, says="exit code 3")

    def test_a_command_does_not_get_our_secrets(self):
        key = self.file("key", self.recovery_key, 0o600)
        seen = self.path("seen")
        command = f"env >{seen}; echo '{PASSWORD}'"
        environment = {"VAULT_PASSWORD_COMMAND": command, "VAULT_KEY_FILE": key, "VAULT_NEW_PASSWORD": "another secret"}
        self.succeed("snapshots", environment=environment)
        with open(seen, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("VAULT_REPOSITORY", text)
        for name in ("VAULT_PASSWORD", "VAULT_KEY_FILE", "VAULT_NEW_PASSWORD", "another secret"):
            self.assertNotIn(name, text)

    def test_a_descriptor_is_read(self):
        for path in ("VAULT_PASSWORD_FD", "VAULT_PASSWORD_FILE"):
            reader, writer = os.pipe()
            os.write(writer, PASSWORD.encode() + b"\n")
            os.close(writer)
            value = str(reader) if path.endswith("_FD") else f"/dev/fd/{reader}"
            self.succeed("snapshots", environment={path: value}, pass_fds=[reader])
            os.close(reader)
        self.fail_with(v.USAGE, "snapshots", environment={"VAULT_PASSWORD_FD": "three"}, says="three")

    def test_two_sources_at_once_are_refused(self):
        path = self.file("password", PASSWORD, 0o600)
        environment = {"VAULT_PASSWORD_FILE": path, "VAULT_PASSWORD": PASSWORD}
        both = "VAULT_PASSWORD and VAULT_PASSWORD_FILE are both set"
        self.fail_with(v.USAGE, "snapshots", environment=environment, says=both)

    def test_without_a_terminal_nothing_is_asked(self):
        result = self.fail_with(v.USAGE, "snapshots", says="VAULT_PASSWORD_FILE")
        self.assertEqual(result.out, "")

    def test_the_recovery_key_opens_the_repository_alone_in_any_case_and_spacing(self):
        spaced = self.recovery_key.lower().replace("-", " ")
        for text in (self.recovery_key, spaced, "# a comment\n" + self.recovery_key + "\n"):
            key = self.file("key", text, 0o600)
            self.succeed("snapshots", environment={"VAULT_KEY_FILE": key})

    def test_the_environment_of_a_running_vault_shows_no_password(self):
        self.file("source/file", b"x")
        fifo = self.path("command waits")
        os.mkfifo(fifo)
        full = {**self.environment, "VAULT_PASSWORD": "a password that must not be seen"}
        full["VAULT_NEW_PASSWORD_COMMAND"] = f"cat '{fifo}'"
        full["VAULT_KEY_FILE"] = self.file("key", self.recovery_key, 0o600)
        process = subprocess.Popen([self.vault, "key", "add"], env=full, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            with open(fifo, "wb") as writer:  # opens when the command reads: secrets were taken long before
                with open(f"/proc/{process.pid}/environ", "rb") as file:
                    environment = file.read()
                writer.write(b"new password\n")
        except PermissionError:
            self.skipTest("only root may look into the environment of a vault")
        finally:
            out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, v.OK, (out, err))
        self.assertNotIn(b"must not be seen", environment)

    # --- on a terminal ---

    def on_terminal(self, arguments, answers, until_exit=True):
        """Runs on a pseudo-terminal, types one answer after each ": ", and returns (exit code, all that was shown)."""
        pid, fd = pty.fork()
        if pid == 0:
            try:
                os.execve(self.vault, [self.vault, *arguments], {**self.environment, "TERM": "xterm"})
            finally:
                os._exit(127)
        shown, deadline, answers = b"", time.monotonic() + 60, list(answers)
        waiting_from = 0
        while time.monotonic() < deadline:
            ready, _, _ = select.select([fd], [], [], 0.2)
            if ready:
                try:
                    piece = os.read(fd, 65536)
                except OSError as error:
                    if error.errno != errno.EIO:
                        raise
                    break
                if not piece:
                    break
                shown += piece
            if answers and shown.find(b": ", waiting_from) >= 0:
                waiting_from = len(shown)
                answer = answers.pop(0)
                if answer is None:
                    os.kill(pid, signal.SIGINT)
                else:
                    os.write(fd, answer.encode() + b"\n")
        _, status = os.waitpid(pid, 0)
        os.close(fd)
        return os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace")

    def test_a_terminal_is_asked_and_what_is_typed_is_not_shown(self):
        code, shown = self.on_terminal(["snapshots"], [PASSWORD])
        self.assertEqual(code, v.OK, shown)
        self.assertIn("password of the repository: ", shown)
        self.assertNotIn(PASSWORD, shown)

    def test_init_asks_twice_and_refuses_what_differs(self):
        self.environment["VAULT_REPOSITORY"] = self.path("second")
        code, shown = self.on_terminal(["init"], ["one", "two"])
        self.assertEqual(code, v.USAGE, shown)
        self.assertFalse(os.path.exists(self.path("second/config/1")))
        code, shown = self.on_terminal(["init"], ["one", "one"])
        self.assertEqual(code, v.OK, shown)
        self.succeed("snapshots", environment={"VAULT_PASSWORD": "one"})

    def test_an_interrupted_question_is_exit_130(self):
        code, shown = self.on_terminal(["snapshots"], [None])
        self.assertEqual(code, v.INTERRUPTED, shown)

    def test_colours_are_for_terminals_that_want_them(self):
        self.environment["VAULT_PASSWORD"] = "wrong"
        _, shown = self.on_terminal(["snapshots"], [])
        self.assertIn("\x1b[31mvault: ", shown)
        self.environment["NO_COLOR"] = "1"
        _, shown = self.on_terminal(["snapshots"], [])
        self.assertNotIn("\x1b", shown)


if __name__ == "__main__":
    unittest.main()

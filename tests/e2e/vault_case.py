# The harness of the end-to-end tests: runs $VAULT with folders of its own, and judges what it prints.
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.environ.get("VAULT_SOURCE_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# A shell starts what it does not wait for with SIGINT ignored, and whoever is started then goes on to ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What a test run samples, `./dev soak` runs whole; whatever is random comes from the seed.
SOAK = os.environ.get("VAULT_SOAK", "") not in ("", "0")
SEED = int(os.environ.get("VAULT_TEST_SEED", "1"))

PASSWORD = "correct horse battery staple"

# docs/cli.md, "Exit codes"
OK, FAILED, USAGE, SOME_UNREADABLE, SOME_CHANGED, SOME_NOT_RESTORED = 0, 1, 2, 3, 4, 5
NO_REPOSITORY, BUSY, WRONG_KEY, INTEGRITY, NO_SPACE, READ_ONLY, UNSUPPORTED = 10, 11, 12, 13, 14, 15, 16
INTERRUPTED, OUTPUT_CLOSED = 130, 141


class Result:
    """How one run ended."""

    def __init__(self, arguments, code, stdout, stderr):
        self.arguments, self.code, self.stdout, self.stderr = arguments, code, stdout, stderr

    @property
    def out(self):
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def err(self):
        return self.stderr.decode("utf-8", "surrogateescape")

    @property
    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self):
        return self.objects[-1]

    def __str__(self):
        return f"{self.arguments} -> {self.code}\nstdout: {self.out[-2000:]}\nstderr: {self.err[-4000:]}"


def bytes_of(item, field):
    """A name in an object of --json, as it is on disk."""
    return bytes.fromhex(item[field + "_hex"]) if field + "_hex" in item else item[field].encode()


class VaultCase(unittest.TestCase):
    """Each test has a folder `self.work` with a home, a cache and a place for a repository."""

    def setUp(self):
        self.vault = os.environ["VAULT"]
        self.work = tempfile.mkdtemp(prefix="vault-test.")
        self.addCleanup(self.remove, self.work)
        self.repository = self.path("repository")
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": self.folder("home"),
            "XDG_CACHE_HOME": self.folder("home/cache"),
            "XDG_STATE_HOME": self.folder("home/state"),
            "XDG_DATA_HOME": self.folder("home/data"),
            "VAULT_REPOSITORY": self.repository,
            "VAULT_PASSWORD": PASSWORD,
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    @staticmethod
    def remove(folder):
        for parent, folders, _ in os.walk(folder):
            for name in folders:
                path = os.path.join(parent, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(folder)

    # --- files ---

    def path(self, name):
        return os.path.join(self.work, name)

    def folder(self, name):
        os.makedirs(self.path(name), exist_ok=True)
        return self.path(name)

    def file(self, name, contents=b"", mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents.encode() if isinstance(contents, str) else contents)
        os.chmod(path, mode)
        return path

    def objects_in(self, folder):
        """The names of the repository's objects in one of its folders, ascending."""
        found = []
        for parent, _, names in os.walk(os.path.join(self.repository, folder)):
            found += [os.path.relpath(os.path.join(parent, name), self.repository) for name in names]
        return sorted(found)

    def object(self, name):
        with open(os.path.join(self.repository, name), "rb") as file:
            return file.read()

    def replace_object(self, name, contents):
        path = os.path.join(self.repository, name)
        if os.path.exists(path):
            os.chmod(path, 0o600)
        with open(path, "wb") as file:
            file.write(contents)

    def flip(self, name, offset):
        """Damages one byte of an object; a negative offset counts from its end."""
        contents = bytearray(self.object(name))
        contents[offset] ^= 0x40
        self.replace_object(name, bytes(contents))

    # --- running ---

    def run_vault(self, *arguments, environment=None, stdin=subprocess.DEVNULL, cwd=None, **named):
        full = {**self.environment, **(environment or {})}
        full = {name: value for name, value in full.items() if value is not None}
        named = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 300, **named}
        named = {"cwd": cwd or self.work, "stdin": stdin, **named}
        done = subprocess.run([self.vault, *arguments], env=full, check=False, **named)
        return Result(arguments, done.returncode, done.stdout, done.stderr)

    def start(self, *arguments, environment=None, **named):
        """A run that goes on beside the test, heard only where `named` says so."""
        named = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **named}
        return subprocess.Popen([self.vault, *arguments], env=environment or self.environment, **named)

    def json_run(self, code, *arguments, **named):
        """Runs with --json; returns the objects by type, each as its schema says. The last is the summary."""
        result = self.run_vault("--json", *arguments, **named)
        self.assertEqual(result.code, code, str(result))
        found = {}
        for item in result.objects:
            kind = item["message_type"]
            schema = load_schema("summary." + arguments[0] if kind == "summary" else kind)
            self.assertEqual(schema_violations(item, schema), [], item)
            found.setdefault(kind, []).append(item)
        # restic calls diff's so.
        self.assertEqual(result.summary["message_type"], "statistics" if arguments[0] == "diff" else "summary")
        return found

    def succeed(self, *arguments, **named):
        """Runs, and fails the test unless the exit code is 0 and stderr is empty."""
        result = self.run_vault(*arguments, **named)
        self.assertEqual((result.code, result.err), (OK, ""), str(result))
        return result

    def fail_with(self, code, *arguments, says=None, **named):
        """Runs, and fails the test unless it ends with `code` and exactly one line on stderr, which matches `says`."""
        result = self.run_vault(*arguments, **named)
        self.assertEqual(result.code, code, str(result))
        self.assertRegex(result.err, r"\Avault: [^\n]+\n\Z", str(result))
        if says is not None:
            self.assertRegex(result.err, says, str(result))
        return result

    def init(self):
        return self.succeed("--json", "init").summary

    def init_by_key_file(self):
        """As init(), but a key file alone opens it: Argon2id would cost each command 0.1 s."""
        if "VAULT_KEY_FILE" in self.environment:
            return self.init()
        key = os.path.join(self.folder("home"), "key")
        del self.environment["VAULT_PASSWORD"]
        made = self.succeed("--json", "init", "--new-key-file", key).summary
        self.environment["VAULT_KEY_FILE"] = key
        return made

    def snapshot(self, *arguments, **named):
        """Takes a snapshot and returns its summary."""
        return self.succeed("--json", "snapshot", *arguments, **named).summary

    # --- judging ---

    def assert_restored(self, result, source, target):
        """Compares a restored tree with its source, byte for byte and in what stat says of both."""
        self.assertEqual(result.code, OK, str(result))
        done = subprocess.run(["diff", "-r", "--no-dereference", source, target], stdout=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def assert_restores(self, sid, copy, source=None, what=None):
        """The snapshot `sid` of `source` (`copy` unless given) restores to what `copy` holds; `what` names the case."""
        target = self.path("back")
        result = self.run_vault("restore", sid, "--target", target)
        self.assertEqual(result.code, OK, f"{what}: {result}")
        self.assert_restored(result, copy, target + (source or copy))
        self.remove(target)

    def wait_for(self, condition, message, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail(message)
            time.sleep(0.02)


def copy_tree(source, target):
    """`target` becomes what `source` is."""
    if os.path.exists(target):
        shutil.rmtree(target)
    subprocess.run(["cp", "-a", source, target], check=True)


# --- JSON Schema, as much of it as docs/json uses ---

KEYWORDS = {"$schema", "title", "description", "type", "properties", "required", "additionalProperties", "items"}
KEYWORDS |= {"const", "enum", "pattern", "minimum", "maximum"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


def schema_violations(value, schema, where="$"):
    """What of `value` the schema does not allow, as lines. A keyword that is not known here is a violation too."""
    found = [f"{where}: the schema uses {name}" for name in schema if name not in KEYWORDS]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return found + [f"{where}: {value!r} is not of type {kind}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where}: {value!r} does not match {schema['pattern']}")
    if "minimum" in schema and value < schema["minimum"] or "maximum" in schema and value > schema["maximum"]:
        found.append(f"{where}: {value!r} is out of range")
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        found += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, item in value.items():
            if name in properties:
                found += schema_violations(item, properties[name], f"{where}.{name}")
            elif more is False:
                found.append(f"{where}: {name} is not in the schema")
            elif more is not True:
                found += schema_violations(item, more, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            found += schema_violations(item, schema["items"], f"{where}[{number}]")
    return found


def load_schema(name):
    with open(os.path.join(ROOT, "docs", "json", name + ".json"), encoding="utf-8") as file:
        return json.load(file)


if __name__ == "__main__":
    unittest.main()

# What the benchmarks in this folder share: a program run and measured, a table of tab-separated values, and a tree that
# changes a little each time.
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time

SETTLED_S = 2.1  # after which a change is old enough for every tool to trust the times of a file


class Failed(Exception):
    """A program that was to be measured did not end well."""


def measured(words, environment=None, cwd=None, codes=(0,)):
    """Runs a program to its end. Returns what the kernel counted of it: seconds, cpu_s, peak_mib."""
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen([str(word) for word in words], env=environment, cwd=cwd, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in codes:
            errors.seek(0)
            said = errors.read()[-500:].decode(errors="replace").strip()
            raise Failed(f"{' '.join(map(str, words))}: exit code {child.returncode}: {said}")
    return {"seconds": seconds, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024}


def together(*parts):
    """Several runs as one: times add up, memory is the largest."""
    return {"seconds": sum(part["seconds"] for part in parts), "cpu_s": sum(part["cpu_s"] for part in parts),
            "peak_mib": max(part["peak_mib"] for part in parts)}


def median(samples):
    return {name: statistics.median(sample[name] for sample in samples) for name in samples[0]}


def stored_bytes(folder):
    """The lengths of all files below."""
    return sum(os.lstat(os.path.join(parent, name)).st_size for parent, _, names in os.walk(folder) for name in names)


class Table:
    """Rows to a file as they come, and to stdout. Lines that begin with # are remarks."""

    def __init__(self, path, columns):
        self.columns = columns
        self.file = open(path, "w", encoding="utf-8") if path else None
        self.line("\t".join(columns))

    def line(self, text):
        print(text, flush=True)
        if self.file:
            print(text, file=self.file, flush=True)

    def row(self, **cells):
        self.line("\t".join(self.cell(name, cells.get(name, "")) for name in self.columns))

    @staticmethod
    def cell(name, value):
        if name.endswith("_bytes") and value != "":
            return str(round(value))
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    def remark(self, text):
        self.line("# " + text)

    def remark_machine(self):
        """What a figure is worth nothing without."""
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        cpus = f"{os.cpu_count()} cores, {models[0] if models else os.uname().machine}"
        load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
        self.remark(f"{time.strftime('%Y-%m-%d')}, {cpus}, Linux {os.uname().release}, load average {load}")


class SampleTree:
    """Files of words in folders of fifty, from 200 bytes to 16 KiB, made from a seed."""

    FILES_OF_FOLDER = 50

    def __init__(self, folder, files, seed=1):
        self.folder, self.random, self.made = folder, random.Random(seed), 0
        self.words = ["".join(self.random.choices("abcdefghijklmnopqrstuvwxyz", k=self.random.randrange(2, 10)))
                      for _ in range(2000)]
        self.paths = []
        for _ in range(files):
            self.add()

    def text(self):
        size = int(200 * 80 ** self.random.random())
        return " ".join(self.random.choices(self.words, k=size // 6))

    def write(self, path):
        with open(path, "w", encoding="ascii") as file:
            file.write(self.text())

    def add(self):
        number, self.made = self.made, self.made + 1
        folder = os.path.join(self.folder, f"folder-{number // self.FILES_OF_FOLDER:05}")
        os.makedirs(folder, exist_ok=True)
        self.paths.append(os.path.join(folder, f"file-{number:06}.txt"))
        self.write(self.paths[-1])

    def move(self, folder):
        """From now on it is the copy of it in `folder`."""
        self.paths = [folder + path[len(self.folder):] for path in self.paths]
        self.folder = folder

    def change(self, files):
        """Writes so many files anew, adds one and removes one."""
        for path in self.random.sample(self.paths, min(files, len(self.paths))):
            self.write(path)
        self.add()
        os.remove(self.paths.pop(self.random.randrange(len(self.paths) - 1)))


@contextlib.contextmanager
def scratch_folder(place=None):
    """A folder that goes at the end, whatever tools did to the modes in it."""
    folder = tempfile.mkdtemp(prefix="vault-bench.", dir=place)
    try:
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", folder], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder)

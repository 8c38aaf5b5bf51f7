"""A copy of the set-up scripts with a PATH of its own: only what a test puts on it is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
SYSTEM_TOOLS = [
    "sh",
    "awk",
    "sed",
    "cat",
    "cksum",
    "tr",
    "date",
    "sleep",
    "mkdir",
    "rm",
    "mv",
    "ln",
    "chmod",
    "find",
    "head",
    "tail",
    "dirname",
    "id",
    "touch",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """`root` holds setup/ and requirements/, `bin` is the whole PATH."""

    root: Path
    bin: Path

    @classmethod
    def at(cls, folder: Path) -> Bench:
        """A new one in an empty folder."""
        bench = cls(root=folder / "greffier", bin=folder / "bin")
        shutil.copytree(ROOT / "setup", bench.root / "setup")
        shutil.copytree(ROOT / "requirements", bench.root / "requirements")
        bench.bin.mkdir()
        for tool in SYSTEM_TOOLS:
            (bench.bin / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
        return bench

    def command(self, name: str, script: str) -> Path:
        """Put a program on PATH."""
        file = self.bin / name
        file.unlink(missing_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return file

    def real_python(self) -> None:
        """This very Python, as python3."""
        self.command("python3", f'exec "{sys.executable}" "$@"')

    def run(self, script: str, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a script of setup/ in the clean environment."""
        return subprocess.run(
            ["/bin/sh", f"setup/{script}", *args],
            cwd=self.root,
            env={"PATH": str(self.bin), "HOME": str(self.root), **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

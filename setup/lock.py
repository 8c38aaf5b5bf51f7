"""`lock.py FILE COMMAND…`: run the command while no other run holds the lock.

The lock belongs to the open file: it goes with the command and its children, however they end.
"""

import fcntl
import os
import sys
from pathlib import Path

file = Path(sys.argv[1])
file.parent.mkdir(parents=True, exist_ok=True)
handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
try:
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.stdout.write("Waiting for another set-up of this folder to end…\n")
    sys.stdout.flush()
    fcntl.flock(handle, fcntl.LOCK_EX)
os.dup2(handle, 9)  # a known number, for what must not hold the lock: see tick in progress.sh
os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 # the caller is a script of this folder

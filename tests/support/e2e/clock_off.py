"""A clock of its own for one process. Not libfaketime: with the engine's allocator it waits for itself at the start."""

import atexit
import functools
import pathlib
import shutil
import subprocess
import tempfile


@functools.cache
def library():
    folder = tempfile.mkdtemp(prefix="clock-off.")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = pathlib.Path(folder) / "clock_off.so"
    source = pathlib.Path(__file__).with_suffix(".c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(made), str(source)], check=True)
    return str(made)


def at(seconds=0.0, speed=1.0):
    """The environment of a process whose clock is so many seconds ahead, and so many times as fast (its steady clock
    too)."""
    return {"LD_PRELOAD": library(), "CLOCK_OFF_SECONDS": str(seconds), "CLOCK_OFF_SPEED": str(speed)}

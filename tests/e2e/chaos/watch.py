"""How long a dead process's work stays its own."""

import threading
import time

from e2e.process import wait_until


class TakeOvers:
    """Watches how long a dead process's entries stay its own. `worst` counts only those during which another process
    was alive all the time; `left` names who still had some at the end."""

    EVERY_S = 0.03

    def __init__(self, rig):
        self.rig = rig
        self.times = []
        self.left = {}
        self.problem = None
        self._dead = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(10)

    def died(self, consumer):
        """Any death interrupts whoever was about to take over: their time starts again, `interrupted` said."""
        now = time.monotonic()
        with self._lock:
            for each in self._dead.values():
                each["again"] = now
            self._dead[consumer] = {"at": now, "again": now}

    @property
    def worst(self):
        return max((quiet for _, _, quiet in self.times), default=None)

    @property
    def worst_in_all(self):
        return max((total for _, total, _ in self.times), default=None)

    def wait(self, timeout):
        """Until nobody dead holds anything."""
        try:
            wait_until(lambda: not self._open(), timeout, "dead processes' entries taken over", every=0.05)
        except TimeoutError:
            self.left = self._open()

    def _open(self):
        with self._lock:
            return {name: time.monotonic() - each["at"] for name, each in self._dead.items()}

    def _run(self):
        redis = None
        while not self._stop.is_set():
            try:
                redis = redis or self.rig.stack.redis()
                asked = time.monotonic()
                pending = self.rig.pending(redis)
            except Exception as problem:  # Redis may be away on purpose
                self.problem, redis = problem, None
                self._stop.wait(0.1)
                continue
            with self._lock:
                for name in [name for name, each in self._dead.items() if name not in pending and each["at"] < asked]:
                    each = self._dead.pop(name)
                    now = time.monotonic()
                    self.times.append((name, now - each["at"], now - each["again"]))
            self._stop.wait(self.EVERY_S)

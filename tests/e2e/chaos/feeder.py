"""Work that does not run dry while processes come and go."""

import threading
import time

from .rig import FINAL


class Feeder:
    """Keeps a few batches of mixed work open, until `stop`, and at least `least` recipients in all."""

    OPEN = 30_000

    def __init__(self, rig, work, least):
        self.rig, self.work, self.least = rig, work, least
        self.problem = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self, timeout=300.0):
        """Stores the rest up to `least` and ends."""
        self._stop.set()
        self._thread.join(timeout)
        if self._thread.is_alive() or self.problem:
            raise RuntimeError(f"the feeder failed: {self.problem or 'stuck'}")

    def _run(self):
        try:
            self._feed()
        except Exception as problem:  # told by stop()
            self.problem = repr(problem)

    def _feed(self):
        big = []
        with self.rig.stack.redis() as redis:
            while True:
                big = [job for job, state in zip(big, self.rig.states(redis, big)) if state not in FINAL]
                if self._stop.is_set() and self.work.recipients >= self.least:
                    return
                if sum(job.count for job in big) < self.OPEN or self._stop.is_set():
                    made = len(self.work.jobs)
                    self.rig.store(self.work.mixed())
                    big += [job for job in self.work.jobs[made:] if job.count > 1]
                else:
                    time.sleep(0.05)

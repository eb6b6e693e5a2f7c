"""Redis gone under load, killed or frozen: the engine costs next to nothing meanwhile, and goes on at once afterwards."""

import signal
import time
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until
from e2e.stack import call
from e2e.watched import Watched

AWAY_S = 10.0
JOBS, EACH = 200, 200
# Written before it is answered: what Redis acknowledged is there after a kill, so nothing need be sent twice.
SAFE = ("--appendfsync", "always")
CORE = 0.10
LINES_A_SECOND = 10
GROWTH = 16 << 20
RESUME_S = 2.0


class RedisAway(EndToEnd):
    providers = ("fcm", "apns")

    def setUp(self):
        self.redis = self.stack.start_redis(*SAFE)
        self.stack.start_sandbox()
        # So slow that the work outlasts the outage.
        self.stack.control("/delay", body={"ms": 200})
        self.sent = self.load("bulk", JOBS, "--recipients", EACH)
        self.engine = self.stack.start_engine()
        wait_until(lambda: self.taken() >= 4_000, 30, "load")

    def taken(self):
        return self.stack.control("/stats", "GET")["by_status"].get("200", 0)

    def watch_outage(self):
        """The engine while Redis is away: first a second for what is under way to end."""
        watched = Watched(self.engine.process)
        begin = time.monotonic()
        wait_until(lambda: call(self.engine.admin + "/readyz")[0] == 503, AWAY_S, "not ready", every=0.2)
        time.sleep(max(0.0, begin + AWAY_S - time.monotonic()))
        watched.end()
        self.assertTrue(self.engine.process.alive(), self.engine.process.tail())
        self.assertEqual(0, self.engine.metrics().sum("dispatch_redis_up"))
        print(f"{self.id().rpartition('.')[2]}: {watched}")
        self.assertLessEqual(watched.core, CORE)
        self.assertLessEqual(watched.lines_a_second, LINES_A_SECOND)
        self.assertLessEqual(watched.grown_bytes, GROWTH)

    def assert_resumed(self, answered_ms):
        """New sends within the time, and in the end everybody got exactly one."""
        before = self.taken()
        wait_until(lambda: self.taken() > before + 1_000, 30, "work again")
        self.stack.control("/delay", body={"ms": 0})
        self.assert_accounted(self.wait_jobs_ended(JOBS), self.sent, delivered=JOBS * EACH)
        first = min(row.at_ms for row in self.stack.ledger.rows if row.at_ms > answered_ms)
        print(f"{self.id().rpartition('.')[2]}: first send {(first - answered_ms) / 1000:.2f} s after Redis answered")
        self.assertLessEqual((first - answered_ms) / 1000, RESUME_S)

    def test_a_killed_redis_that_comes_back(self):
        self.redis.kill()
        self.stack.processes.remove(self.redis)
        self.watch_outage()
        self.stack.start_redis(*SAFE)
        self.assert_resumed(time.time() * 1000)

    def test_a_frozen_redis_that_wakes_up(self):
        self.redis.send(signal.SIGSTOP)
        try:
            self.watch_outage()
        finally:
            self.redis.send(signal.SIGCONT)
        self.assert_resumed(time.time() * 1000)


if __name__ == "__main__":
    unittest.main()

"""A process whose clock is off: Redis's is the one that counts."""

import json
import time
import unittest

from e2e import clock_off
from e2e.case import EndToEnd
from e2e.process import wait_until

JOBS = 300
EARLY_MS, LATE_MS = 1_000, 2_000
IDLE_COMMANDS = 1_000


class Clock(EndToEnd):
    providers = ("fcm",)

    def commands(self, redis):
        lines = redis.command("INFO", "stats").splitlines()
        return next(int(line.partition(":")[2]) for line in lines if line.startswith("total_commands_processed:"))

    def start(self, *environments):
        self.stack.start_redis()
        self.stack.start_sandbox()
        return [self.stack.start_engine(env=env) for env in environments]

    def schedule(self, redis, seconds):
        """Jobs due then, which also expire: not before they are over, if the right clock is asked."""
        due = int(time.time()) + seconds
        for number in range(JOBS):
            job = {"id": f"j{number}", "send_at": due, "expires_at": due + 60, "message": {"title": "T"},
                   "recipients": [{"platform": "android", "token": f"t{number}"}]}
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(job))
        return due * 1_000

    def assert_on_time(self):
        with self.stack.redis() as redis:
            due = self.schedule(redis, 4)
            time.sleep(1.0)
            before, since = self.commands(redis), time.monotonic()
            time.sleep(1.0)
            self.assertLessEqual((self.commands(redis) - before) / (time.monotonic() - since), IDLE_COMMANDS)
            ledger = self.stack.ledger
            wait_until(lambda: ledger.read() is not None and len(ledger.rows) >= JOBS, 20, "all sent")
            self.wait_jobs_ended(JOBS)
        times = [row.at_ms - due for row in ledger.rows]
        self.assertGreaterEqual(min(times), -EARLY_MS)
        self.assertLessEqual(max(times), LATE_MS)
        self.assertEqual({}, ledger.repeats())
        self.assertEqual(JOBS, len(ledger.keys()))

    def test_alone(self):
        for change in (3600, -3600, 10, -10):
            with self.subTest(change):
                self.restart()
                engine, = self.start(clock_off.at(change))
                self.assert_on_time()
                shown = engine.metrics().sum("dispatch_clock_offset_seconds")
                self.assertAlmostEqual(-change, shown, delta=0.5)

    def test_one_of_three(self):
        for change in (3600, -3600):
            with self.subTest(change):
                self.restart()
                self.start(None, None, clock_off.at(change))
                self.assert_on_time()

    def test_one_that_runs_fast(self):
        self.start(None, clock_off.at(speed=1.02))
        self.assert_on_time()

    def test_a_dead_process_whose_lease_ends_an_hour_ahead_is_taken_over(self):
        # As Redis's clock leaves it that was an hour ahead and is right again.
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.stack.control("/delay", body={"ms": 60_000})
        sent = self.load("bulk", 5, "--recipients", 20, "--platforms", "android")
        settings = {"engine": {"lease": "3s", "takeover_scan": "500ms"}}
        dead = self.stack.start_engine(settings)
        with self.stack.redis() as redis:
            wait_until(lambda: self.stack.lanes(redis)["bulk"][1] == 5, 20, "all read")
            dead.process.kill()
            name, = redis.command("ZRANGE", self.stack.key("owners"), 0, -1)
            redis.command("ZADD", self.stack.key("owners"), int(time.time() + 3_600) * 1_000, name)
        self.stack.control("/delay", body={"ms": 0})
        self.stack.start_engine(settings)
        jobs = self.wait_jobs_ended(5, timeout=20)
        self.assertEqual(len(sent), sum(job["delivered"] for job in jobs))

    def restart(self):
        self.stack.stop_processes()
        self.stack.__exit__(None)
        self.stack = type(self.stack)(providers=self.providers)


if __name__ == "__main__":
    unittest.main()

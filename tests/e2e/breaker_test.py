"""A provider that dies and comes back."""

import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until

SAMPLE = 20
STREAMS = 20
PROBES = 3
SETTINGS = {
    "fcm.default": {"max_connections": 1, "max_streams": STREAMS},
    "breaker": {"open_for": "1s", "open_for_max": "2s", "probes": PROBES, "sample": SAMPLE},
}


class Breaker(EndToEnd):
    providers = ("fcm", "apns")

    def breakers(self, redis):
        return [redis.hash(key) for key in redis.scan(self.stack.key("breaker:") + "*")]

    def wait_state(self, redis, state):
        return wait_until(lambda: [each for each in self.breakers(redis) if each.get("state") == state], 20,
                          f"a breaker {state}", every=0.01)

    def refused(self):
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        return [row for row in self.stack.ledger.rows if row.status == 503]

    def assert_only_probes(self, engine, refused):
        """What a dead provider got: what opened the breaker, what was in flight, then nothing but probes."""
        half_open = engine.metrics().sum("dispatch_breaker_transitions_total", to="half_open")
        self.assertLessEqual(len(refused), SAMPLE + STREAMS + PROBES * half_open)
        first = refused[0].at_ms
        later = [row for row in refused if row.at_ms - first > 900]
        self.assertLessEqual(len(later), PROBES * half_open)

    def test_a_provider_that_dies_amidst_is_left_alone_and_everything_arrives_later(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        engine = self.stack.start_engine(SETTINGS)
        record = self.stack.directory / "paced.tsv"
        loader = self.stack.start("loader", self.stack.ctl_argv(
            "load", "--rate", 300, "--jobs", 3_000, "--with-id", "--platforms", "android", "--quiet", "--record", record))
        with self.stack.redis() as redis:
            healthy = 1_500
            wait_until(lambda: self.stack.control("/stats", "GET")["by_provider"]["fcm"] >= healthy, 30, "5 s of health")
            self.stack.control("/faults", body={"provider": "fcm", "status": 503})
            self.wait_state(redis, "open")
            self.wait_state(redis, "half_open")
            self.wait_state(redis, "open")
            refused = self.refused()
            self.assert_only_probes(engine, refused)
            self.stack.control("/faults", "DELETE")
            self.assertEqual(0, loader.wait(30))
            jobs = self.wait_jobs_ended(3_000)
            self.assertEqual(["closed"], [each["state"] for each in self.breakers(redis)])
            self.assertEqual(0, redis.command("XLEN", self.stack.key("dead")))
        with open(record, encoding="ascii") as file:
            sent = [line.rstrip("\n").split("\t")[6] for line in file]
        self.assert_accounted(jobs, sent, delivered=3_000)

    def test_a_provider_that_is_down_from_the_start_gets_no_more_than_probes(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.stack.control("/faults", body={"provider": "fcm", "status": 503})
        sent = self.load("bulk", 10, "--recipients", 200, "--platforms", "android")
        engine = self.stack.start_engine(SETTINGS)
        with self.stack.redis() as redis:
            self.wait_state(redis, "open")
            self.wait_state(redis, "half_open")
            self.wait_state(redis, "open")
            self.assert_only_probes(engine, self.refused())
            self.stack.control("/faults", "DELETE")
            jobs = self.wait_jobs_ended(10)
            self.assertEqual(0, redis.command("XLEN", self.stack.key("dead")))
        self.assert_accounted(jobs, sent, delivered=2_000)

    def test_one_provider_down_does_not_hold_up_the_other(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.stack.control("/faults", body={"provider": "fcm", "status": 503})
        self.stack.start_engine(SETTINGS)
        self.load("bulk", 10, "--recipients", 200, "--platforms", "android:1,ios:1")
        with self.stack.redis() as redis:
            self.wait_state(redis, "open")
            ios = wait_until(lambda: self.ios_delivered() or None, 20, "all of iOS delivered")
            self.assertGreater(ios, 0)
            self.stack.control("/faults", "DELETE")
        self.wait_jobs_ended(10)

    def ios_delivered(self):
        """How many, once it is all of them."""
        with open(self.stack.directory / "bulk.tsv", encoding="ascii") as file:
            wanted = sum(1 for line in file if line.split("\t")[4] == "ios")
        return wanted if self.stack.control("/stats", "GET")["by_provider"]["apns"] >= wanted else 0


if __name__ == "__main__":
    unittest.main()

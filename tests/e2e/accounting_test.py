"""Every recipient ends once, and everybody's counts agree."""

import collections
import unittest

from e2e.case import EndToEnd

FAULTS = ("--dead", 0.01, "--flaky503", 0.01, "--flaky429", 0.005)


class Accounting(EndToEnd):
    providers = ("fcm", "apns")

    def test_a_mix_of_jobs_and_faults_is_accounted_for_to_the_last_recipient(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        engine = self.stack.start_engine()
        sent = self.load("bulk", 10, "--recipients", 300, "--tenants", 2, *FAULTS)
        sent |= self.load("normal", 1_000, *FAULTS)
        sent |= self.load("high", 200)
        jobs = self.wait_jobs_ended(1_210)

        fates = collections.Counter(fate for _, fate in sent.values())
        self.assertGreater(fates["flaky503"], 0)
        self.assertGreater(fates["flaky429"], 0)
        self.assert_accounted(jobs, sent, delivered=4_200 - fates["dead"], invalid_token=fates["dead"])
        with self.stack.redis() as redis:
            self.assertEqual(fates["dead"], redis.command("XLEN", self.stack.key("tokens")))
            self.assertEqual(0, redis.command("XLEN", self.stack.key("dead")))
        self.assertEqual(4_200, engine.metrics().sum("dispatch_notifications_total"))

    def test_jobs_stored_before_the_engine_started_are_sent(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        sent = self.load("normal", 500)
        self.stack.start_engine()
        self.assert_accounted(self.wait_jobs_ended(500), sent, delivered=500)

    def test_an_engine_that_is_stopped_leaves_the_rest_to_the_next(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.stack.control("/delay", body={"ms": 20})
        first = self.stack.start_engine()
        sent = self.load("bulk", 40, "--recipients", 500)
        self.assertEqual(0, first.process.stop())
        with self.stack.redis() as redis:
            self.assertGreater(redis.command("XLEN", self.stack.key("jobs:bulk")), 0, "it was to be stopped amidst")
        self.stack.control("/delay", body={"ms": 0})
        self.stack.start_engine()
        self.assert_accounted(self.wait_jobs_ended(40), sent, delivered=20_000)


if __name__ == "__main__":
    unittest.main()

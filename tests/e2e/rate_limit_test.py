"""A provider's rate limit, seen from the provider."""

import unittest

from e2e.case import EndToEnd
from e2e.ledger import fullest_second

RATE = 1_000
BURST = 100
RECIPIENTS = 12_000


class RateLimit(EndToEnd):
    providers = ("fcm", "apns")

    def sent_with(self, engines):
        self.stack.start_redis()
        self.stack.start_sandbox()
        for _ in range(engines):
            self.stack.start_engine({"fcm.default": {"rate": RATE}})
        sent = self.load("bulk", RECIPIENTS // 100, "--recipients", 100, "--platforms", "android")
        self.assert_accounted(self.wait_jobs_ended(RECIPIENTS // 100), sent, delivered=RECIPIENTS)
        times = sorted(row.at_ms for row in self.stack.ledger.rows)
        return (times[-1] - times[0]) / 1000

    def assert_kept(self, seconds):
        self.assertLessEqual(fullest_second(self.stack.ledger.rows), RATE * 1.02 + BURST)
        self.assertGreaterEqual(RECIPIENTS / seconds, 0.95 * RATE)

    def test_one_engine_keeps_the_rate_and_uses_it(self):
        self.assert_kept(self.sent_with(1))

    def test_two_engines_share_the_rate(self):
        self.assert_kept(self.sent_with(2))


if __name__ == "__main__":
    unittest.main()

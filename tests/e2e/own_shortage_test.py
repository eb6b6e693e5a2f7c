"""What the engine itself lacks is nobody else's fault: at its limit of descriptors everything waits, and is delivered."""

import json
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until
from e2e.receiver import Receiver

LIMIT = 64
HOSTS, EACH = 120, 3


class OwnShortage(EndToEnd):
    def test_without_descriptors_webhooks_wait_and_no_host_is_blamed(self):
        # Longer than a connection idles: at most so many hosts' connections as there are descriptors at a time.
        receiver = Receiver(delay=0.5)
        self.addCleanup(receiver.close)
        self.stack.start_redis()
        self.stack.start_sandbox()
        engine = self.stack.start_engine(
            {"platforms": {"webhook": "webhook", "android": "none", "ios": "none", "web": "none"},
             "webhook.default": {"allow_http": True}},
            under=("/bin/sh", "-c", f'ulimit -n {LIMIT} && exec "$0" "$@"'))
        urls = [receiver.url(f"127.0.1.{host + 1}", number) for number in range(EACH) for host in range(HOSTS)]
        document = {"id": "all", "message": {"title": "T"},
                    "recipients": [{"platform": "webhook", "url": url} for url in urls]}
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(document))

        def done():
            self.assertTrue(engine.process.alive())
            with self.stack.redis() as redis:
                (job,) = self.stack.jobs(redis) or [{"state": ""}]
            return job if job["state"] == "done" else None
        job = wait_until(done, 90, "all delivered", every=0.2)
        self.assertEqual(len(urls), job["delivered"], job)
        self.assertEqual({}, receiver.repeats())

        metrics = engine.metrics()
        shortages = metrics.sum("dispatch_resource_shortage_total", resource="descriptors")
        self.assertGreater(shortages, 0)
        self.assertEqual(0, metrics.sum("dispatch_breaker_transitions_total"))
        self.assertEqual(0, metrics.sum("dispatch_retries_total"))
        said = [line for line in engine.log_lines() if line["event"] == "shortage"]
        self.assertEqual(["descriptors"], sorted({line["resource"] for line in said}))
        self.assertLessEqual(len(said), 3, "once a change, not once an attempt")


if __name__ == "__main__":
    unittest.main()

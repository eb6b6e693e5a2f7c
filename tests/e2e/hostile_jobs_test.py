"""Jobs made to be expensive: whatever one tenant hands in, the engine stays within its memory, Redis within a multiple
of the jobs' size, and another tenant's urgent notifications go out in time."""

import json
import time
import unittest

from e2e.case import EndToEnd
from e2e.process import free_port, wait_until

MIB = 1 << 20
MEMORY = 512 * MIB
RECIPIENT = 1024  # bytes of Redis that each may cost beside three times its job's size


def peak_memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        found = next(line for line in file if line.startswith("VmHWM:"))
    return int(found.split()[1]) * 1024


class HostileJobs(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.engine = self.stack.start_engine({"platforms": {"webhook": "webhook", "android": "fcm"},
                                               "results": {"level": "all"}})

    def used(self, redis):
        return int(next(line.split(":")[1] for line in redis.command("INFO", "memory").splitlines()
                        if line.startswith("used_memory:")))

    def hand_in(self, redis, documents, lane="jobs:bulk"):
        for document in documents:
            redis.command("XADD", self.stack.key(lane), "*", "job", document)

    def unreachable(self, name, urls):
        """Its message is large, and of no use to its recipients."""
        return json.dumps({"id": name, "tenant": "hostile", "message": {"title": "t"},
                           "overrides": {"android": {"notification": {"body": "x" * 600_000}}},
                           "recipients": [{"platform": "webhook", "url": url} for url in urls]})

    def urgent(self, redis, count):
        """Single notifications of another tenant, one after the other: how long each took until its outcome."""
        took = []
        for number in range(count):
            name = f"urgent-{number}"
            began = time.monotonic()
            self.hand_in(redis, [json.dumps({"id": name, "tenant": "good", "message": {"title": "Hi"}, "recipients": [
                {"platform": "android", "token": f"token-{number}"}]})], "jobs:high")
            key = self.stack.key(f"job:good:{name}")
            wait_until(lambda: redis.command("HGET", key, "state") == "done", 20, f"{name} done", every=0.005)
            took.append(time.monotonic() - began)
            self.assertEqual(redis.command("HGET", key, "delivered"), "1")
        return sorted(took)

    def within_bounds(self, documents, recipients):
        with self.stack.redis() as redis:
            before = self.used(redis)
            size = sum(map(len, documents))
            self.hand_in(redis, documents)
            took = self.urgent(redis, 400)

            def parked():
                lanes = self.stack.lanes(redis)
                return lanes["bulk"] == (0, 0)
            most = [0]

            def watched():
                most[0] = max(most[0], self.used(redis) - before)
                return parked()
            wait_until(watched, 60, "all of it tried and parked", every=0.2)
            left = [int(redis.command("HGET", key, "left")) for key in redis.scan(self.stack.key("job:hostile:*"))]
            self.assertEqual(sum(left), recipients, "all of them wait to be tried again")
        self.assertTrue(self.engine.process.alive())
        p99 = took[len(took) * 99 // 100 - 1]
        memory = peak_memory(self.engine.process.pid)
        print(f"{len(documents)} jobs, {size / MIB:.1f} MiB: Redis +{most[0] / MIB:.1f} MiB, engine {memory / MIB:.0f} MiB, "
              f"urgent p99 {p99 * 1000:.0f} ms, most {took[-1] * 1000:.0f} ms")
        self.assertLessEqual(most[0], 3 * size + RECIPIENT * recipients)
        self.assertLessEqual(memory, MEMORY)
        self.assertLessEqual(p99, 1.0)

    def test_a_message_that_is_parked_with_thousands_of_recipients_is_stored_once(self):
        closed = free_port()
        documents = [self.unreachable(f"one-{job}", [f"https://127.0.0.1:{closed}/{at}" for at in range(6000)])
                     for job in range(5)]
        self.within_bounds(documents, 5 * 6000)

    def test_thousands_of_hosts_share_their_jobs_message(self):
        # Nobody listens on 127.77.0.0/16.
        documents = [self.unreachable(f"many-{job}", [f"https://127.77.{at // 250}.{at % 250 + 1}:9/x"
                                                      for at in range(4000)]) for job in range(3)]
        self.within_bounds(documents, 3 * 4000)


if __name__ == "__main__":
    unittest.main()

"""One caller's jobs, however hostile, end neither the engine nor what others have to send."""

import json
import resource
import time
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until
from e2e.receiver import Receiver

MIB = 1 << 20
PLACES = 4_096


class OneCaller(EndToEnd):
    providers = ("fcm",)

    def add(self, lane, document):
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key(lane), "*", "job", json.dumps(document))

    def job(self, tenant, name):
        with self.stack.redis() as redis:
            found = [job for job in self.stack.jobs(redis) if (job["tenant"], job["id"]) == (tenant, name)]
        return found[0] if found else None

    def wait_done(self, tenant, name, timeout):
        def done():
            job = self.job(tenant, name)
            return job if job and job["state"] == "done" else None
        return wait_until(done, timeout, f"{tenant} {name} done", every=0.05)

    # Texts that become 1.2 GB a recipient ---------------------------------------------------------------------

    def hostile(self, number, field):
        """A good second recipient, or the job would be refused."""
        text = "{{v}}" * 4_000
        message = {"title": "T", **({"data": {"a": text}} if field == "data" else {field: text})}
        target = ({"platform": "android", "token": f"t{number}"} if number % 2 else
                  {"platform": "webhook", "url": self.stack.endpoints["webhook"]["url"] + f"h{number}"})
        return {"id": f"h{number}", "tenant": "mallory", "message": message,
                "recipients": [{**target, "vars": {"v": "x" * 300_000}}, {**target, "vars": {"v": ""}}]}

    def test_texts_that_become_gigabytes_are_not_made(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        engine = self.stack.start_engine({"platforms": {"webhook": "webhook", "android": "fcm"},
                                          "results": {"level": "all"}})
        with open(f"/proc/{engine.process.pid}/status", encoding="ascii") as status:
            size = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize:"))
        limit = size + 300 * MIB
        resource.prlimit(engine.process.pid, resource.RLIMIT_AS, (limit, limit))

        fields = ["title", "body", "link", "image", "data"]
        for number in range(40):
            self.add("jobs:high", self.hostile(number, fields[number % len(fields)]))
        # Refused: more placeholders than a job may have; texts that fit nobody.
        self.add("jobs:high", {"id": "r1", "tenant": "mallory", "message": {"title": "{{v}}" * 40_000},
                               "recipients": [{"platform": "android", "token": "r", "vars": {"v": "x" * 300_000}}]})
        self.add("jobs:high", {"id": "r2", "tenant": "mallory", "message": {"title": "{{v}}" * 4_000},
                               "recipients": [{"platform": "android", "token": "r", "vars": {"v": "x" * 300_000}}]})
        begun = time.monotonic()
        self.add("jobs:high", {"id": "good", "tenant": "alice", "message": {"title": "T"},
                               "recipients": [{"platform": "android", "token": f"g{n}"} for n in range(200)]})
        good = self.wait_done("alice", "good", 20)
        self.assertEqual(200, good["delivered"])
        self.assertLess(time.monotonic() - begun, 10)
        for number in range(40):
            job = self.wait_done("mallory", f"h{number}", 30)
            self.assertEqual((1, 1), (job["failed"], job["delivered"]), job)
        with self.stack.redis() as redis:
            reasons = {fields.get("reason") for _, fields in redis.stream(self.stack.key("results"))
                       if fields["outcome"] == "failed"}
            letters = [fields for _, fields in redis.stream(self.stack.key("dead"))]
        self.assertEqual({"payload_too_large"}, reasons)
        self.assertEqual(["/message", "/message/title"], sorted(letter["detail"].split(":")[0] for letter in letters))
        self.assertTrue(engine.process.alive())

    # More hosts than there are places -------------------------------------------------------------------------

    def test_a_job_to_more_hosts_than_there_are_places_leaves_room_for_others(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self.stack.start_redis()
        self.stack.start_sandbox()
        engine = self.stack.start_engine(
            {"platforms": {"webhook": "webhook", "android": "none", "ios": "none", "web": "none"},
             "webhook.default": {"allow_http": True, "max_connections": 1}})
        hosts = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(PLACES + 104)]
        self.add("jobs", {"id": "many", "tenant": "mallory", "message": {"title": "T"},
                          "recipients": [{"platform": "webhook", "url": receiver.url(host)} for host in hosts]})
        wait_until(lambda: receiver.received() > 1_000, 30, "a thousand sent")
        begun = time.monotonic()
        self.add("jobs", {"id": "one", "tenant": "alice", "message": {"title": "T"},
                          "recipients": [{"platform": "webhook", "url": receiver.url("127.2.0.1")}]})
        self.assertEqual(1, self.wait_done("alice", "one", 20)["delivered"])
        self.assertLess(time.monotonic() - begun, 10)
        job = self.wait_done("mallory", "many", 120)
        self.assertEqual((len(hosts), 0), (job["delivered"], job["dead"]), job)
        self.assertEqual({}, receiver.repeats())
        self.assertEqual(len(hosts) + 1, receiver.received())
        metrics = engine.metrics()
        self.assertGreater(metrics.sum("dispatch_origins_unplaced_total"), 0)


if __name__ == "__main__":
    unittest.main()

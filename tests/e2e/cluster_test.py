"""A Redis in cluster mode, and a namespace with a hash tag: every command and script keeps to one slot."""

import json
import signal
import unittest

from e2e.case import EndToEnd
from e2e.ingest import Api, job, key_section, listening
from e2e.process import free_port, wait_until


class Cluster(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.namespace = "{dispatch-0}"
        self.stack.start_redis("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
        with self.stack.redis() as redis:
            redis.command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            wait_until(lambda: "cluster_state:ok" in str(redis.command("CLUSTER", "INFO")), 20, "the cluster up")
        self.stack.start_sandbox()
        self.port, sections = listening(key=key_section("key"))
        self.engine = self.stack.start_engine({**sections, "limits": {"tenant_rate": 5_000}})
        self.api = Api(self.port, "key")

    def delivered(self, count):
        def sent():
            self.stack.control("/ledger/flush")
            self.stack.ledger.read()
            return len(self.stack.ledger.rows) >= count
        wait_until(sent, 30, f"{count} sent")
        self.assertEqual({}, self.stack.ledger.repeats())

    def check_no_complaint(self):
        """Redis refused nothing for the slot of its key."""
        with self.stack.redis() as redis:
            errors = str(redis.command("INFO", "errorstats"))
        for word in ("CROSSSLOT", "MOVED", "CLUSTERDOWN"):
            self.assertNotIn(word, errors)
        for line in self.engine.log_lines():
            self.assertNotIn("slot", json.dumps(line).lower())

    def test_what_comes_in_every_way_is_sent_and_followed(self):
        kind = {"Content-Type": "application/x-ndjson"}
        lines = "".join(json.dumps({"platform": "android", "token": f"many-{i}"}) + "\n" for i in range(300))
        self.assertEqual(202, self.api.call("POST", "/v1/audiences/all", lines, kind).status)
        self.assertEqual(202, self.api.submit({"id": "many", "message": {"title": "T"}, "audience": "all"}, "bulk").status)
        self.assertEqual(202, self.api.submit(job(*(f"few-{i}" for i in range(50)), id="few"), "high").status)
        pushes = {"notifications": [{"tokens": [f"push-{i}"], "platform": 2, "message": "Hi"} for i in range(20)]}
        self.assertEqual(200, self.api.call("POST", "/api/push", pushes, {"Idempotency-Key": "1"}).status)
        self.assertEqual(200, self.api.call("POST", "/api/push", pushes, {"Idempotency-Key": "1"}).status)
        self.stack.ctl("send", "--platform", "android", "--token", "ctl-1", "--title", "Hi")
        self.delivered(300 + 50 + 20 + 1)
        for name in ("many", "few"):
            wait_until(lambda: self.api.call("GET", f"/v1/jobs/{name}").json()["state"] == "done", 20, name)
        with self.stack.redis() as redis:
            wait_until(lambda: self.stack.lanes_empty(redis), 20, "the lanes empty")
        self.check_no_complaint()

    def test_orders_waiting_work_and_take_overs_keep_to_the_slot(self):
        self.stack.ctl("lane", "pause", "normal")
        for name in ("stopped", "held"):
            self.assertEqual(202, self.api.submit(job(f"{name}-1", f"{name}-2", id=name)).status)
        self.assertEqual(200, self.api.call("DELETE", "/v1/jobs/stopped").status)
        self.assertEqual(200, self.api.call("POST", "/v1/jobs/held/pause").status)
        self.stack.ctl("lane", "resume", "normal")
        self.assertEqual(202, self.api.submit(job("later", id="later", send_at="2099-01-01T00:00:00Z")).status)
        wait_until(lambda: self.api.call("GET", "/v1/jobs/stopped").json()["outcomes"]["cancelled"] == 2, 20, "cancelled")
        self.assertEqual(200, self.api.call("POST", "/v1/jobs/held/resume").status)
        self.delivered(2)
        # What one process leaves, the next takes over.
        self.engine.process.send(signal.SIGKILL)
        port, sections = listening(key=key_section("key"))
        self.engine = self.stack.start_engine(sections)
        self.assertEqual(202, Api(port, "key").submit(job("after")).status)
        self.delivered(3)
        for args in (("job", "ls"), ("dead", "ls"), ("breaker", "ls"), ("lane", "ls")):
            self.stack.ctl(*args)
        self.assertEqual(200, Api(port, "key").call("DELETE", "/v1/jobs/later").status)
        self.check_no_complaint()


if __name__ == "__main__":
    unittest.main(verbosity=2)

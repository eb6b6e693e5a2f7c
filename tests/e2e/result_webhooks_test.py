"""Results posted to tenants: everything, at least once, signed, and nobody's but those who asked for it."""

import collections
import json
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until

PLATFORMS = {"platforms": {"webhook": "webhook", "android": "fcm"}}
RECIPIENTS = 2_000


class ResultWebhooks(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.taken_file = self.stack.directory / "webhooks.jsonl"
        self.stack.start_sandbox("--webhook-log", str(self.taken_file))
        self.url = self.stack.endpoints["webhook"]["url"] + "results"

    def engine(self, results, engine=None, **webhook):
        return self.stack.start_engine({**PLATFORMS, "engine": engine or {}, "webhook.default": webhook, "breaker": {"open_for": "500ms"},
                                        "tenants.told": {"results_url": self.url, "results": results}})

    def send(self, job, tokens, tenant="told", lane="jobs"):
        document = {"id": job, "tenant": tenant, "message": {"title": "T"},
                    "recipients": [{"platform": "android", "token": token, "id": f"u{number}"}
                                   for number, token in enumerate(tokens)]}
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key(lane), "*", "job", json.dumps(document), "correlation_id", f"c-{job}")

    def taken(self):
        """Bodies by webhook-id; a repeat must be the same."""
        bodies = {}
        if self.taken_file.exists():
            for line in self.taken_file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.assertEqual(row["body"], bodies.setdefault(row["webhook_id"], row["body"]))
        return bodies

    def told(self, kind):
        return [body["data"] for body in self.taken().values() if body["type"] == kind]

    def wait_posted(self, timeout=60):
        """Until nothing is in the outbox, parked, scheduled or counted as open."""
        key = self.stack.key
        with self.stack.redis() as redis:
            def nothing_left():
                pending = redis.command("XPENDING", key("outbox"), "dispatchers")[0]
                waiting = [redis.command("XLEN", name) for name in redis.scan(key("wait:*"))]
                counts = (redis.command("XLEN", key("outbox")), pending, redis.command("ZCARD", key("due")), sum(waiting),
                          int(redis.command("HGET", key("outbox:state"), "open") or 0))
                return not any(counts)
            wait_until(nothing_left, timeout, "everything posted", every=0.1)

    def tokens(self, prefix):
        """Most good, some dead, some tried again, some refused for good."""
        kinds = {7: "dead-", 11: "flaky503-1-", 13: "fail-400-INVALID_ARGUMENT-"}
        return [kinds.get(number % 20, "") + f"{prefix}{number}" for number in range(RECIPIENTS)]

    def expected(self, tokens):
        return {number: "invalid_token" if token.startswith("dead-") else "failed" if token.startswith("fail-") else
                "delivered" for number, token in enumerate(tokens)}

    def assert_all_told(self, job, tokens, which=lambda outcome: True):
        """Every outcome as it must be, and the completion with the sums of the job's own record."""
        want = {index: outcome for index, outcome in self.expected(tokens).items() if which(outcome)}
        found = collections.defaultdict(set)
        for post in self.told("job.outcomes"):
            if post["job_id"] != job:
                continue
            self.assertEqual(("told", f"c-{job}"), (post["tenant"], post["correlation_id"]))
            self.assertLessEqual(len(post["outcomes"]), 128)
            for each in post["outcomes"]:
                self.assertEqual((f"u{each['index']}", "android"), (each["recipient_id"], each["platform"]))
                found[each["index"]].add(each["outcome"])
        self.assertEqual({index: {outcome} for index, outcome in want.items()}, dict(found))
        with self.stack.redis() as redis:
            (record,) = [each for each in self.stack.jobs(redis) if each["id"] == job]
        ends = [post for post in self.told("job.completed") if post["job_id"] == job]
        self.assertEqual(1, len(ends), ends)
        self.assertEqual(("done", RECIPIENTS), (ends[0]["state"], ends[0]["total"]))
        self.assertEqual({name: record[name] for name in ends[0]["counts"]}, ends[0]["counts"])
        self.assertEqual(RECIPIENTS, sum(ends[0]["counts"].values()))

    def test_every_outcome_and_the_completion_are_posted(self):
        engine = self.engine("all")
        tokens = self.tokens("t")
        self.send("all", tokens)
        self.wait_jobs_ended(1)
        self.wait_posted()
        self.assert_all_told("all", tokens)
        text = self.taken_file.read_text(encoding="utf-8")
        self.assertFalse([token for token in tokens if "-" in token and token in text], "tokens stay here")
        rows = [row for row in self.rows() if row.provider == "webhook"]
        self.assertEqual({200}, {row.status for row in rows}, "the sandbox checks every signature")
        posts = len(self.taken())
        self.assertEqual(posts, engine.metrics().sum("dispatch_notifications_total", platform="webhook", outcome="delivered"))
        with self.stack.redis() as redis:
            told = [fields["job"] for _, fields in redis.stream(self.stack.key("results"))]
        self.assertEqual({"all"}, set(told), "posts are no results themselves")

    def rows(self):
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def test_failures_are_only_those(self):
        self.engine("failures")
        tokens = self.tokens("t")
        self.send("failures", tokens)
        self.wait_jobs_ended(1)
        self.wait_posted()
        self.assert_all_told("failures", tokens, lambda outcome: outcome != "delivered")

    def test_nothing_is_missing_after_a_kill(self):
        lease = {"lease": "1s", "takeover_scan": "200ms", "max_in_flight": 200}
        tokens = self.tokens("t")
        self.stack.control("/delay", body={"ms": 100})
        for kills in range(3):
            engine = self.engine("all", lease)
            if kills == 0:
                self.send("killed", tokens)
            with self.stack.redis() as redis:
                # Once with little done, once with much, each time with posts under way.
                def under_way(least=200 + 600 * kills):
                    (job,) = self.stack.jobs(redis) or [None]
                    return job and sum(job[name] for name in ("delivered", "failed", "invalid_token")) >= least
                wait_until(under_way, 30, "some outcomes", every=0.005)
            engine.process.kill()
        self.engine("all", lease)
        self.stack.control("/delay", body={"ms": 0})
        self.wait_jobs_ended(1)
        self.wait_posted()
        self.assert_all_told("killed", tokens)

    def test_what_the_receiver_does_not_take_comes_later_under_the_same_id(self):
        self.engine("all", schedule=["200ms"] * 60)
        self.stack.control("/faults", body={"provider": "webhook", "status": 503})
        tokens = self.tokens("t")
        self.send("later", tokens)
        self.wait_jobs_ended(1)
        wait_until(lambda: len([row for row in self.rows() if row.status == 503 and row.provider == "webhook"]) > 5, 20,
                   "the receiver asked, and asked again")
        self.assertEqual({}, self.taken())
        self.stack.control("/faults?provider=webhook", method="DELETE")
        self.wait_posted()
        self.assert_all_told("later", tokens)
        statuses = collections.defaultdict(set)
        for row in self.rows():
            if row.provider == "webhook":
                statuses[row.dedupe].add(row.status)
        self.assertEqual(set(self.taken()), set(statuses), "no other ids")
        self.assertTrue(any(seen == {503, 200} for seen in statuses.values()))

    def test_a_tenant_that_did_not_ask_is_told_nothing(self):
        self.engine("all")
        self.send("quiet", self.tokens("t"), tenant="other")
        self.wait_jobs_ended(1)
        with self.stack.redis() as redis:
            self.assertEqual(0, redis.command("XLEN", self.stack.key("outbox")))
            self.assertEqual(0, redis.command("EXISTS", self.stack.key("outbox:state")))
        self.assertEqual({}, self.taken())

    def test_a_paused_results_lane_keeps_the_posts(self):
        self.engine("completion")
        self.stack.ctl("lane", "pause", "results")
        self.send("paused", ["a", "b"])
        self.wait_jobs_ended(1)
        with self.stack.redis() as redis:
            self.assertEqual(1, redis.command("XLEN", self.stack.key("outbox")))
        lanes = {lane["lane"]: lane for lane in json.loads(self.stack.ctl("lane", "ls", "--json"))}
        self.assertEqual((True, 1), (lanes["results"]["paused"], lanes["results"]["depth"]))
        self.stack.ctl("lane", "resume", "results")
        self.wait_posted()
        self.assertEqual(["paused"], [post["job_id"] for post in self.told("job.completed")])


if __name__ == "__main__":
    unittest.main()

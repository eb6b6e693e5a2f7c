"""One key of each kind holds what it should not, one kind after the other: everything else is sent, nothing is sent
twice, it is said, and mended it goes on."""

import json
import time
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until
from e2e.stack import LANES

MENDED_S = 20.0
OTHERS_S = 10.0
# Who says that these are spoiled is not this engine: it is not asked for them, or it cannot know.
UNSAID = {"breaker:fcm:default", "suppressed:AAAAAAAAAAAAAAAAAAAAAA", "limit:fcm:default", "audience:t:none"}


class SpoiledKeys(EndToEnd):
    providers = ("fcm", "apns")

    def setUp(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.engine = self.stack.start_engine({"engine": {"lease": "2s", "takeover_scan": "1s"}})
        self.redis = self.stack.redis()
        self.addCleanup(self.redis.close)
        self.made = 0
        self.expected = set()

    # Work ----------------------------------------------------------------------------------------------------

    def job(self, lane="normal", count=1, tokens="", expected=True, slow=False, **more):
        """Stores a job; answers its id."""
        self.made += 1
        name = f"j{self.made}"
        # Some are answered later, so that a job with several is counted in steps.
        who = [{"platform": "android", "token": f"{'slow-700-' if slow and at % 2 else tokens}{name}-{at}"} for at in range(count)]
        document = {"id": name, "tenant": "t", "message": {"title": "x"}, **more}
        if "audience" not in more:
            document["recipients"] = who
        self.redis.command("XADD", self.stack.key(LANES[lane]), "*", "job", json.dumps(document))
        if expected:
            self.expected.update(each["token"] for each in who)
        return name

    def audience(self, name, count):
        who = [{"platform": "android", "token": f"{name}-{at}"} for at in range(count)]
        self.expected.update(each["token"] for each in who)
        self.redis.command("RPUSH", self.stack.key(f"audience:t:{name}"), *map(json.dumps, who))

    def record(self, job, field="state"):
        return self.redis.command("HGET", self.stack.key(f"job:t:{job}"), field)

    def wait_done(self, jobs, timeout, what):
        wait_until(lambda: all(self.record(job) == "done" for job in jobs), timeout, what, every=0.05)

    def others(self, lanes=("high", "normal", "bulk")):
        return [self.job(lane, count) for lane in lanes for count in (1, 1, 20)]

    def spoiled(self, kind):
        return dict((labels["kind"], value) for labels, value in
                    self.engine.metrics().each("dispatch_spoiled_keys")).get(kind, 0)

    # Spoiling ------------------------------------------------------------------------------------------------

    def through(self, key, kind=None, victim=None, lanes=("high", "normal", "bulk"), singles_only=False, before=None):
        """`key` becomes something of another type; `victim` then stores work that needs it and answers its jobs."""
        kind, name = kind or key, self.stack.key(key)
        with self.subTest(key=key):
            wanted = before() if before else []
            # In one step, or the engine makes it anew in between.
            self.redis.command("EVAL", "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end "
                               "if ARGV[1] == '1' then redis.call('RPUSH', KEYS[1], 'spoiled') else "
                               "redis.call('SET', KEYS[1], 'spoiled') end return 1", 2, name, name + ".kept",
                               1 if key in ("epoch", "suppressed") or key.startswith(("suppressed", "limit")) else 0)
            try:
                wanted += victim() if victim else []
                self.go_on(kind, key, wanted, lanes, singles_only)
            finally:
                self.redis.command("EVAL", "redis.call('DEL', KEYS[1]) if redis.call('EXISTS', KEYS[2]) == 1 then "
                                   "redis.call('RENAME', KEYS[2], KEYS[1]) end return 1", 2, name, name + ".kept")
            self.mended(key, wanted)

    def go_on(self, kind, key, wanted, lanes=("high", "normal", "bulk"), singles_only=False):
        others = [self.job(lane) for lane in lanes] if singles_only else self.others(lanes)
        self.wait_done(others, OTHERS_S, f"everything else while {key} is spoiled")
        if key not in UNSAID:
            wait_until(lambda: self.spoiled(kind) == 1, 10, f"{key} is said")
        for job in wanted:
            self.assertNotEqual("done", self.redis.pipeline([("HGET", self.stack.key(f"job:t:{job}"), "state")])[0], job)

    def mended(self, key, wanted):
        self.wait_done(wanted, MENDED_S, f"what needed {key}")

    def later(self, seconds=1.0):
        return {"send_at": time.time() + seconds}

    def test_one_key_of_each_kind(self):
        begin = time.monotonic()
        for key in ("meta", "results", "control", "paused", "suspects", "owners", "epoch", "endpoints", "spoiled",
                    "suppressed", "outbox", "outbox:state", "breaker:fcm:default", "limit:fcm:default",
                    "suppressed:AAAAAAAAAAAAAAAAAAAAAA", "audience:t:none"):
            self.through(key)
        self.through("jobs:high", lanes=("normal", "bulk"))
        self.through("tokens", victim=lambda: [self.job(tokens="dead-")])
        self.through("due", victim=lambda: [self.job(**self.later())])
        self.through("due:items", victim=lambda: [self.job(**self.later())])
        self.through("progress", victim=lambda: [self.job("bulk", 20, slow=True)], singles_only=True)
        self.through("dead", victim=self.malformed)
        wait_until(lambda: self.redis.command("XLEN", self.stack.key("dead")) == 1, MENDED_S, "the letter")
        for key, kind in (("waiting", "waiting"), ("wait:ready:bulk", "wait")):
            self.through(key, kind, victim=self.with_audience)
        self.through("taken:t:j%d" % (self.made + 1), "audience", victim=self.with_audience)
        self.through("job:t:j%d" % (self.made + 1), "job", before=self.under_way)
        self.values()
        self.own_record()
        wait_until(lambda: self.engine.metrics().sum("dispatch_spoiled_keys") == 0, MENDED_S, "all are said to be mended")
        print(f"{time.monotonic() - begin:.1f} s")
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        sent = [row.token for row in self.stack.ledger.rows]
        self.assertEqual(sorted(self.expected), sorted(sent), "everybody exactly once")

    def own_record(self):
        """Of the process itself: nothing goes on without it, and everything with it."""
        [name] = self.redis.scan(self.stack.key("owner:*"))
        with self.subTest(key="owner"):
            self.redis.command("RENAME", name, name + ".kept")
            self.redis.command("SET", name, "spoiled")
            jobs = self.others()
            wait_until(lambda: self.spoiled("owner") == 1, 10, "its own record is said")
            self.redis.command("RENAME", name + ".kept", name)
            self.mended("owner", jobs)

    def malformed(self):
        self.redis.command("XADD", self.stack.key("jobs"), "*", "job", "{")
        return []

    def with_audience(self):
        name = f"a{self.made + 1}"
        self.audience(name, 50)
        return [self.job("bulk", audience=name, expected=False)]

    def under_way(self):
        """A job of which some have been sent and counted."""
        job = self.job("bulk", 40, tokens="slow-300-")
        wait_until(lambda: self.record(job) == "running", 10, "it runs")
        return [job]

    def values(self):
        for field in ("left", "delivered", "state"):
            self.spoiled_field(field)
        self.spoiled_item()
        last = "18446744073709551615-18446744073709551615"
        tokens = self.stack.key("tokens")
        with self.subTest(value="tokens at its last id"):
            self.redis.command("RENAME", tokens, tokens + ".kept")
            self.redis.command("XADD", tokens, last, "a", "b")
            job = self.job(tokens="dead-")
            self.go_on("tokens", "tokens", [job])
            self.redis.command("DEL", tokens)
            self.mended("tokens", [job])
        self.redis.command("SADD", self.stack.key("waiting"), "no tab", "odd\tlane", "\t")
        self.go_on("", "breaker:fcm:default", [])

    def spoiled_field(self, field):
        [job] = self.under_way()
        key = self.stack.key(f"job:t:{job}")
        # In one step, or a count is lost in between.
        kept = self.redis.command("EVAL", "local kept = redis.call('HGET', KEYS[1], ARGV[1]) "
                                  "redis.call('HSET', KEYS[1], ARGV[1], 'abc') return kept", 1, key, field)
        with self.subTest(job=field):
            self.go_on("job", field, [job])
            self.redis.command(*(("HSET", key, field, kept) if kept else ("HDEL", key, field)))
            self.mended(field, [job])

    def spoiled_item(self):
        job = self.job(**self.later(3))
        items, kept = self.stack.key("due:items"), self.stack.key("kept")
        wait_until(lambda: self.redis.command("HLEN", items) == 1, 10, "it is scheduled")
        [item] = self.redis.command("HKEYS", items)
        with self.subTest(due="no MessagePack"):
            self.redis.command("EVAL", "redis.call('SET', KEYS[2], redis.call('HGET', KEYS[1], ARGV[1])) "
                               "redis.call('HSET', KEYS[1], ARGV[1], 'no MessagePack')", 2, items, kept, item)
            self.go_on("due:items", "due:items", [job])
            self.redis.command("EVAL", "redis.call('HSET', KEYS[1], ARGV[1], redis.call('GET', KEYS[2]))", 2, items, kept,
                               item)
            self.mended("due:items", [job])


if __name__ == "__main__":
    unittest.main()

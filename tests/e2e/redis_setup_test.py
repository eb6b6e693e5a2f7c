"""A Redis that is not set up for the engine: what keeps it from starting, or from being safe, is said once per change,
in the log and at /readyz; and mended, the engine goes on by itself."""

import unittest

from e2e.case import EndToEnd
from e2e.process import free_port, wait_until
from e2e.stack import call

NONE = {"platforms": {"android": "none", "ios": "none", "web": "none"}}


class RedisSetup(EndToEnd):
    def start(self, **redis):
        self.engine = self.stack.start_engine({**NONE, "redis": redis}, ready=False)

    def user(self, *rules):
        """A user whom Redis allows everything but what the rules take away; a change ends no connection."""
        with self.stack.redis() as redis:
            self.assertEqual("OK", redis.command("ACL", "SETUSER", "engine", "on", ">geheim", "~*", "&*", "+@all", *rules))
        return f"redis://engine:geheim@127.0.0.1:{self.stack.redis_port}"

    def readyz(self):
        status, body = call(self.engine.admin + "/readyz")
        return status, body["detail"] if isinstance(body, dict) else body

    def refused_with(self, word):
        def found():
            status, text = self.readyz()
            return status == 503 and word in text
        wait_until(found, 20, f"{word} at /readyz")
        lines = [line for line in self.engine.log_lines() if line["event"] == "redis_refuses"]
        self.assertTrue(any(word in line["detail"] for line in lines), lines)
        self.assertTrue(any(line["event"] == "not_ready" and word in line["missing"] for line in self.engine.log_lines()))
        self.assertNotIn("geheim", self.engine.process.tail(10_000))

    def assert_said_once(self):
        said = [(line["what"], line["detail"]) for line in self.engine.log_lines() if line["event"] == "redis_refuses"]
        self.assertEqual(sorted(set(said)), sorted(said))

    def test_a_user_without_time(self):
        self.stack.start_redis()
        self.start(url=self.user("-time"))
        self.refused_with("'time'")
        self.user()
        self.engine.wait_ready()
        self.assert_said_once()

    def test_a_user_without_scripts(self):
        self.stack.start_redis()
        self.start(url=self.user("-script"))
        wait_until(lambda: "script" in self.readyz()[1], 20, "the reason")
        self.user()
        self.engine.wait_ready()

    def test_what_a_user_loses_while_the_engine_runs(self):
        self.stack.start_redis()
        self.start(url=self.user())
        self.engine.wait_ready()
        for command in ("xreadgroup", "xread", "xack", "zadd"):
            self.user("-" + command)
            self.stack.ctl("send", "--id", command, "--token", "t", "--title", "T")
            self.refused_with(f"'{command}'")
            self.user()
            self.engine.wait_ready()
        with self.stack.redis() as redis:
            wait_until(lambda: sum(job["failed"] for job in self.stack.jobs(redis)) == 4, 20, "what waited goes on")

    def test_a_cluster_whose_keys_lie_apart(self):
        self.stack.start_redis("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
        with self.stack.redis() as redis:
            redis.command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        self.start(namespace="dispatch")
        self.refused_with("CROSSSLOT")
        self.assert_said_once()


class Durability(EndToEnd):
    def start(self, *redis):
        self.stack.start_redis(*redis)
        self.engine = self.stack.start_engine(NONE)

    def shown(self):
        return self.engine.metrics().each("dispatch_redis_durability")[0][1]

    def said(self):
        return [line["detail"] for line in self.engine.log_lines() if line["event"] == "durability"]

    def test_without_config_info_says_it(self):
        self.start("--rename-command", "CONFIG", "", "--maxmemory-policy", "allkeys-lru", "--appendonly", "no")
        wait_until(lambda: self.shown() == 0, 10, "not durable")
        wait_until(self.said, 5, "said")
        self.assertEqual(1, len(self.said()))
        for part in ("appendonly no", "allkeys-lru"):
            self.assertIn(part, self.said()[0])
        status, text = call(self.engine.admin + "/readyz")
        self.assertEqual((200, ["ready", self.said()[0]]), (status, text.splitlines()))

    def test_a_good_one_without_config_is_known_to_be_good(self):
        self.start("--rename-command", "CONFIG", "")
        wait_until(lambda: self.shown() == 1, 10, "durable")
        self.assertEqual([], self.said())

    def test_one_that_says_nothing_is_unknown(self):
        self.start("--rename-command", "CONFIG", "", "--rename-command", "INFO", "")
        wait_until(self.said, 10, "said")
        self.assertEqual(-1, self.shown())
        self.assertIn("does not say", self.said()[0])


if __name__ == "__main__":
    unittest.main()

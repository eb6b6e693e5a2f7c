"""What Redis answers when it cannot or will not: whichever it is, the engine neither ends nor spins, and goes on
afterwards."""

import time
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until
from e2e.resp import RedisError
from e2e.watched import Watched

HOLD_S = 2.0
JOBS, EACH = 60, 100
READ_AHEAD = 1_000
CORE = 0.10
LINES_A_SECOND = 10


class RedisFaults(EndToEnd):
    providers = ("fcm", "apns")

    def start(self, *options):
        self.stack.start_redis("--appendfsync", "always", "--enable-debug-command", "yes", *options)
        self.stack.start_sandbox()
        # So slow that the fault comes amidst the work.
        self.stack.control("/delay", body={"ms": 200})
        self.sent = self.load("bulk", JOBS, "--recipients", EACH)
        self.engine = self.stack.start_engine({"engine": {"max_in_flight": 200, "read_ahead": READ_AHEAD}})
        wait_until(lambda: self.taken() >= 500, 30, "load")

    def taken(self):
        return self.stack.control("/stats", "GET")["by_status"].get("200", 0)

    def hold(self, name, seconds=HOLD_S):
        """The engine under the fault."""
        watched = Watched(self.engine.process)
        time.sleep(seconds)
        watched.end()
        print(f"{name}: {watched}")
        self.assertTrue(self.engine.process.alive(), self.engine.process.tail())
        self.assertLessEqual(watched.core, CORE)
        self.assertLessEqual(watched.lines_a_second, LINES_A_SECOND)

    def assert_goes_on(self):
        self.stack.control("/delay", body={"ms": 0})
        self.assert_accounted(self.wait_jobs_ended(JOBS), self.sent, delivered=JOBS * EACH)
        self.assertTrue(self.engine.ready())

    def config(self, redis, **values):
        for name, value in values.items():
            redis.command("CONFIG", "SET", name.replace("_", "-"), value)

    def refusals(self, redis, code):
        lines = redis.command("INFO", "errorstats").splitlines()
        return sum(int(line.partition("=")[2]) for line in lines if line.startswith(f"errorstat_{code}:"))

    def through(self, code, begin, end):
        """The fault comes with `begin`, goes with `end`, and Redis did answer `code` meanwhile."""
        with self.stack.redis() as redis:
            begin(redis)
            self.hold(code)
            self.assertGreater(self.refusals(redis, code), 0, f"nobody was answered {code}")
            end(redis)
        self.assert_goes_on()

    def test_a_master_that_becomes_a_replica_and_a_master_again(self):
        self.start()
        self.through("READONLY", lambda redis: redis.command("REPLICAOF", "127.0.0.1", 1),
                     lambda redis: redis.command("REPLICAOF", "NO", "ONE"))

    def test_a_replica_that_serves_no_stale_data(self):
        self.start("--replica-serve-stale-data", "no")
        self.through("MASTERDOWN", lambda redis: redis.command("REPLICAOF", "127.0.0.1", 1),
                     lambda redis: redis.command("REPLICAOF", "NO", "ONE"))

    def test_memory_that_is_used_up(self):
        self.start()
        self.through("OOM", lambda redis: self.config(redis, maxmemory="1mb", maxmemory_policy="noeviction"),
                     lambda redis: self.config(redis, maxmemory=0))

    def test_snapshots_that_cannot_be_written(self):
        self.start("--save", "3600", "1")

        def begin(redis):
            (self.stack.directory / "redis" / "dump.rdb").mkdir()
            redis.command("BGSAVE")
            wait_until(lambda: "rdb_last_bgsave_status:err" in redis.command("INFO", "persistence"), 10, "a failed save")
        self.through("MISCONF", begin, lambda redis: self.config(redis, stop_writes_on_bgsave_error="no"))

    def test_too_few_replicas(self):
        self.start()
        self.through("NOREPLICAS", lambda redis: self.config(redis, min_replicas_to_write=1),
                     lambda redis: self.config(redis, min_replicas_to_write=0))

    def test_a_password_nobody_told_the_engine(self):
        self.start()

        def begin(redis):
            self.config(redis, requirepass="secret")
            redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self.through("NOAUTH", begin, lambda redis: self.config(redis, requirepass=""))

    def test_somebody_elses_script_without_end(self):
        self.start()

        def begin(redis):
            self.config(redis, busy_reply_threshold=100)
            self.busy = self.stack.redis()
            self.busy.send("EVAL", "while true do end", 0)
        with self.stack.redis() as redis:
            begin(redis)
            self.hold("BUSY")
            redis.command("SCRIPT", "KILL")
            with self.assertRaises(RedisError):
                self.busy.receive()
            self.busy.close()
            self.assertGreater(self.refusals(redis, "BUSY"), 0)
        self.assert_goes_on()

    def test_a_long_start(self):
        self.start()
        with self.stack.redis() as client:
            client.pipeline([("SET", "pad", at) for at in range(20_000)])
        redis = self.stack.processes[0]
        redis.kill()
        self.stack.processes.remove(redis)
        watched = Watched(self.engine.process)
        # Made for Redis's own tests: µs that it waits for each command it reads from its files.
        self.stack.start_redis("--appendfsync", "always", "--key-load-delay", "100")
        watched.end()
        print(f"LOADING: {watched}")
        self.assertLessEqual(watched.core, CORE)
        self.assertLessEqual(watched.lines_a_second, LINES_A_SECOND)
        with self.stack.redis() as client:
            self.assertGreater(self.refusals(client, "LOADING"), 0)
        self.assert_goes_on()

    def test_scripts_that_are_forgotten(self):
        self.start()
        with self.stack.redis() as redis:
            redis.command("SCRIPT", "FLUSH")
            before = self.taken()
            wait_until(lambda: self.taken() > before + 500, 10, "work again")
            self.assertGreater(self.refusals(redis, "NOSCRIPT"), 0)
        self.assert_goes_on()

    def test_a_group_that_vanishes_is_made_again_and_no_entry_is_skipped(self):
        self.start()
        with self.stack.redis() as redis:
            redis.command("XGROUP", "DESTROY", self.stack.key("jobs:bulk"), "dispatchers")
        self.hold("NOGROUP")
        self.stack.control("/delay", body={"ms": 0})
        jobs = self.wait_jobs_ended(JOBS)
        self.assertEqual({"done"}, {job["state"] for job in jobs})
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        self.assertEqual(set(self.sent), self.stack.ledger.keys())
        # The group also knew who had read what: an entry that ends just then may be read, and sent, once more.
        self.assertLessEqual(len(self.stack.ledger.repeats()), READ_AHEAD)

    def test_a_key_of_another_type_stops_its_own_work_alone(self):
        self.start()
        with self.stack.redis() as redis:
            for name in ("jobs:high", "due", "results", "tokens"):
                redis.command("DEL", self.stack.key(name))
                redis.command("SET", self.stack.key(name), "spoiled")
            self.hold("WRONGTYPE")
            before = self.taken()
            wait_until(lambda: self.taken() > before + 500, 10, "other work goes on")
            self.assertGreater(self.refusals(redis, "WRONGTYPE"), 0)
            for name in ("jobs:high", "due", "results", "tokens"):
                redis.command("DEL", self.stack.key(name))
        self.sent |= self.load("high", 10)
        self.stack.control("/delay", body={"ms": 0})
        self.assert_accounted(self.wait_jobs_ended(JOBS + 10), self.sent, delivered=JOBS * EACH + 10)

    def test_a_redis_that_is_emptied_is_gone_on_with_and_the_loss_is_said(self):
        self.start()
        with self.stack.redis() as redis:
            redis.command("FLUSHALL")
            self.hold("FLUSHALL")
            wait_until(lambda: self.engine.metrics().each("dispatch_redis_durability")[0][1] == 0, 10, "the metric")
        said = [line for line in self.engine.log_lines() if "lost writes" in line.get("detail", "")]
        self.assertEqual(1, len(said), said)
        self.stack.control("/delay", body={"ms": 0})
        self.load("normal", 100)
        self.wait_jobs_ended(100)
        with self.stack.redis() as redis:
            after = [job for job in self.stack.jobs(redis) if job["lane"] == "normal"]
        self.assertEqual(100, sum(job["delivered"] for job in after))


if __name__ == "__main__":
    unittest.main()

"""Tokens a provider calls dead: told once, not sent to again, and not believed when there are suddenly many."""

import collections
import json
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until

SCOPE = "fcm:default"
LEAST_SENDS = 1_000
STREAMS = 100
SETTINGS = {"platforms": {"android": "fcm", "ios": "apns", "web": "none"},
            "fcm.default": {"max_connections": 1, "max_streams": STREAMS}}


class TokenHygiene(EndToEnd):
    providers = ("fcm", "apns")

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()

    def send(self, job, tokens, platform="android", lane="jobs"):
        document = {"id": job, "message": {"title": "T"},
                    "recipients": [{"platform": platform, "token": token} for token in tokens]}
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key(lane), "*", "job", json.dumps(document))

    def job(self, redis, name):
        found = [job for job in self.stack.jobs(redis) if job["id"] == name]
        return found[0] if found else None

    def wait_done(self, name, timeout=30):
        with self.stack.redis() as redis:
            def done():
                found = self.job(redis, name)
                return found if found and found["state"] == "done" else None
            return wait_until(done, timeout, f"{name} done")

    def rows(self):
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def events(self):
        """Tokens called invalid on NS:tokens, with how often."""
        with self.stack.redis() as redis:
            said = [fields for _, fields in redis.stream(self.stack.key("tokens"))]
        self.assertEqual({"invalid"} if said else set(), {fields["event"] for fields in said})
        return collections.Counter(fields["token"] for fields in said)

    def hygiene(self):
        return {row["scope"]: row for row in json.loads(self.stack.ctl("hygiene", "ls", "--json"))}

    # Suppression ---------------------------------------------------------------------------------------------

    def test_a_dead_token_is_sent_to_once_also_by_another_process(self):
        first = self.stack.start_engine(SETTINGS)
        self.send("one", ["dead-a", "good-a"])
        self.assertEqual(1, self.wait_done("one")["invalid_token"])
        self.send("two", ["dead-a", "good-a"])
        two = self.wait_done("two")
        self.assertEqual((1, 1, 0), (two["suppressed"], two["delivered"], two["invalid_token"]))
        first.process.stop()
        self.stack.start_engine(SETTINGS)
        self.send("three", ["dead-a"])
        self.assertEqual(1, self.wait_done("three")["suppressed"])
        self.assertEqual({"dead-a": 1, "good-a": 2}, collections.Counter(row.token for row in self.rows()))
        self.assertEqual({"dead-a": 1}, self.events())
        with self.stack.redis() as redis:
            results = [fields for _, fields in redis.stream(self.stack.key("results"))]
        self.assertEqual(2, sum(fields.get("reason") == "known_dead" for fields in results))

    def test_an_operator_forgets_a_dead_token(self):
        self.stack.start_engine(SETTINGS)
        self.send("one", ["dead-a", "dead-b"])
        self.wait_done("one")
        said = json.loads(self.stack.ctl("hygiene", "forget", SCOPE, "--json", text="dead-a\nnever-seen\n"))
        self.assertEqual((2, 1), (said["tokens"], said["forgotten"]))
        # The process hears of it by the same stream, and before, a later event.
        engine = self.stack.engines[-1]
        self.stack.ctl("breaker", "open", "apns:default")
        wait_until(lambda: engine.metrics().sum("dispatch_breaker_state", scope="apns:default") == 2, 5, "events heard")
        self.send("two", ["dead-a", "dead-b"])
        two = self.wait_done("two")
        self.assertEqual((1, 1), (two["invalid_token"], two["suppressed"]))

    def test_without_a_time_nothing_is_suppressed(self):
        self.stack.start_engine({**SETTINGS, "hygiene": {"suppress_ttl": "0s"}})
        for job in ("one", "two"):
            self.send(job, ["dead-a"])
            self.assertEqual(1, self.wait_done(job)["invalid_token"])
        self.assertEqual(["dead-a", "dead-a"], [row.token for row in self.rows()])
        with self.stack.redis() as redis:
            self.assertEqual([], redis.scan(self.stack.key("suppressed*")))

    # Many dead at once ---------------------------------------------------------------------------------------

    def go_wrong(self):
        """5,000 recipients, every second called dead; until the scope is held and what was in flight is over."""
        engine = self.stack.start_engine(SETTINGS)
        self.tokens = [("dead" if number % 2 else "good") + f"-{number}" for number in range(5_000)]
        self.send("wrong", self.tokens, lane="jobs:bulk")
        with self.stack.redis() as redis:
            breaker = self.stack.key("breaker:" + SCOPE)
            wait_until(lambda: redis.hash(breaker).get("state") == "forced_open", 30, "the scope held", every=0.01)
            self.assertEqual("mass_invalid", redis.hash(breaker)["reason"])

            def settled():
                found, rows = self.job(redis, "wrong"), self.rows()
                over = sum(found[name] for name in ("delivered", "invalid_token", "quarantined"))
                return found if over == len(rows) and engine.metrics().sum("dispatch_in_flight") == 0 else None
            return engine, wait_until(settled, 20, "everything sent is over")

    def dead_rows(self):
        return [row.token for row in self.rows() if row.status == 404]

    def test_many_dead_at_once_are_not_believed(self):
        engine, job = self.go_wrong()
        dead, told = self.dead_rows(), self.events()
        # Fewer than the least sends are all believed, however many are dead of them: that is the bound.
        self.assertLess(len(told), LEAST_SENDS)
        self.assertLess(len(told), 0.6 * LEAST_SENDS, "half of them were dead")
        self.assertEqual({1}, set(told.values()))
        self.assertEqual((len(told), len(dead) - len(told)), (job["invalid_token"], job["quarantined"]))
        self.assertGreater(job["quarantined"], 0)
        self.assertLess(len(self.rows()), 5_000, "sending stopped")
        self.assertEqual({"scope": SCOPE, "breaker": "forced_open", "held": True, "withheld": job["quarantined"]},
                         {name: value for name, value in self.hygiene()[SCOPE].items() if name != "since"})
        self.assertEqual(1, engine.metrics().sum("dispatch_mass_invalid", scope=SCOPE))
        self.assertEqual(1, sum(line.get("event") == "mass_invalid" for line in engine.log_lines()))
        self.send("elsewhere", ["good-ios"], platform="ios")
        self.wait_done("elsewhere")
        with self.stack.redis() as redis:
            marks = redis.scan(self.stack.key("suppressed:*"))
        self.assertEqual(len(told), len(marks), "what is withheld is not suppressed")

    def test_accepted_they_are_told_and_the_rest_goes_on(self):
        _, held = self.go_wrong()
        sent = self.dead_rows()
        self.assertIn("accepted", self.stack.ctl("hygiene", "accept", SCOPE))
        self.assertEqual(set(sent), set(self.events()) & set(sent), "every one that was called dead")
        done = self.wait_done("wrong", 60)
        dead = [token for token in self.tokens if token.startswith("dead")]
        self.assertEqual((2_500, held["quarantined"]), (done["delivered"], done["quarantined"]))
        self.assertEqual(2_500, done["invalid_token"] + done["quarantined"])
        self.assertEqual(dict.fromkeys(dead, 1), self.events())
        self.assertEqual({}, self.hygiene())
        self.send("again", dead[:300])
        self.assertEqual(300, self.wait_done("again")["suppressed"])
        self.assertEqual(collections.Counter(self.tokens), collections.Counter(row.token for row in self.rows()))

    def test_held_it_stays_over_a_restart_and_discarded_they_are_forgotten(self):
        engine, held = self.go_wrong()
        told = self.events()
        sent = len(self.rows())
        engine.process.stop()
        engine = self.stack.start_engine(SETTINGS)
        wait_until(lambda: engine.metrics().sum("dispatch_mass_invalid", scope=SCOPE) == 1, 5, "held after a restart")
        self.send("elsewhere", ["good-ios"], platform="ios")
        self.wait_done("elsewhere")
        self.assertEqual(sent + 1, len(self.rows()))
        self.assertEqual(held["quarantined"], self.hygiene()[SCOPE]["withheld"])
        said = json.loads(self.stack.ctl("hygiene", "discard", SCOPE, "--json"))
        self.assertEqual((held["quarantined"], True), (said["tokens"], said["released"]))
        with self.stack.redis() as redis:
            # Still every second of them is dead, so it does not go far.
            breaker = self.stack.key("breaker:" + SCOPE)
            wait_until(lambda: redis.hash(breaker).get("reason") == "mass_invalid" and self.hygiene(), 30, "held again")
        self.assertLess(len(self.events()) - len(told), 0.6 * LEAST_SENDS)
        code, _, errors = self.stack.ctl("hygiene", "accept", "fmc:default", check=False)
        self.assertEqual(2, code)
        self.assertIn("PROVIDER:APP", errors)


if __name__ == "__main__":
    unittest.main()

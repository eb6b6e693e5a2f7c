"""Browsers' subscriptions at several push services, each of which can only be reached, trusted and blamed by itself."""

import collections
import json
import signal
import unittest
import urllib.parse

from e2e.case import EndToEnd
from e2e.process import free_port, wait_until

PLATFORMS = {"android": "none", "ios": "none", "web": "webpush"}


class WebPush(EndToEnd):
    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.here = self.stack.endpoints["https"]
        self.there = self.here.replace("127.0.0.1", "localhost")

    def sections(self, **more):
        return {"platforms": PLATFORMS,
                "webpush.default": {**self.stack.endpoints["webpush"], "ca_file": self.stack.endpoints["ca_file"], **more}}

    def subscribe(self, count=1, **members):
        return self.stack.control("/subscriptions", body={"count": count, **members})["subscriptions"]

    def send(self, job, subscriptions, **document):
        recipients = [{"platform": "web", "subscription": each, "id": each["endpoint"]} for each in subscriptions]
        whole = {"id": job, "message": {"title": "Hällo", "data": {"note": "7"}}, "recipients": recipients, **document}
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(whole))

    def job(self, name):
        with self.stack.redis() as redis:
            return next((job for job in self.stack.jobs(redis) if job["id"] == name), None)

    def wait_done(self, name, timeout=30):
        def done():
            found = self.job(name)
            return found if found and found["state"] == "done" else None
        return wait_until(done, timeout, f"{name} done")

    def outcomes(self, name, **expected):
        found = self.wait_done(name)
        self.assertEqual(expected, {key: found[key] for key in found if isinstance(found[key], int) and found[key]
                                    and key != "total"})

    def results(self):
        """{recipient's id: (outcome, reason)} of what was not delivered."""
        with self.stack.redis() as redis:
            said = [fields for _, fields in redis.stream(self.stack.key("results"))]
        return {fields["recipient_id"]: (fields["outcome"], fields["reason"]) for fields in said if "recipient_id" in fields}

    def rows(self):
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def seen(self, subscription):
        token = subscription["endpoint"].rsplit("/", 1)[1]
        return self.stack.control("/subscriptions/" + token, method="GET")

    def breaker(self, origin):
        with self.stack.redis() as redis:
            return redis.hash(self.stack.key(f"breaker:webpush:default:{origin}")).get("state", "closed")

    def test_every_browser_reads_its_message_whatever_its_push_service(self):
        engine = self.stack.start_engine(self.sections())
        browsers = self.subscribe(600, origin=self.here) + self.subscribe(600, origin=self.there)
        self.send("all", browsers, priority="high")
        self.outcomes("all", delivered=1200)
        rows = self.rows()
        self.assertEqual(1200, len(rows))
        self.assertEqual({"webpush"}, {row.provider for row in rows})
        self.assertEqual(1200, len(self.stack.ledger.keys()))
        self.assertEqual({}, self.stack.ledger.repeats())
        self.assertEqual(2, len({row.authorization for row in rows}), "one token a push service")
        keys = {row.token: row.dedupe for row in rows}
        for browser in (browsers[0], browsers[599], browsers[1199]):
            seen = self.seen(browser)
            key = keys[browser["endpoint"].rsplit("/", 1)[1]]
            self.assertEqual({"title": "Hällo", "tag": key, "data": {"note": "7", "dispatch_id": key}},
                             json.loads(seen["last"]["payload"]))
            self.assertEqual(("2419200", "high", key.replace("-", "")),
                             (seen["last"]["ttl"], seen["last"]["urgency"], seen["last"]["topic"]))
        self.assertEqual(1200, engine.metrics().sum("dispatch_notifications_total", provider="webpush", outcome="delivered"))

    def test_each_answer_ends_as_documented(self):
        self.stack.start_engine({**self.sections(allow_hosts=["127.0.0.1"]), "retry": {"base": "10ms", "cap": "20ms"}})
        own = {prefix: self.subscribe(prefix=prefix)[0] for prefix in ("dead-", "notatoken-", "flaky503-1-", "flaky429-1-",
                                                                       "fail-307-elsewhere-", "fail-413-x-")}
        own["other key"] = self.subscribe(application_server_key="BAAA")[0]
        own["elsewhere"] = self.subscribe(origin=self.there)[0]
        own["no keys"] = {"endpoint": self.here + "/webpush/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}
        point = self.subscribe()[0]["keys"]
        own["off the curve"] = {"endpoint": self.here + "/webpush/y", "keys": {**point, "p256dh": "B" + "A" * 86}}
        self.send("mixed", own.values())
        self.outcomes("mixed", delivered=2, invalid_token=2, failed=5, quarantined=1)
        results = self.results()
        self.assertEqual({"dead-": ("invalid_token", "gone"), "notatoken-": ("invalid_token", "not_found"),
                          "fail-307-elsewhere-": ("failed", "redirect"), "fail-413-x-": ("failed", "payload_too_large"),
                          "other key": ("quarantined", "vapid_key_mismatch"), "elsewhere": ("failed", "invalid_target"),
                          "no keys": ("failed", "invalid_subscription"), "off the curve": ("failed", "invalid_subscription")},
                         {name: results[each["endpoint"]] for name, each in own.items() if each["endpoint"] in results})
        with self.stack.redis() as redis:
            told = [fields for _, fields in redis.stream(self.stack.key("tokens"))]
        self.assertEqual({own["dead-"]["endpoint"], own["notatoken-"]["endpoint"]},
                         {fields["token"] for fields in told if fields["event"] == "invalid"})
        self.assertNotIn(self.there, {row.token for row in self.rows()})

    def test_a_dry_run_tries_the_keys_and_sends_nothing(self):
        self.stack.start_engine(self.sections())
        bad = {"endpoint": self.here + "/webpush/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}
        self.send("dry", self.subscribe(3) + [bad], dry_run=True)
        self.outcomes("dry", delivered=3, failed=1)
        self.assertEqual(("failed", "invalid_subscription"), self.results()[bad["endpoint"]])
        self.assertEqual([], self.rows())

    def test_a_push_service_that_is_away_holds_up_no_other(self):
        self.stack.start_engine({**self.sections(), "breaker": {"sample": 5}})
        nowhere = f"https://127.0.0.1:{free_port()}"
        away = [{**each, "endpoint": each["endpoint"].replace(self.here, nowhere)} for each in self.subscribe(200)]
        here = self.subscribe(2_000)
        self.send("both", away[:100] + here + away[100:], collapse_key="k")
        wait_until(lambda: self.job("both") and self.job("both")["delivered"] == 2_000, 20, "those here delivered")
        wait_until(lambda: self.breaker(nowhere) == "open", 20, "the breaker of the one away open")
        self.assertEqual("closed", self.breaker(self.here))
        self.assertEqual(0, self.job("both")["failed"] + self.job("both")["dead"])

    def test_a_reload_brings_another_key(self):
        engine = self.stack.start_engine(self.sections())
        browsers = self.subscribe(50)
        self.send("before", browsers)
        self.outcomes("before", delivered=50)
        key = json.loads(self.stack.ctl("vapid", "keygen", "--out", self.stack.directory / "new.pem", "--json"))
        admin = urllib.parse.urlsplit(engine.admin).port
        self.stack.write_config(engine.config.stem,
                                self.stack.config(admin, self.sections(vapid_key_file=str(self.stack.directory / "new.pem"))))
        engine.process.send(signal.SIGHUP)
        wait_until(lambda: engine.metrics().sum("dispatch_config_reloads_total", result="applied") == 1, 10, "reloaded")
        bound = self.subscribe(50, application_server_key=key["public_key"])
        self.send("after", browsers + bound)
        self.outcomes("after", delivered=100)
        tokens = collections.Counter(row.authorization for row in self.rows())
        self.assertEqual([50, 100], sorted(tokens.values()))

    def test_what_a_killed_engine_had_begun_is_finished_by_the_next(self):
        self.stack.control("/delay", body={"ms": 50})
        sections = {**self.sections(), "engine": {"lease": "1s", "takeover_scan": "200ms", "max_in_flight": 256}}
        first = self.stack.start_engine(sections)
        self.send("long", self.subscribe(5_000), collapse_key="k")
        wait_until(lambda: len(self.rows()) > 1_000, 20, "some sent")
        first.process.kill()
        self.stack.start_engine(sections)
        self.outcomes("long", delivered=5_000)
        self.assertLessEqual(len(self.rows()), 5_000 + 256)
        self.assertEqual(5_000, len(self.stack.ledger.keys()))


if __name__ == "__main__":
    unittest.main()

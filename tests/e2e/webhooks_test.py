"""Outgoing webhooks: signed, tried again, disabled, and never a way into our own network."""

import collections
import json
import pathlib
import signal
import socket
import time
import unittest

from e2e.case import EndToEnd
from e2e.process import wait_until

SETTINGS = {"platforms": {"webhook": "webhook", "android": "fcm"}}


class SilentListener:
    """Takes connections in the kernel and counts them; never says a word."""

    def __init__(self, family, address):
        self._socket = socket.socket(family)
        self._socket.bind((address, 0))
        self._socket.listen(1024)
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def accepted(self):
        count = 0
        while True:
            try:
                self._socket.accept()[0].close()
                count += 1
            except BlockingIOError:
                return count

    def close(self):
        self._socket.close()


class Webhooks(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.hooks = self.stack.endpoints["webhook"]

    def engine(self, **webhook):
        return self.stack.start_engine({**SETTINGS, "results": {"level": "all"}, "webhook.default": webhook})

    def send(self, job, urls, message=None, lane="jobs"):
        document = {"id": job, "message": message or {"title": "Shared"},
                    "recipients": [{"platform": "webhook", "url": url} for url in urls]}
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key(lane), "*", "job", json.dumps(document))

    def wait_done(self, name, timeout=30):
        with self.stack.redis() as redis:
            def done():
                found = [job for job in self.stack.jobs(redis) if job["id"] == name]
                return found[0] if found and found[0]["state"] == "done" else None
            return wait_until(done, timeout, f"{name} done")

    def rows(self):
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def reasons(self, job):
        """How the job's recipients ended: {(outcome, reason): count}."""
        with self.stack.redis() as redis:
            ends = [fields for _, fields in redis.stream(self.stack.key("results"))]
        return collections.Counter((end["outcome"], end.get("reason", "")) for end in ends
                                   if end["job"] == job and end["outcome"] != "job_done")

    # What a receiver sees ------------------------------------------------------------------------------------

    def test_the_receiver_finds_every_signature_good_in_both_protocols(self):
        self.engine()
        urls = [self.hooks[way] + f"hook-{number}" for way in ("url", "http1_url") for number in range(200)]
        self.send("all", urls)
        job = self.wait_done("all")
        self.assertEqual(400, job["delivered"], self.reasons("all"))
        rows = self.rows()
        self.assertEqual({200}, {row.status for row in rows})
        self.assertEqual(400, len({row.dedupe for row in rows}))

    def test_every_attempt_has_the_same_id_and_a_good_signature(self):
        self.engine(schedule=["100ms", "200ms", "1500ms"])
        self.send("tries", [self.hooks[way] + "flaky503-3-x" + way for way in ("url", "http1_url")])
        self.assertEqual(2, self.wait_done("tries")["delivered"])
        attempts = collections.defaultdict(list)
        for row in self.rows():
            attempts[row.dedupe].append(row.status)
        self.assertEqual([[503, 503, 503, 200]] * 2, list(attempts.values()))

    def test_who_answers_nothing_good_is_tried_as_often_as_the_schedule_says(self):
        self.engine(schedule=["50ms", "50ms"])
        self.send("never", [self.hooks["url"] + "fail-401-denied-x"])
        self.assertEqual(1, self.wait_done("never")["dead"])
        self.assertEqual([401] * 3, [row.status for row in self.rows()])

    def test_secrets_change_with_a_reload(self):
        secret = self.stack.directory / "webhook.secret"
        secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        engine = self.engine(secret_file=str(secret), schedule=[])
        self.send("before", [self.hooks["url"] + "a"])
        self.assertEqual({("dead", "http_4xx"): 1}, (self.wait_done("before"), self.reasons("before"))[1])
        secret.write_text(secret.read_text() + pathlib.Path(self.hooks["secret_file"]).read_text(encoding="ascii"))
        engine.process.send(signal.SIGHUP)
        wait_until(lambda: any(line["event"] == "reloaded" for line in engine.log_lines()), 10, "reloaded")
        self.send("after", [self.hooks["url"] + "b"])
        self.assertEqual(1, self.wait_done("after")["delivered"])

    # 410 -----------------------------------------------------------------------------------------------------

    def test_an_endpoint_that_is_gone_is_disabled_until_it_is_enabled(self):
        self.engine()
        gone, good = self.hooks["url"] + "dead-1", self.hooks["url"] + "good"
        self.send("one", [gone, good])
        job = self.wait_done("one")
        self.assertEqual((1, 1), (job["invalid_token"], job["delivered"]))
        self.send("two", [gone, good])
        self.wait_done("two")
        self.assertEqual({("suppressed", "endpoint_disabled"): 1, ("delivered", ""): 1}, self.reasons("two"))
        with self.stack.redis() as redis:
            ((_, event),) = redis.stream(self.stack.key("tokens"))
        self.assertEqual(("invalid", gone, "gone"), (event["event"], event["token"], event["reason"]))

        self.assertNotIn("dead-1", self.stack.ctl("endpoint", "ls"))
        (listed,) = json.loads(self.stack.ctl("endpoint", "ls", "--urls", "--json"))
        self.assertEqual((gone, "gone", "default"), (listed["url"], listed["reason"], listed["tenant"]))
        self.stack.ctl("endpoint", "enable", listed["id"])
        self.assertEqual([], json.loads(self.stack.ctl("endpoint", "ls", "--json")))
        wait_until(lambda: self.sent_again(gone), 10, "the endpoint sent to again")
        self.assertEqual(2, self.stack.ctl("endpoint", "enable", "nonsense", check=False)[0])

    def sent_again(self, url):
        """The engine hears of it within a second: each try is a job of its own."""
        before = len([row for row in self.rows() if row.status == 410])
        self.tries = getattr(self, "tries", 0) + 1
        self.send(f"again-{self.tries}", [url])
        self.wait_done(f"again-{self.tries}")
        return len([row for row in self.rows() if row.status == 410]) > before

    # Where it connects ---------------------------------------------------------------------------------------

    def test_nothing_inside_is_connected_to_however_it_is_written(self):
        listeners = [SilentListener(socket.AF_INET, "127.0.0.1")]
        if socket.has_ipv6:
            listeners.append(SilentListener(socket.AF_INET6, "::1"))
        self.engine(allow_addresses=[], allow_http=True)
        hosts = ["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
                 "localhost", "localhost.", "LOCALHOST", "0", "0.0.0.0", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]",
                 "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]",
                 "[2002:7f00:1::]", "[2001:0:7f00:1::80ff:fffe]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
                 "169.254.169.254", "198.18.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "[fc00::1]", "[fe80::1]",
                 "[fec0::1]", "[ff02::1]"]
        urls = [f"{scheme}://{host}:{listener.port}/hook" for host in hosts for listener in listeners
                for scheme in ("https", "http")]
        self.send("inside", urls)
        self.assertEqual(len(urls), self.wait_done("inside", 60)["failed"], self.reasons("inside"))
        self.assertEqual({("failed", "address_refused"): len(urls)}, self.reasons("inside"))
        self.assertEqual([0] * len(listeners), [listener.accepted() for listener in listeners])
        for listener in listeners:
            listener.close()

    def test_what_is_no_usable_url_is_not_sent_to(self):
        self.engine()
        port = self.hooks["url"].split(":")[2].split("/")[0]
        self.send("bad", [f"http://127.0.0.1:{port}/webhook/a", f"https://user:pw@127.0.0.1:{port}/webhook/a"])
        self.assertEqual(2, self.wait_done("bad")["failed"])
        self.assertEqual({("failed", "invalid_target"): 2}, self.reasons("bad"))
        self.assertEqual([], self.rows())

    def test_a_redirect_is_not_followed(self):
        self.engine()
        self.send("redirect", [self.hooks[way] + "redirect-1" for way in ("url", "http1_url")])
        self.wait_done("redirect")
        self.assertEqual({("failed", "redirect"): 2}, self.reasons("redirect"))
        self.assertEqual([307, 307], [row.status for row in self.rows()])

    # One host and the others ---------------------------------------------------------------------------------

    def timed(self, name, good, count):
        """Seconds until so many webhooks to a good host and so many pushes are delivered, both limited in rate."""
        android = {"id": name + "-android", "message": {"title": "T"},
                   "recipients": [{"platform": "android", "token": f"{name}-{number}"} for number in range(count)]}
        begin = time.monotonic()
        self.send(name, [f"{good}{name}-{number}" for number in range(count)])
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(android))
        self.assertEqual(count, self.wait_done(name)["delivered"])
        self.assertEqual(count, self.wait_done(name + "-android")["delivered"])
        return time.monotonic() - begin

    def test_slow_and_dead_hosts_hold_up_nobody_else(self):
        count, rate = 3_000, 500
        limits = {"rate": rate, "burst": 1}
        self.stack.start_engine({**SETTINGS, "webhook.default": {**limits, "timeout": "20s"}, "fcm.default": limits})
        alone = self.timed("alone", self.hooks["url"], count)
        silent = SilentListener(socket.AF_INET, "127.0.0.1")
        closed = SilentListener(socket.AF_INET, "127.0.0.1")
        closed.close()
        hanging = self.hooks["http1_url"].replace("127.0.0.1", "localhost")
        for number in range(10):
            self.send(f"hang-{number}", [f"{hanging}hang-{number}-{one}" for one in range(300)])
            self.send(f"silent-{number}", [f"https://127.0.0.1:{silent.port}/{one}" for one in range(300)])
            self.send(f"closed-{number}", [f"https://127.0.0.1:{closed.port}/{one}" for one in range(300)])
        wait_until(lambda: any(row.reason == "hang" for row in self.rows()), 20, "the slow host has requests")
        beside = self.timed("beside", self.hooks["url"], count)
        silent.close()
        self.assertLessEqual(beside * 0.95, alone, "others' throughput must stay at 95 %")


if __name__ == "__main__":
    unittest.main()

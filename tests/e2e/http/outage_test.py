"""Starting, stopping, and Redis being away: 503 at once with Retry-After, never a job half accepted."""

import signal
import subprocess
import threading
import time
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, job, key_section, listening
from e2e.process import wait_until
from e2e.stack import program


class Outage(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.port, self.sections = listening(one=key_section("key", **NO_LIMITS))
        self.api = Api(self.port, "key")

    def timed(self, api=None):
        began = time.monotonic()
        answer = (api or self.api).submit(job("t"))
        return answer, time.monotonic() - began

    def refused(self):
        answer, took = self.timed()
        self.assertEqual(503, answer.status, answer)
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        return took

    def test_redis_killed_is_503_at_once_and_202_soon_after_it_is_back(self):
        engine = self.stack.start_engine(self.sections)
        self.assertEqual(202, self.timed()[0].status)
        self.stack.redis_process().kill()
        wait_until(lambda: self.timed()[0].status == 503, 5, "503")
        self.assertLess(max(self.refused() for _ in range(200)), 0.05)
        self.assertEqual(503, self.api.call("GET", "/readyz").status)
        self.assertEqual(200, self.api.call("GET", "/healthz").status)
        before = len(engine.log_lines())
        began = time.monotonic()
        while time.monotonic() - began < 2:
            self.refused()
        self.assertLessEqual(len(engine.log_lines()) - before, 10 * 3)
        self.stack.start_redis()
        back = time.monotonic()
        wait_until(lambda: self.timed()[0].status == 202, 5, "202 again")
        self.assertLess(time.monotonic() - back, 2.5)

    def test_redis_frozen_is_503_at_once_for_those_who_come_later(self):
        self.stack.start_engine(self.sections)
        self.assertEqual(202, self.timed()[0].status)
        redis = self.stack.redis_process()
        redis.send(signal.SIGSTOP)
        try:
            answer, took = self.timed()
            self.assertEqual(503, answer.status)
            self.assertLess(took, 4)
            self.assertLess(max(self.refused() for _ in range(50)), 0.05)
        finally:
            redis.send(signal.SIGCONT)
        wait_until(lambda: self.timed()[0].status == 202, 10, "202 again")

    def test_draining_is_503_at_once_and_what_was_accepted_is_kept(self):
        engine = self.stack.start_engine(self.sections)
        accepted, strange, stop = [], [], threading.Event()

        def produce():
            api, number = Api(self.port, "key"), 0
            while not stop.is_set():
                try:
                    answer = api.submit(job("t", id=f"j-{number}"))
                except ConnectionError:
                    return
                if answer.status == 202:
                    accepted.append(f"j-{number}")
                elif (answer.status, answer.headers.get("retry-after")) != (503, "1"):
                    strange.append(answer)
                number += 1
        thread = threading.Thread(target=produce)
        thread.start()
        wait_until(lambda: len(accepted) > 200, 20, "jobs accepted")
        self.assertEqual(0, engine.process.stop())
        stop.set()
        thread.join(20)
        self.assertEqual([], strange)
        with self.stack.redis() as redis:
            for name in accepted:
                self.assertEqual(1, redis.command("EXISTS", self.stack.key(f"job:default:{name}")))

    def run_dispatchd(self, sections, *options):
        """(exit code, errors) of a start that is expected to be refused."""
        config = self.stack.write_config("refused", self.stack.config(0, {**sections, "admin": {"listen": ""}}))
        done = subprocess.run([program("dispatchd"), "--config", str(config), "--check-config", *options],
                              capture_output=True, text=True, timeout=20, check=False)
        return done.returncode, done.stderr

    def test_nobody_can_call_by_mistake(self):
        open_to_all = {"http": {"listen": "127.0.0.1:0"}}
        code, text = self.run_dispatchd(open_to_all)
        self.assertEqual(78, code)
        self.assertIn("http.listen", text)
        self.assertEqual(0, self.run_dispatchd(open_to_all, "--insecure-dev")[0])
        self.assertEqual(78, self.run_dispatchd({"http": {"listen": "0.0.0.0:0"}}, "--insecure-dev")[0])
        self.assertEqual(0, self.run_dispatchd({})[0])
        self.assertEqual(78, self.run_dispatchd({**self.sections, "http": {"cors_origins": ["*"], "cors_credentials": True}})[0])

    def test_a_reload_changes_who_may_call(self):
        engine = self.stack.start_engine(self.sections)
        self.assertEqual(202, self.timed()[0].status)
        self.sections["http.credentials.one"] = key_section("other", **NO_LIMITS)
        admin = int(engine.admin.rpartition(":")[2])
        self.stack.write_config(engine.process.name, self.stack.config(admin, self.sections))
        engine.process.send(signal.SIGHUP)
        wait_until(lambda: self.timed()[0].status == 401, 10, "the old key refused")
        self.assertEqual(202, self.timed(Api(self.port, "other"))[0].status)
        # No credential left is a mistake, and changes nothing.
        self.sections.pop("http.credentials.one")
        self.stack.write_config(engine.process.name, self.stack.config(admin, self.sections))
        engine.process.send(signal.SIGHUP)
        wait_until(lambda: any(line["event"] == "reload_refused" for line in engine.log_lines()), 10, "the reload refused")
        self.assertEqual(202, self.timed(Api(self.port, "other"))[0].status)


if __name__ == "__main__":
    unittest.main(verbosity=2)

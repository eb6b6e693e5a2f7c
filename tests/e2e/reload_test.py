"""SIGHUP: everything in the file, or nothing. And what a service manager is told meanwhile."""

import json
import pathlib
import signal
import socket
import unittest
import urllib.parse

from e2e.case import EndToEnd
from e2e.ledger import fullest_second
from e2e.process import free_port, wait_until
from e2e.stack import Engine, program

SLOW, FAST = 100, 1_000
ONLY_FCM = {"platforms": {"android": "fcm", "ios": "none", "web": "none"}}


class Reload(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        self.stack.start_redis()
        self.stack.start_sandbox()

    def start(self, **sections):
        self.engine = self.stack.start_engine({**ONLY_FCM, **sections})

    def rewrite(self, text=None, **sections):
        """The engine's file: these sections over the usual ones, or this text."""
        admin = urllib.parse.urlsplit(self.engine.admin).port
        path = self.stack.write_config(self.engine.config.stem, self.stack.config(admin, {**ONLY_FCM, **sections}))
        if text is not None:
            path.write_text(text)

    def events(self, name, path=None):
        lines = self.engine.log_lines() if path is None else [json.loads(line) for line in path.read_text().splitlines()]
        return [line for line in lines if line["event"] == name]

    def reload(self, result):
        """SIGHUP, and until it has ended so."""
        def counted():
            return self.engine.metrics().sum("dispatch_config_reloads_total", result=result)
        before = counted()
        self.engine.process.send(signal.SIGHUP)
        wait_until(lambda: counted() > before, 10, f"a reload {result}")
        self.assertEqual(1.0 if result == "applied" else 0.0,
                         self.engine.metrics().sum("dispatch_config_last_reload_successful"))

    def begin(self, recipients):
        """Recipients waiting in the bulk lane; answers what was sent."""
        return self.load("bulk", recipients // 100, "--recipients", 100, "--platforms", "android")

    def test_a_bad_file_changes_nothing_and_says_why_in_one_line(self):
        limit = {"rate": FAST // 2, "burst": 50}
        self.start(**{"fcm.default": limit})
        self.rewrite('[fcm.default]\nrate = "plenty"\n[engine]\nmax_in_fligth = 5\n[log]\nlevel = "debug"\n')
        self.reload("refused")
        refusals = self.events("reload_refused")
        self.assertEqual(1, len(refusals))
        for part in ("fcm.default.rate", "max_in_fligth", ".toml:2:"):
            self.assertIn(part, refusals[0]["problems"])
        sent = self.begin(4_000)
        self.assert_accounted(self.wait_jobs_ended(40), sent, delivered=4_000)
        self.assertLessEqual(fullest_second(self.stack.ledger.rows), limit["rate"] * 1.02 + limit["burst"])
        self.assertEqual([], [line for line in self.engine.log_lines() if line["level"] == "debug"])

    def test_a_credential_that_cannot_be_used_refuses_the_rest_of_the_file_too(self):
        self.start()
        broken = self.stack.directory / "broken.json"
        broken.write_text('{"type": "service_account", "private_key": "not a key"}')
        good_file = self.stack.endpoints["fcm"]["service_account_file"]
        self.rewrite(**{"fcm.default": {"service_account_file": str(broken), "rate": 1}, "log": {"level": "error"}})
        self.reload("refused")
        self.assertIn("fcm.default", self.events("reload_refused")[0]["problems"])
        self.assertNotIn("not a key", self.engine.process.tail(100))
        sent = self.begin(1_000)
        self.assert_accounted(self.wait_jobs_ended(10), sent, delivered=1_000)
        # And the way back is open.
        self.rewrite(**{"fcm.default": {"service_account_file": good_file}})
        self.reload("applied")

    def test_a_new_rate_holds_from_then_on(self):
        self.start(**{"fcm.default": {"rate": SLOW, "burst": 10}})
        sent = self.begin(6_000)
        ledger = self.stack.ledger
        wait_until(lambda: ledger.read() is not None and len(ledger.rows) > 2 * SLOW, 20, "two seconds of work")
        self.rewrite(**{"fcm.default": {"rate": FAST, "burst": 100}})
        self.reload("applied")
        ledger.read()
        at = max(row.at_ms for row in ledger.rows)
        self.assert_accounted(self.wait_jobs_ended(60), sent, delivered=6_000)
        # Until the reload was noticed here some sends already went at the new rate.
        before = [row for row in ledger.rows if row.at_ms <= at - 1_500]
        after = [row for row in ledger.rows if row.at_ms > at]
        self.assertLessEqual(fullest_second(before), SLOW * 1.02 + 10)
        self.assertLessEqual(fullest_second(after), FAST * 1.02 + 100)
        self.assertGreaterEqual(fullest_second(after), FAST * 0.9)

    def test_a_rate_where_there_was_none_and_none_where_there_was_one(self):
        self.start()
        self.rewrite(**{"fcm.default": {"rate": FAST, "burst": 100}})
        self.reload("applied")
        sent = self.begin(3_000)
        self.assert_accounted(self.wait_jobs_ended(30), sent, delivered=3_000)
        self.assertLessEqual(fullest_second(self.stack.ledger.rows), FAST * 1.02 + 100)
        self.rewrite(**{"fcm.default": {"rate": 0}})
        self.reload("applied")
        done = len(self.stack.ledger.rows)
        self.load("normal", 60, "--recipients", 100, "--platforms", "android")
        self.wait_jobs_ended(90)
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        self.assertGreater(fullest_second(self.stack.ledger.rows[done:]), FAST * 1.5)

    def test_level_and_file_of_the_log(self):
        self.start()
        elsewhere = self.stack.directory / "elsewhere.log"
        self.rewrite(log={"file": str(elsewhere)})
        self.reload("applied")
        self.assertEqual(1, len(self.events("reloaded", elsewhere)))
        # The file was rotated away: a reload makes it anew.
        elsewhere.rename(elsewhere.with_suffix(".1"))
        self.rewrite(log={"file": str(elsewhere), "level": "error"}, engine={"max_in_flight": 77})
        self.reload("applied")
        self.assertEqual("", elsewhere.read_text())
        self.assertEqual(0, self.engine.process.stop())
        self.assertEqual("", elsewhere.read_text())
        self.assertEqual([], self.events("stopped"))

    def test_what_needs_a_restart_is_named_and_keeps_its_value(self):
        self.start()
        self.rewrite(engine={"max_in_flight": 77}, platforms={"android": "fcm", "ios": "fcm", "web": "none"})
        self.reload("applied")
        self.assertEqual("engine.max_in_flight, platforms.ios", self.events("reloaded")[0]["waiting_for_restart"])

    def send_to_second(self, job):
        """A job of 100 recipients for the app "second"; the counted outcomes of all jobs so far."""
        document = {"id": job, "app": "second", "message": {"title": "t"},
                    "recipients": [{"platform": "android", "token": f"{job}-{at}"} for at in range(100)]}
        with self.stack.redis() as redis:
            before = len(self.stack.jobs(redis))
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(document))
        jobs = self.wait_jobs_ended(before + 1, 20)
        return {name: sum(each[name] for each in jobs) for name in ("delivered", "failed")}

    def test_an_app_comes_serves_goes_and_comes_back(self):
        self.start()
        usual = dict(self.stack.config(0, {})["fcm.default"])
        self.assertEqual({"delivered": 0, "failed": 100}, self.send_to_second("before"))
        self.rewrite(**{"fcm.second": usual})
        self.reload("applied")
        self.assertEqual("fcm:second", self.events("reloaded")[-1]["new_apps"])
        self.assertEqual("", self.events("reloaded")[-1]["waiting_for_restart"])
        self.assertEqual({"delivered": 100, "failed": 100}, self.send_to_second("during"))
        self.rewrite()
        self.reload("applied")
        self.assertEqual("fcm:second", self.events("reloaded")[-1]["removed_apps"])
        self.assertEqual({"delivered": 100, "failed": 200}, self.send_to_second("after"))
        self.rewrite(**{"fcm.second": usual})
        self.reload("applied")
        self.assertEqual({"delivered": 200, "failed": 200}, self.send_to_second("again"))

    def test_a_changed_service_account_is_used_without_a_break(self):
        account = pathlib.Path(self.stack.endpoints["fcm"]["service_account_file"])
        own = self.stack.directory / "account.json"
        own.write_text(account.read_text())
        self.start(**{"fcm.default": {"service_account_file": str(own), "rate": 500}})
        sent = self.begin(3_000)
        ledger = self.stack.ledger
        wait_until(lambda: ledger.read() is not None and len(ledger.rows) > 500, 20, "work under way")
        own.write_text(json.dumps(json.loads(account.read_text()), indent=7))
        self.reload("applied")
        self.assertEqual("fcm:default", self.events("reloaded")[0]["new_credentials"])
        self.assert_accounted(self.wait_jobs_ended(30), sent, delivered=3_000)
        self.assertEqual(2, len(ledger.others), "requests for access tokens")
        self.assertEqual({200}, {row.status for row in ledger.rows})
        # Unchanged files: nothing is asked for again.
        self.reload("applied")
        self.assertEqual("", self.events("reloaded")[-1]["new_credentials"])

    def test_an_account_the_provider_refuses_does_not_replace_one_that_works(self):
        account = pathlib.Path(self.stack.endpoints["fcm"]["service_account_file"])
        own = self.stack.directory / "account.json"
        own.write_text(account.read_text())
        self.start(**{"fcm.default": {"service_account_file": str(own)}})
        own.write_text(json.dumps({**json.loads(account.read_text()), "client_email": "nobody@nowhere.example"}))
        self.reload("applied")
        wait_until(lambda: self.events("credential_failed"), 10, "the refusal in the log")
        sent = self.begin(1_000)
        self.assert_accounted(self.wait_jobs_ended(10), sent, delivered=1_000)
        own.write_text(account.read_text())
        self.reload("applied")
        again = self.load("high", 5, "--platforms", "android")
        self.wait_jobs_ended(15)
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        self.assertLessEqual(set(again), self.stack.ledger.keys())
        self.assertEqual({200}, {row.status for row in self.stack.ledger.rows})

    def test_a_storm_of_signals_neither_piles_up_nor_disturbs(self):
        self.start()
        sent = self.begin(3_000)
        for _ in range(300):
            self.engine.process.send(signal.SIGHUP)
        self.assert_accounted(self.wait_jobs_ended(30), sent, delivered=3_000)
        self.assertLessEqual(self.engine.metrics().sum("dispatch_config_reloads_total", result="applied"), 5)


class ServiceManager(EndToEnd):
    """dispatchd under something that speaks systemd's protocol."""
    providers = ("fcm",)

    def setUp(self):
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.path = str(self.stack.directory / "notify")
        self.socket.bind(self.path)
        self.socket.settimeout(0.2)
        self.said = []

    def start(self):
        admin = free_port()
        config = self.stack.write_config("dispatchd", self.stack.config(admin, ONLY_FCM))
        process = self.stack.start("dispatchd", [program("dispatchd"), "--config", str(config)],
                                   {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": "600000"})
        self.engine = Engine(process, config, admin)

    def heard(self, line):
        try:
            while True:
                self.said.append(self.socket.recv(4096).decode().splitlines())
        except TimeoutError:
            return [message for message in self.said if line in message]

    def wait_for(self, line, count=1):
        return wait_until(lambda: len(self.heard(line)) >= count and self.heard(line), 15, f"{count} {line}")

    def test_it_is_told_of_start_reload_stop_and_that_all_is_well(self):
        self.start()
        self.wait_for("READY=1")
        self.assertTrue(self.engine.ready())
        self.wait_for("WATCHDOG=1", 5)
        self.assertEqual(1, len(self.heard("READY=1")))
        self.engine.process.send(signal.SIGHUP)
        reloading = self.wait_for("RELOADING=1")[0]
        self.assertTrue(any(line.startswith("MONOTONIC_USEC=") for line in reloading))
        self.wait_for("READY=1", 2)
        self.engine.config.write_text("nonsense")
        self.engine.process.send(signal.SIGHUP)
        refused = self.wait_for("READY=1", 3)[-1]
        self.assertIn("STATUS=ready; reload refused", refused)
        self.engine.process.send(signal.SIGTERM)
        self.wait_for("STOPPING=1")
        self.assertEqual(0, self.engine.process.wait(20))

    def test_not_ready_before_redis_is_there(self):
        self.stack.processes[0].stop()
        self.start()
        self.wait_for("STATUS=not ready: redis is away")
        self.assertEqual([], self.heard("READY=1"))
        # A reload during the start must not end it.
        self.engine.process.send(signal.SIGHUP)
        wait_until(lambda: self.engine.metrics().sum("dispatch_config_reloads_total", result="applied") == 1, 10,
                   "the reload")
        self.assertEqual([], self.heard("READY=1"))
        self.stack.start_redis()
        self.wait_for("READY=1")


if __name__ == "__main__":
    unittest.main()

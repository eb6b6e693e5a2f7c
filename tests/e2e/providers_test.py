"""What FCM and APNs can be asked for, through the engine to the sandbox, which judges it by their rules. And who may
ask: apps by key and by certificate, tenants with and without permission."""

import hashlib
import json
import pathlib
import signal
import ssl
import subprocess
import time
import unittest
import urllib.parse

from e2e.case import EndToEnd
from e2e.ingest import Api, key_section, listening
from e2e.process import wait_until

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs/examples"
CHANNEL = "dHN0LXNyY2gtY2hubA=="
BY_CERTIFICATE = "certificate"


def push_type(name, aps=None):
    return {"apns": {"headers": {"apns-push-type": name}, "payload": {"aps": aps or {}}}}


class Providers(EndToEnd):
    providers = ("fcm", "apns")

    def setUp(self):
        self.stack.start_redis()
        self.stack.start_sandbox()

    def start(self, **sections):
        self.sections = {"platforms": {"android": "fcm", "ios": "apns", "web": "none"}, **sections}
        self.engine = self.stack.start_engine(self.sections)

    def reload(self, **sections):
        """The engine's file with these sections over those it was started with; until it is in force."""
        self.sections = {**self.sections, **sections}
        admin = urllib.parse.urlsplit(self.engine.admin).port
        self.stack.write_config(self.engine.config.stem, self.stack.config(admin, self.sections))

        def applied():
            return self.engine.metrics().sum("dispatch_config_reloads_total", result="applied")
        before = applied()
        self.engine.process.send(signal.SIGHUP)
        wait_until(lambda: applied() > before, 10, "a reload applied")

    def send(self, job, recipients, **fields):
        self.put({"id": job, "message": {}, "recipients": recipients, **fields})

    def put(self, document):
        with self.stack.redis() as redis:
            redis.command("XADD", self.stack.key("jobs"), "*", "job", json.dumps(document))

    def ended(self, job, tenant="default"):
        def done():
            with self.stack.redis() as redis:
                found = redis.hash(self.stack.key(f"job:{tenant}:{job}"))
            return found if found.get("state") == "done" else None
        return wait_until(done, 20, f"{job} done")

    def reasons(self, job):
        with self.stack.redis() as redis:
            return [fields["reason"] for _, fields in redis.stream(self.stack.key("results"))
                    if fields["job"] == job and fields["outcome"] != "job_done"]

    def rows(self):
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        return self.stack.ledger.rows

    def answers(self):
        """{target: (provider, status, reason)} of all requests; none was made twice."""
        rows = self.rows()
        self.assertEqual(len(rows), len({row.token for row in rows}))
        return {row.token: (row.provider, row.status, row.reason) for row in rows}

    # What can be asked for -----------------------------------------------------------------------------------

    def test_every_kind_of_push_is_taken(self):
        self.start()
        self.send("fid", [{"platform": "android", "fid": "installation-1"}], message={"title": "T"},
                  overrides={"android": {"direct_boot_ok": True, "notification": {"channel_id": "c"},
                                         "fcm_options": {"analytics_label": "e2e"}}})
        self.send("dry", [{"platform": "android", "fid": "installation-2"}], message={"title": "T"}, dry_run=True)
        self.send("data", [{"platform": "android", "token": "own-data"}], message={"title": "T"},
                  overrides={"android": {"data": {"k": "v"}}})
        self.send("background", [{"platform": "ios", "token": "00b0"}], message={"data": {"k": "v"}}, priority="high")
        self.send("voip", [{"platform": "ios", "token": "00b1"}], message={"data": {"k": "v" * 4500}},
                  overrides=push_type("voip"))
        for name in ("location", "complication", "fileprovider", "mdm", "pushtotalk", "controls", "widgets"):
            self.send(name, [{"platform": "ios", "token": "00" + name}], overrides=push_type(name))
        state = {"timestamp": int(time.time()), "event": "update", "content-state": {"home": 1}}
        self.send("activity", [{"platform": "ios", "token": "00b2"}, {"platform": "ios", "channel": CHANNEL}],
                  overrides=push_type("liveactivity", state))
        start = {**state, "event": "start", "attributes-type": "match", "attributes": {}}
        self.send("start", [{"platform": "ios", "token": "00b3"}], message={"title": "T", "body": "B"},
                  overrides=push_type("liveactivity", start))
        jobs = self.wait_jobs_ended(14)
        self.assertEqual([], [job for job in jobs if job["delivered"] != job["total"]])
        answers = self.answers()
        self.assertEqual(15, len(answers))
        self.assertEqual({200}, {status for _, status, _ in answers.values()}, answers)
        for target in ("installation-1", "installation-2", "own-data"):
            self.assertEqual("fcm", answers[target][0])
        self.assertEqual("apns", answers[f"channel:{CHANNEL}"][0])
        self.assertNotIn("-", {row.dedupe for row in self.rows()})

    def test_the_examples_of_the_guide_are_taken(self):
        self.start()
        for path in EXAMPLES.glob("*.json"):
            document = json.loads(path.read_text())
            document.pop("send_at", None)
            document.pop("expires_at", None)
            document["recipients"] = [one for one in document.get("recipients", ()) if one["platform"] in ("android", "ios")]
            if document["recipients"]:
                self.put({**document, "id": path.stem, "tenant": "default"})
        jobs = self.wait_jobs_ended(7)
        self.assertEqual([], [job for job in jobs if job["delivered"] != job["total"]])

    def test_what_the_provider_calls_dead_ends_so(self):
        self.start()
        self.send("fid", [{"platform": "android", "fid": "dead-fid"}, {"platform": "android", "fid": "notatoken-fid"}],
                  message={"title": "T"})
        self.assertEqual("2", self.ended("fid")["invalid_token"])
        with self.stack.redis() as redis:
            said = [fields["token"] for _, fields in redis.stream(self.stack.key("tokens"))]
        self.assertEqual(["dead-fid", "notatoken-fid"], sorted(said))
        self.send("more", [{"platform": "android", "fid": "dead-fid"}, {"platform": "android", "fid": "alive"}],
                  message={"title": "T"})
        self.assertEqual("1", self.ended("more")["suppressed"])
        update = {"timestamp": 1, "event": "update", "content-state": {}}
        self.send("gone", [{"platform": "ios", "channel": "dead-channel"}], overrides=push_type("liveactivity", update))
        self.assertEqual("1", self.ended("gone")["failed"])
        self.assertEqual(["channel_not_registered"], self.reasons("gone"))

    def test_what_the_system_would_drop_is_not_sent(self):
        self.start()
        self.send("timeless", [{"platform": "ios", "token": "00c0"}],
                  overrides=push_type("liveactivity", {"event": "update", "content-state": {}}))
        self.send("urgent", [{"platform": "ios", "token": "00c1"}], message={"data": {"k": "v"}},
                  overrides={"apns": {"headers": {"apns-push-type": "background", "apns-priority": "10"}}})
        self.send("alert", [{"platform": "ios", "channel": CHANNEL}], message={"title": "T"})
        for job in ("timeless", "urgent", "alert"):
            self.assertEqual("1", self.ended(job)["failed"])
            self.assertEqual(["invalid_message"], self.reasons(job))
        self.assertEqual([], self.rows())

    # Certificates --------------------------------------------------------------------------------------------

    def certificate_app(self, **more):
        return {f"apns.{BY_CERTIFICATE}": {**self.stack.endpoints["apns_certificate"],
                                           "ca_file": self.stack.endpoints["ca_file"], **more}}

    def issue(self, name, days):
        """A new certificate of the sandbox's authority as .p12 with macOS's old ciphers: (sections' keys, ledger's
        hash)."""
        folder = self.stack.directory
        ca = pathlib.Path(self.stack.endpoints["ca_file"])

        def openssl(*args):
            subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, cwd=folder)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
                "-out", name + ".csr", "-subj", f"/UID={self.stack.endpoints['apns']['topic']}/CN={name}")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", ca, "-CAkey", ca.with_name("ca-key.pem"), "-days", days,
                "-set_serial", int(time.time()), "-out", name + ".pem")
        openssl("pkcs12", "-export", "-legacy", "-in", name + ".pem", "-inkey", name + ".key", "-out", name + ".p12",
                "-passout", "pass:geheim")
        (folder / (name + ".password")).write_text("geheim\n")
        der = ssl.PEM_cert_to_DER_cert((folder / (name + ".pem")).read_text())
        return ({"certificate_file": str(folder / (name + ".p12")),
                 "certificate_password_file": str(folder / (name + ".password"))}, hashlib.sha256(der).hexdigest()[:8])

    def test_a_certificate_stands_for_a_key(self):
        self.start(**self.certificate_app())
        self.send("key", [{"platform": "ios", "token": "00d0"}], message={"title": "T"})
        self.send("certificate", [{"platform": "ios", "token": "00d1"}], message={"title": "T"}, app=BY_CERTIFICATE)
        self.send("call", [{"platform": "ios", "token": "00d2"}], message={"title": "T"}, app=BY_CERTIFICATE,
                  overrides=push_type("voip"))
        self.send("channel", [{"platform": "ios", "channel": CHANNEL}], app=BY_CERTIFICATE,
                  overrides=push_type("liveactivity", {"timestamp": 1, "event": "end"}))
        jobs = self.wait_jobs_ended(4)
        self.assertEqual([1] * 4, [job["delivered"] for job in jobs])
        by = {row.token: row.authorization for row in self.rows()}
        self.assertEqual(2, len(set(by.values())), by)
        self.assertEqual(1, len({by["00d1"], by["00d2"], by[f"channel:{CHANNEL}"]}), by)

    def test_its_end_is_known_before_anything_is_sent(self):
        self.start(**self.certificate_app())

        def ends(provider, app="default"):
            return self.engine.metrics().sum("dispatch_credential_expiry_timestamp_seconds", provider=provider, app=app)
        wait_until(lambda: ends("apns", BY_CERTIFICATE) and ends("apns") and ends("fcm"), 10, "the credentials' ends")
        self.assertAlmostEqual(time.time() + 365 * 86_400, ends("apns", BY_CERTIFICATE), delta=600)
        self.assertAlmostEqual(time.time() + 3_600, ends("apns"), delta=600)
        self.assertAlmostEqual(time.time() + 3_600, ends("fcm"), delta=600)
        renewing = {labels["app"]: value for labels, value in
                    self.engine.metrics().each("dispatch_credential_self_renewing", provider="apns")}
        self.assertEqual({"default": 1, BY_CERTIFICATE: 0}, renewing)

    def test_another_certificate_takes_over_without_a_break(self):
        first, first_hash = self.issue("first", 20)
        second, second_hash = self.issue("second", 300)
        self.start(**self.certificate_app(**first, rate=400))
        tokens = [f"00e{number:04}" for number in range(2_000)]
        for number in range(20):
            self.send(f"job-{number}", [{"platform": "ios", "token": token} for token in tokens[number::20]],
                      message={"title": "T"}, app=BY_CERTIFICATE)
        wait_until(lambda: len(self.rows()) > 300, 20, "work under way")
        self.reload(**self.certificate_app(**second, rate=400))
        jobs = self.wait_jobs_ended(20)
        self.assertEqual(2_000, sum(job["delivered"] for job in jobs))
        rows = self.rows()
        self.assertEqual({200}, {row.status for row in rows})
        self.assertEqual({}, self.stack.ledger.repeats())
        self.assertEqual({first_hash, second_hash}, {row.authorization for row in rows})
        connection = {}
        for row in rows:
            connection.setdefault(row.connection, set()).add(row.authorization)
        self.assertEqual({1}, {len(shown) for shown in connection.values()})
        self.assertEqual(second_hash, rows[-1].authorization)

    def test_one_that_cannot_be_opened_refuses_the_reload(self):
        good, _ = self.issue("good", 300)
        self.start(**self.certificate_app(**good))
        (self.stack.directory / "good.password").write_text("wrong\n")
        self.engine.process.send(signal.SIGHUP)
        wait_until(lambda: self.engine.metrics().sum("dispatch_config_reloads_total", result="refused") == 1, 10, "it")
        self.send("still", [{"platform": "ios", "token": "00f0"}, {"platform": "ios", "token": "00f1"}],
                  message={"title": "T"}, app=BY_CERTIFICATE)
        self.assertEqual("2", self.ended("still")["delivered"])

    # Tenants -------------------------------------------------------------------------------------------------

    def test_a_tenant_sends_by_the_apps_it_may_use(self):
        port, sections = listening(one=key_section("k1", "one"), two=key_section("k2", "two"))
        second = self.stack.config(0, {})["fcm.default"]
        self.start(**sections, **{"fcm.second": second, "tenants.one": {"apps": ["second"]}})
        one, two = Api(port, "k1"), Api(port, "k2")

        def document(name, token, **fields):
            return {"id": name, "message": {"title": "T"},
                    "recipients": [{"platform": "android", "token": token}, {"platform": "android", "token": token + "+"}],
                    **fields}
        self.assertEqual(202, one.submit(document("h1", "h1", app="second")).status)
        self.assertEqual(202, two.submit(document("h2", "h2", app="second")).status)
        self.assertEqual(202, two.submit(document("h3", "h3")).status)
        for fields in ({}, {"app": "default"}):
            refused = one.submit(document("h4", "h4", **fields))
            self.assertEqual(403, refused.status, refused)
            self.assertEqual("/app", refused.json()["pointer"])
        pushed = one.call("POST", "/api/push", {"notifications": [{"tokens": ["p"], "platform": 2, "message": "M"}]})
        self.assertEqual(403, pushed.status, pushed)
        self.put(document("s1", "s1", tenant="one"))
        self.put(document("s2", "s2", tenant="one", app="second"))
        self.assertEqual("2", self.ended("s1", "one")["failed"])
        self.assertEqual(["app_not_allowed"] * 2, self.reasons("s1"))
        self.assertEqual("2", self.ended("s2", "one")["delivered"])
        for name, tenant in (("h1", "one"), ("h2", "two"), ("h3", "two")):
            self.assertEqual("2", self.ended(name, tenant)["delivered"], name)
        self.assertEqual({"h1", "h2", "h3", "s2"}, {row.token.rstrip("+") for row in self.rows()})

        self.reload(**{"tenants.one": {"apps": ["default"]}, "tenants.two": {"apps": ["second"]}})
        self.assertEqual(403, one.submit(document("r1", "r1", app="second")).status)
        self.assertEqual(202, one.submit(document("r2", "r2")).status)
        self.assertEqual(403, two.submit(document("r3", "r3")).status)
        self.put(document("r4", "r4", tenant="two"))
        self.assertEqual("2", self.ended("r4", "two")["failed"])
        self.assertEqual("2", self.ended("r2", "one")["delivered"])


if __name__ == "__main__":
    unittest.main()

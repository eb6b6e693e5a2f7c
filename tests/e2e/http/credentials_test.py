"""Credentials that dispatchctl makes, at the door of a running engine: taken, refused, replaced."""

import json
import signal
import time
import tomllib
import unittest

from e2e.case import EndToEnd
from e2e.ingest import Api, job, listening
from e2e.process import wait_until
from e2e.stack import call


class Credentials(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()

    def ctl(self, *args, **options):
        return json.loads(self.stack.ctl(*args, "--json", **options))

    def new_key(self, *args):
        """(what dispatchctl printed, the section it proposes)."""
        made = self.ctl("key", "new", "--name", "c", *args)
        return made, tomllib.loads(made["config"])["http"]["credentials"]["c"]

    def file(self, name, text):
        path = self.stack.directory / name
        path.write_text(text)
        return str(path)

    def start(self, **credentials):
        self.port, sections = listening(**credentials)
        self.engine = self.stack.start_engine(sections)

    def reload(self, **credentials):
        def applied():
            return self.engine.metrics().sum("dispatch_config_reloads_total", result="applied")
        before = applied()
        name = self.engine.config.name.removesuffix(".toml")
        _, sections = listening(**credentials)
        sections["http"]["listen"] = f"127.0.0.1:{self.port}"
        admin = int(self.engine.admin.rsplit(":", 1)[1])
        self.stack.write_config(name, self.stack.config(admin, sections))
        self.engine.process.send(signal.SIGHUP)
        wait_until(lambda: applied() > before, 10, "the reload applied")

    def test_a_new_key_is_taken_with_its_section_until_a_reload_takes_it_away(self):
        (first, section), (second, later) = self.new_key("--tenant", "duru", "--scopes", "send,read"), self.new_key()
        self.start(c=section)
        answer = Api(self.port, first["key"]).submit(job("a"))
        self.assertEqual((202, "duru"), (answer.status, answer.json()["tenant"]))
        self.assertEqual(401, Api(self.port, first["sha256"]).submit(job("a")).status)
        self.assertEqual(401, Api(self.port, second["key"]).submit(job("a")).status)
        self.reload(c={**section, "key_sha256": section["key_sha256"] + later["key_sha256"]})
        self.assertEqual([202, 202], [Api(self.port, made["key"]).submit(job("a")).status for made in (first, second)])
        self.reload(c={**section, "key_sha256": later["key_sha256"]})
        self.assertEqual([401, 202], [Api(self.port, made["key"]).submit(job("a")).status for made in (first, second)])

    def test_a_signed_request_is_taken_once_and_only_as_it_was_signed(self):
        made, section = self.new_key("--type", "hmac")
        secret = self.file("c.secret", made["secret"] + "\n")
        self.start(c={**section, "secret_file": secret})
        api, body = Api(self.port), json.dumps(job("a"))

        def signed(*args):
            return self.ctl("sign", "--secret-file", secret, *args, text=body)
        headers = signed()
        self.assertEqual(401, api.submit(body + " ", headers=headers).status, "another body")
        self.assertEqual(401, api.submit(body, headers={**headers, "webhook-id": "msg_other"}).status)
        self.assertEqual(202, api.submit(body, headers=headers).status)
        self.assertEqual(401, api.submit(body, headers=headers).status, "the same request again")
        self.assertEqual(202, api.submit(body, headers=signed()).status)
        now = int(time.time())
        for timestamp in (now - 400, now + 400):
            self.assertEqual(401, api.submit(body, headers=signed("--timestamp", timestamp)).status)
        self.assertEqual(202, api.submit(body, headers=signed("--timestamp", now - 200)).status)

    def test_a_replayed_request_is_refused_by_every_process(self):
        made, section = self.new_key("--type", "hmac")
        secret = self.file("c.secret", made["secret"] + "\n")
        self.start(c={**section, "secret_file": secret})
        first = self.port
        self.start(c={**section, "secret_file": secret})
        body = json.dumps(job("a"))
        headers = self.ctl("sign", "--secret-file", secret, text=body)
        self.assertEqual([202, 401], [Api(port).submit(body, headers=headers).status for port in (first, self.port)])

    def test_a_token_is_taken_from_its_issuer_for_its_scopes(self):
        secret = self.file("idp.secret", "a secret of more than thirty-two bytes\n")
        self.start(c={"type": "jwt", "algorithm": "HS256", "secret_file": secret, "issuer": "https://idp.example",
                      "audience": "dispatch", "tenant": "duru", "scopes": ["send"]})

        def token(*args):
            return self.ctl("sign", "--jwt", "HS256", "--secret-file", secret, *args)["token"]

        def status(text, method="POST", path="/v1/jobs"):
            return Api(self.port).call(method, path, job("a"), {"Authorization": "Bearer " + text}).status
        ours = ("--issuer", "https://idp.example", "--audience", "dispatch")
        self.assertEqual(202, status(token(*ours)))
        self.assertEqual(403, status(token(*ours), "GET", "/v1/jobs/x"), "not its scope")
        self.assertEqual(401, status(token("--issuer", "https://evil.example", "--audience", "dispatch")))
        self.assertEqual(401, status(token("--issuer", "https://idp.example", "--audience", "other")))
        self.assertEqual(401, status(token(*ours, "--expires-in", -60)))
        self.assertEqual(401, status(token(*ours, "--expires-in", 200_000)))
        header, claims, _ = token(*ours).split(".")
        self.assertEqual(401, status(f"{header}.{claims}."))

    def test_nothing_shows_a_secret(self):
        made, section = self.new_key("--type", "hmac")
        self.start(c={**section, "secret_file": self.file("c.secret", made["secret"] + "\n")})
        Api(self.port, "dk_a-key-tried-in-vain").submit(job("a"))
        shown = self.engine.process.tail(10_000) + call(self.engine.admin + "/metrics")[1]
        self.assertIn("dispatch_http_requests_total", shown)
        self.assertNotIn(made["secret"], shown)
        self.assertNotIn("tried-in-vain", shown)


if __name__ == "__main__":
    unittest.main(verbosity=2)

"""SIGHUP and the listener: certificates and callers are taken up, all of a file or nothing; what is not is named."""

import signal
import ssl
import subprocess
import unittest

from e2e.case import EndToEnd
from e2e.ingest import Api, job, key_section, listening
from e2e.process import wait_until


class Reload(EndToEnd):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()

    def start(self, sections, *arguments):
        self.engine = self.stack.start_engine(sections, arguments=arguments)

    def reload(self, sections, result="applied"):
        """With these sections in the file; answers the last line in the log of that event."""
        def counted():
            return self.engine.metrics().sum("dispatch_config_reloads_total", result=result)
        before = counted()
        admin = int(self.engine.admin.rsplit(":", 1)[1])
        self.stack.write_config(self.engine.config.stem, self.stack.config(admin, sections))
        self.engine.process.send(signal.SIGHUP)
        wait_until(lambda: counted() > before, 10, f"a reload {result}")
        event = "reloaded" if result == "applied" else "reload_refused"
        return wait_until(lambda: [line for line in self.engine.log_lines() if line["event"] == event], 5, event)[-1]

    def certificate(self, name):
        """(certificate file, key file, a client's context that believes no other)."""
        folder = self.stack.directory
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-keyout", key, "-out", certificate, "-subj", f"/CN={name}", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        return certificate, key, ssl.create_default_context(cafile=str(certificate))

    def test_a_new_certificate_is_shown_to_new_connections_and_costs_the_old_ones_nothing(self):
        (first, first_key, believes_first), (second, second_key, believes_second) = map(self.certificate, ("first", "second"))
        port, sections = listening(key=key_section("key"))
        sections["http"].update(tls_certificate_file=str(first), tls_key_file=str(first_key))
        self.start(sections)
        kept = Api(port, "key", tls=believes_first)
        self.assertEqual(202, kept.submit(job("a")).status)
        # The same names, as a certificate's renewal does it.
        first.write_bytes(second.read_bytes())
        first_key.write_bytes(second_key.read_bytes())
        self.assertEqual("", self.reload(sections)["waiting_for_restart"])
        self.assertEqual(202, Api(port, "key", tls=believes_second).submit(job("a")).status)
        with self.assertRaises(ConnectionError):
            Api(port, "key", tls=believes_first).submit(job("a"))
        self.assertEqual(202, kept.submit(job("a")).status)

    def test_a_certificate_that_cannot_be_used_refuses_the_rest_of_the_file_too(self):
        (first, first_key, believes_first), (second, _, believes_second) = map(self.certificate, ("first", "second"))
        port, sections = listening(key=key_section("key"))
        sections["http"].update(tls_certificate_file=str(first), tls_key_file=str(first_key))
        self.start(sections)
        _, broken = listening(key=key_section("key"), other=key_section("other"))
        broken["http"] = {**sections["http"], "tls_certificate_file": str(second)}
        self.assertIn("http.tls_certificate_file", self.reload(broken, "refused")["problems"])
        self.assertEqual(202, Api(port, "key", tls=believes_first).submit(job("a")).status)
        self.assertEqual(401, Api(port, "other", tls=believes_first).submit(job("a")).status)
        with self.assertRaises(ConnectionError):
            Api(port, "key", tls=believes_second).submit(job("a"))

    def test_credentials_end_insecure_dev_for_good(self):
        port, nobody = listening()
        self.start(nobody, "--insecure-dev")
        self.assertEqual(202, Api(port).submit(job("a")).status)
        self.assertEqual(1, len([line for line in self.engine.log_lines() if line["event"] == "http_insecure"]))
        _, with_key = listening(key=key_section("key"))
        with_key["http"] = nobody["http"]
        self.reload(with_key)
        self.assertEqual([401, 202], [Api(port, key).submit(job("a")).status for key in (None, "key")])
        # Nor does their going open it again: the listener may be another by now than the file says.
        self.reload(nobody)
        self.assertEqual([401, 401], [Api(port, key).submit(job("a")).status for key in (None, "key")])

    def test_what_a_reload_cannot_change_is_named(self):
        port, sections = listening(key=key_section("key"))
        self.start(sections)
        more = {"http": {**sections["http"], "deny": ["127.0.0.1"], "max_connections": 5, "cors_origins": ["https://a.example"]}}
        line = self.reload({**sections, **more})
        self.assertEqual("http.deny, http.max_connections, http.cors_origins", line["waiting_for_restart"])
        self.assertEqual(202, Api(port, "key").submit(job("a")).status)

    def test_the_first_caller_of_a_process_without_listener_waits_for_the_restart(self):
        self.start({})
        _, sections = listening(key=key_section("key"))
        del sections["http"]
        self.assertEqual("http.listen", self.reload(sections)["waiting_for_restart"])


if __name__ == "__main__":
    unittest.main(verbosity=2)

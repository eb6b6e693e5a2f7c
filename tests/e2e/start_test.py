"""What an engine needs to start, whichever providers it has; and that it says so, in words, while that is not there."""

import json
import pathlib
import socket
import threading
import unittest

from e2e.case import EndToEnd
from e2e.ingest import NO_LIMITS, Api, job, key_section, listening
from e2e.process import wait_until
from e2e.stack import call

NONE = {"android": "none", "ios": "none", "web": "none"}


class AnyProviders(EndToEnd):
    """Minimal configurations: each has what it is about, and nothing else."""

    def setUp(self):
        self.stack.start_redis()

    def test_no_provider_at_all(self):
        engine = self.stack.start_engine({"platforms": NONE})
        self.assertEqual((200, "ready"), readyz(engine))
        self.stack.ctl("send", "--id", "a", "--token", "t", "--title", "T")
        self.assertEqual(1, self.wait_jobs_ended(1)[0]["failed"])

    def test_the_platforms_defaults_without_any_section(self):
        self.stack.start_engine()

    def test_the_http_side_alone(self):
        port, sections = listening(one=key_section("key", **NO_LIMITS))
        self.stack.start_engine({**sections, "platforms": NONE})
        self.assertEqual(202, Api(port, "key").submit(job("t")).status)

    def test_webhooks_alone(self):
        self.stack.start_sandbox()
        self.stack.start_engine({"platforms": {**NONE, "webhook": "webhook"}})
        url = self.stack.endpoints["webhook"]["url"] + "one"
        document = {"id": "a", "message": {"title": "T"}, "recipients": [{"platform": "webhook", "url": url}]}
        self.stack.ctl("send", "--file", "-", text=json.dumps(document))
        self.assertEqual(1, self.wait_jobs_ended(1)[0]["delivered"])

    def test_web_push_alone(self):
        self.stack.start_sandbox()
        app = {"vapid_key_file": str(pathlib.Path(self.stack.endpoints["fcm"]["service_account_file"]).parent / "vapid-key.pem"),
               "subject": "mailto:ops@duru.example"}
        self.stack.start_engine({"platforms": {**NONE, "web": "webpush"}, "webpush.default": app})

    def test_mail_alone(self):
        app = {"endpoint": "smtp://127.0.0.1:1", "from": "a@duru.example"}
        self.stack.start_engine({"platforms": {**NONE, "email": "smtp"}, "smtp.default": app})


class EveryDoor(EndToEnd):
    """Ready means that every door works, also the HTTP side's own way to Redis."""

    def test_not_ready_before_the_http_side_has_its_connection(self):
        self.stack.start_redis()
        gate = Gate(self.stack.redis_port, held=b"high = 1, normal = 2")
        self.addCleanup(gate.close)
        port, sections = listening(one=key_section("key", **NO_LIMITS))
        sections["redis"] = {"url": f"redis://127.0.0.1:{gate.port}"}
        engine = self.stack.start_engine({**sections, "platforms": NONE}, ready=False)
        wait_until(lambda: any(line["event"] == "started" for line in engine.log_lines()), 20, "the engine's own start")
        wait_until(lambda: gate.waiting, 10, "the HTTP side at the gate")
        status, text = readyz(engine)
        self.assertEqual(503, status)
        self.assertIn("redis is away from the HTTP side", text)
        api = Api(port, "key")
        self.assertEqual(503, api.call("GET", "/readyz").status)
        self.assertEqual(503, api.submit(job("t")).status)
        gate.open()
        engine.wait_ready()
        self.assertEqual(200, api.call("GET", "/readyz").status)
        self.assertEqual(202, api.submit(job("t")).status)
        gate.cut()
        wait_until(lambda: "HTTP side" in str(readyz(engine)), 10, "that door shut again")
        said = [line["missing"] for line in engine.log_lines() if line["event"] == "not_ready"]
        self.assertEqual(1, sum("HTTP side" in line for line in said), said)

    def test_ready_says_in_words_what_is_missing_and_the_log_says_it_once(self):
        engine = self.stack.start_engine({"platforms": NONE}, ready=False)

        def says_why():
            status, text = readyz(engine)  # an engine that does not listen yet is an exception: not yet
            return status == 503 and "redis is away" in text and "refused" in text.lower()
        wait_until(says_why, 20, "the reason")
        self.stack.start_redis()
        engine.wait_ready()
        self.stack.redis_process().stop()
        wait_until(lambda: "redis is away" in str(readyz(engine)), 20, "the reason again")
        said = [line for line in engine.log_lines() if line["event"] in ("ready", "not_ready")]
        self.assertEqual(["not_ready", "ready", "not_ready"], [line["event"] for line in said], said)


class Gate:
    """Before Redis; whoever's first words hold `held` is let through only when it is open."""

    def __init__(self, target, held):
        self._target, self._held = target, held
        self._opened = threading.Event()
        self.waiting, self._through = 0, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self):
        self._opened.set()

    def cut(self):
        """Ends what was let through so, and holds what comes."""
        self._opened.clear()
        for each in self._through:
            each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._opened.set()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            self._relay(client)

    def _relay(self, client):
        first = b""
        # A greeting ends with its last script; what is held is in it.
        client.settimeout(0.3)  # nothing more comes before Redis has answered
        try:
            while self._held not in first and (part := client.recv(65536)):
                first += part
        except TimeoutError:
            pass
        client.settimeout(None)
        if self._held in first:
            self.waiting += 1
            self._opened.wait()
            self._through.append(client)
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            server.sendall(first)
            back = threading.Thread(target=pass_on, args=(server, client), daemon=True)
            back.start()
            pass_on(client, server)
            back.join()


def pass_on(source, sink):
    try:
        while part := source.recv(65536):
            sink.sendall(part)
    except OSError:
        pass
    for each in (source, sink):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def readyz(engine):
    status, body = call(engine.admin + "/readyz")
    return status, (body["detail"] if isinstance(body, dict) else body).strip()


if __name__ == "__main__":
    unittest.main()

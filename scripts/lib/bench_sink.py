"""The benchmark's provider: nghttpd with one thread, TLS 1.3 and ECDSA P-256, answering every push and every request
for an access token from a file; and h2load, which shows how much it can take at most."""

import json
import os
import re
import shutil
import subprocess

from e2e.process import cpu_seconds, free_port, wait_until

PROJECT = "bench"
PUSH_PATH = f"v1/projects/{PROJECT}/messages:send"
BODY_BYTES = 402
BEARER_CHARACTERS = 1024
# What h2load and nghttp2 put in themselves, or is the connection's own.
OWN_HEADERS = (":method", ":path", ":scheme", ":authority", "content-length")


def find(name):
    # Servers live in /usr/sbin, which is not in every user's PATH.
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not found:
        raise RuntimeError(f"{name} is not installed")
    return found


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


class Sink:
    def __init__(self, stack):
        self.stack = stack
        self.folder = stack.directory / "sink"
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.process = None
        self._make_files()

    def _make_files(self):
        htdocs = self.folder / "htdocs"
        push = htdocs / PUSH_PATH
        push.parent.mkdir(parents=True)
        push.write_text('{"name":"projects/bench/messages/1"}')
        (htdocs / "token").write_text(json.dumps(
            {"access_token": "a" * BEARER_CHARACTERS, "expires_in": 3599, "token_type": "Bearer"}))
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem", "-subj", "/CN=sink",
                "-addext", "subjectAltName=IP:127.0.0.1")
        openssl("genrsa", "-out", self.folder / "account.pem", 2048)
        (self.folder / "account.json").write_text(json.dumps({
            "type": "service_account", "project_id": PROJECT, "private_key_id": "bench",
            "private_key": (self.folder / "account.pem").read_text(),
            "client_email": "bench@bench.iam.gserviceaccount.com", "token_uri": self.url + "/token"}))

    def start(self, *extra):
        name = "sink-verbose" if extra else "sink"
        self.process = self.stack.start(name, [
            find("nghttpd"), "-a", "127.0.0.1", "-d", str(self.folder / "htdocs"), "-n", "1", "-m", "100", *extra,
            str(self.port), str(self.folder / "key.pem"), str(self.folder / "cert.pem")])

        def accepts():
            if not self.process.alive():
                raise RuntimeError("nghttpd ended:\n" + self.process.tail())
            with open(f"/proc/{self.process.pid}/net/tcp", encoding="ascii") as file:
                return f":{self.port:04X} 00000000:0000 0A" in file.read()
        wait_until(accepts, 10, "nghttpd listening")

    def stop(self):
        self.process.stop()
        self.stack.processes.remove(self.process)

    def engine_sections(self):
        return {"endpoint": self.url, "project_id": PROJECT, "ca_file": str(self.folder / "cert.pem"),
                "service_account_file": str(self.folder / "account.json")}

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def record_request(self, send_one):
        """(headers, body length) of a push as the engine sends it, read off a verbose nghttpd: h2load is given the
        same headers, so that both write the same bytes."""
        self.start("-v")
        try:
            send_one()
            return wait_until(self._recorded, 20, "a push at the sink")
        finally:
            self.stop()

    def _recorded(self):
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.process.log.read_text(errors="replace"))
        # Lines begin with the connection; frames of other connections and streams stand between.
        found = re.search(r"(\[id=\d+\]) .* recv \(stream_id=(\d+)\) :path: /" + re.escape(PUSH_PATH), text)
        if not found:
            return None
        connection, stream = re.escape(found[1]), found[2]
        headers = re.findall(rf"{connection} .* recv \(stream_id={stream}[^)]*\) (:?[\w-]+): (.*)", text)
        body = sum(int(size) for size in re.findall(
            rf"{connection} .* recv DATA frame <length=(\d+), flags=0x\w+, stream_id={stream}>", text))
        return ([(name, value) for name, value in headers if name not in OWN_HEADERS], body) if body else None

    def ceiling(self, requests, headers):
        """Requests a second of h2load, with its and the sink's CPU seconds."""
        body = self.folder / "body"
        body.write_text("x" * BODY_BYTES)
        argv = [find("h2load"), "-n", str(requests), "-c", "2", "-m", "100", "-t", "1", "-d", str(body)]
        for name, value in headers:
            argv += ["-H", f"{name}: {value}"]
        sink_before, used_before = self.cpu(), os.times()
        done = subprocess.run([*argv, f"{self.url}/{PUSH_PATH}"], capture_output=True, text=True, check=True)
        used = os.times()
        rate = re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout)
        good = re.search(r"status codes: (\d+) 2xx", done.stdout)
        if "TLSv1.3" not in done.stdout or not good or int(good[1]) != requests:
            raise RuntimeError("h2load did not get what it asked for:\n" + done.stdout)
        return {"rate": float(rate[1]), "cpu": {
            "client": used.children_user + used.children_system - used_before.children_user - used_before.children_system,
            "sink": self.cpu() - sink_before}}



class DistantSink:
    """A provider as far away as real ones are: the sandbox, each of whose answers waits."""
    ANSWER_MS = 50

    def __init__(self, stack):
        self.stack = stack
        self.process = None

    def __enter__(self):
        self.process = self.stack.start_sandbox()
        self.stack.control("/token_length", body={"n": BEARER_CHARACTERS})
        self.stack.control("/delay", body={"ms": self.ANSWER_MS})
        return self

    def __exit__(self, *_):
        self.process.stop()
        self.stack.processes.remove(self.process)
        self.stack.endpoints = None  # the other rows' engines have their own sink

    def engine_sections(self):
        return {}  # the stack puts a sandbox's addresses into every configuration

"""The ingestion side's rows: wrk hands jobs in over HTTP, each stored in Redis before it is answered, beside what the
same wrk gets from nginx for a constant answer."""

import hashlib
import json
import pathlib
import re
import socket
import subprocess
import time

import bench_jobs
from bench_sink import find
from e2e.process import cpu_seconds, free_port, peak_rss_bytes, wait_until

KEY = "bench-key"
CONNECTIONS = 64
DEPTH = 100  # requests at once on the one pipelined connection
BATCHES = 500
SCRIPT = pathlib.Path(__file__).with_name("ingest.lua")
ANSWER = '{"id":"01a20718-f43f-7376-9deb-780519fddbfd","tenant":"bench","lane":"normal","total":1,"state":"accepted"}'


class Ingest:
    def __init__(self, stack, redis_process):
        self.stack, self.redis_process = stack, redis_process
        self.body = stack.directory / "ingest.json"
        self.body.write_text(bench_jobs.single(0, False))
        self.port = free_port()

    def sections(self):
        # Counted like anybody's requests, and never full.
        windows = {name: 1_000_000_000 for name in ("per_minute", "per_hour", "per_day")}
        return {"http": {"listen": f"127.0.0.1:{self.port}"},
                "http.credentials.bench": {"tenant": "bench", "key_sha256": [hashlib.sha256(KEY.encode()).hexdigest()],
                                           **windows}}

    def wrk(self, port, connections, depth, seconds):
        done = subprocess.run(
            [find("wrk"), "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(SCRIPT),
             f"http://127.0.0.1:{port}/", "--", str(depth), KEY, str(self.body)],
            capture_output=True, text=True, check=True)
        if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            raise RuntimeError("wrk did not get what it asked for:\n" + done.stdout)
        number = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        count = re.search(r"(\d+) requests in", done.stdout)
        return float(number[1]), int(count[1]), done.stdout

    def ceiling(self, seconds):
        folder = self.stack.directory / "nginx"
        folder.mkdir(exist_ok=True)
        port = free_port()
        paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"worker_processes auto; daemon off; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{ worker_connections 1024; }} http {{ access_log off; keepalive_requests 1000000000; {paths}"
            f"server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json; return 202 {json.dumps(ANSWER)}; }} }} }}")
        nginx = self.stack.start("nginx", [find("nginx"), "-c", str(folder / "nginx.conf"), "-e", str(folder / "start.log")])
        try:
            wait_until(lambda: socket.create_connection(("127.0.0.1", port)).close() is None, 10, "nginx listening")
            rate, _, text = self.wrk(port, CONNECTIONS, 1, seconds)
            return {"rate": rate, **latencies(text)}
        finally:
            nginx.stop()
            self.stack.processes.remove(nginx)

    def measure(self, redis, engine, row, seconds):
        """The lane is paused, so that what is measured is handing in alone."""
        lane = self.stack.key("jobs")
        pids = {"engine": engine.process.pid, "redis": self.redis_process.pid}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        pipelined = row == "ingest-pipelined"
        rate, count, text = self.wrk(self.port, 1 if pipelined else CONNECTIONS, DEPTH if pipelined else 1, seconds)
        used = {name: (cpu_seconds(pid) - before[name]) / count * 1e6 for name, pid in pids.items()}
        stored = redis.command("XLEN", lane)
        if stored < count:
            raise RuntimeError(f"{row}: {count} answered, {stored} stored")
        times = self.batches() if pipelined else latencies(text)
        return {"rate": rate, **times, "cpu": used, "peak_rss_bytes": peak_rss_bytes(engine.process.pid)}

    def batches(self):
        """wrk's own latencies are wrong for pipelines: here, from a batch's first byte to its last answer."""
        body = self.body.read_bytes()
        head = (f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: {KEY}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        batch, times = (head + body) * DEPTH, []
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            for _ in range(BATCHES):
                started, answered, rest = time.monotonic(), 0, b""
                connection.sendall(batch)
                while answered < DEPTH:
                    data = rest + connection.recv(1 << 16)
                    answered += data.count(b"HTTP/1.1 202 ")
                    rest = data[-12:]
                times.append((time.monotonic() - started) * 1000)
        times.sort()
        return {"p50_ms": times[len(times) // 2], "p99_ms": times[int(0.99 * len(times))]}


def latencies(text):
    units = {"us": 1e-3, "ms": 1.0, "s": 1e3}

    def of(share):
        found = re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s)\b", text)
        return float(found[1]) * units[found[2]]
    return {"p50_ms": of(50), "p99_ms": of(99)}

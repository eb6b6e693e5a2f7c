"""Redis, the sandbox and engines in one private directory."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

from . import metrics
from .ledger import Ledger
from .process import Process, free_port, wait_until
from .resp import Redis

ROOT = pathlib.Path(__file__).resolve().parents[3]
LANES = {"high": "jobs:high", "normal": "jobs", "bulk": "jobs:bulk"}
OUTCOMES = ("delivered", "failed", "invalid_token", "quarantined", "suppressed", "expired", "cancelled", "dead")


def program(name):
    folder = pathlib.Path(os.environ.get("DISPATCH_BIN", ROOT / "build/release/bin"))
    return str(folder / name)


def call(url, method="GET", body=None, timeout=10.0):
    """(status, parsed JSON or text) of an HTTP call; errors of HTTP are answers too."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=timeout) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def toml(value):
    # JSON's strings, numbers, booleans and lists are TOML's too.
    return json.dumps(value)


class Engine:
    """One dispatchd."""

    def __init__(self, process, config, admin):
        self.process, self.config, self.admin = process, config, f"http://127.0.0.1:{admin}"

    def ready(self):
        if not self.process.alive():
            raise RuntimeError(f"dispatchd ended with {self.process.code()}:\n{self.process.tail()}")
        return call(self.admin + "/readyz")[0] == 200

    def wait_ready(self, timeout=20.0):
        wait_until(self.ready, timeout, "dispatchd ready")

    def metrics(self):
        return metrics.fetch(self.admin + "/metrics")

    def log_lines(self):
        """Its log's lines that are JSON."""
        with open(self.process.log, encoding="utf-8", errors="replace") as file:
            return [json.loads(line) for line in file if line.startswith("{")]


class Stack:
    """Start what a test needs, in any order; leaving the `with` block stops all and removes the directory."""

    def __init__(self, namespace="dispatch", outlive=False, providers=()):
        """`providers` of ("fcm", "apns") are configured at the sandbox for every engine; others a test's sections
        name. None are by default: an engine with what nobody uses hides that it needs it."""
        self.providers = providers
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="duru-dispatch."))
        self.namespace, self.outlive = namespace, outlive
        self.processes = []
        self.engines = []
        self.redis_port = free_port()
        self.endpoints = None
        self.ledger = None
        self._redis_process = None
        self._left = False

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and os.environ.get("DISPATCH_KEEP_FAILED"):
            print(f"kept: {self.directory}")
            self.stop_processes()
        else:
            self.close()

    # Processes -----------------------------------------------------------------------------------------------

    def start(self, name, argv, env=None):
        process = Process(name, argv, self.directory / f"{name}.log", env, self.outlive)
        self.processes.append(process)
        return process

    def start_redis(self, *extra):
        """Again after it was stopped or killed: on the same port, with the same files."""
        data = self.directory / "redis"
        data.mkdir(exist_ok=True)
        options = ["--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(data), "--save", "",
                   "--appendonly", "yes", "--appendfsync", "everysec", *extra]
        self._redis_process = self.start("redis", ["redis-server", *options])

        def answers():
            if not self._redis_process.alive():
                raise RuntimeError("redis-server ended:\n" + self._redis_process.tail())
            with self.redis() as client:
                # In a pipeline an error is an answer: LOADING, while it reads its files.
                return client.pipeline([("PING",)]) == ["PONG"]
        wait_until(answers, 20, "redis-server answering")
        return self._redis_process

    def redis_process(self):
        """The one started last."""
        return self._redis_process

    def start_sandbox(self, *extra):
        folder = self.directory / "sandbox"
        folder.mkdir(exist_ok=True)
        process = self.start("sandbox", [program("dispatch-sandbox"), "--dir", str(folder), *extra])

        def ready():
            if not process.alive():
                raise RuntimeError("dispatch-sandbox ended:\n" + process.tail())
            try:
                found = json.loads((folder / "endpoints.json").read_text())
            except ValueError:
                return None  # caught between its creation and its last byte
            return found if found["pid"] == process.pid else None
        self.endpoints = wait_until(ready, 20, "dispatch-sandbox ready")
        self.ledger = Ledger(self.endpoints["ledger"])
        return process

    def start_engine(self, sections=None, ready=True, name=None, arguments=(), under=(), env=None):
        """`sections` are merged over the usual configuration; a value of None removes a key. `under`: a program that
        starts it, with its arguments."""
        admin = free_port()
        name = name or f"dispatchd{len(self.engines) + 1 if self.engines else ''}"
        config = self.write_config(name, self.config(admin, sections or {}))
        process = self.start(name, [*under, program("dispatchd"), "--config", str(config), *arguments], env)
        engine = Engine(process, config, admin)
        self.engines.append(engine)
        if ready:
            engine.wait_ready()
        return engine

    def config(self, admin, sections):
        ca_file = {"ca_file": self.endpoints["ca_file"]} if self.endpoints else {}
        out = {"redis": {"url": f"redis://127.0.0.1:{self.redis_port}", "namespace": self.namespace},
               "admin": {"listen": f"127.0.0.1:{admin}"}}
        if self.endpoints:
            for name in self.providers:
                out[f"{name}.default"] = {**self.endpoints[name], **ca_file}
            if "webhook" in sections.get("platforms", {}):
                out["webhook.default"] = {"secret_file": self.endpoints["webhook"]["secret_file"], **ca_file,
                                          "allow_addresses": ["127.0.0.0/8", "::1"]}
        for section, values in sections.items():
            merged = {**out.get(section, {}), **values}
            out[section] = {key: value for key, value in merged.items() if value is not None}
        return out

    def write_config(self, name, sections):
        path = self.directory / f"{name}.toml"
        lines = []
        for section, values in sections.items():
            lines.append(f"[{section}]")
            lines.extend(f"{key} = {toml(value)}" for key, value in values.items())
        path.write_text("\n".join(lines) + "\n")
        return path

    def stop_processes(self):
        # The engine first: it drains while Redis and the providers still answer.
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()

    def leave(self):
        """Forgets the processes (they were started to outlive this one) and keeps the directory."""
        self.processes.clear()
        self._left = True

    def close(self):
        if self._left:
            return
        self.stop_processes()
        shutil.rmtree(self.directory, ignore_errors=True)

    # Looking -------------------------------------------------------------------------------------------------

    @property
    def redis_url(self):
        return f"redis://127.0.0.1:{self.redis_port}"

    def redis(self):
        return Redis(self.redis_port)

    def key(self, rest):
        return f"{self.namespace}:{rest}"

    def ctl_argv(self, *args):
        return [program("dispatchctl"), "--redis", self.redis_url, "--namespace", self.namespace, *map(str, args)]

    def ctl(self, *args, text=None, check=True):
        """Runs dispatchctl; answers its standard output, or with check=False (code, output, errors)."""
        done = subprocess.run(self.ctl_argv(*args), input=text, capture_output=True, text=True, timeout=300, check=False)
        if not check:
            return done.returncode, done.stdout, done.stderr
        if done.returncode != 0:
            raise RuntimeError(f"dispatchctl {' '.join(map(str, args))}: {done.stderr}")
        return done.stdout

    def control(self, path, method="POST", body=None):
        """A command to the sandbox."""
        status, answer = call(self.endpoints["control"] + path, method, body)
        if status != 200:
            raise RuntimeError(f"sandbox: {method} {path}: {status} {answer}")
        return answer

    def lanes(self, redis):
        """{lane: (XLEN, XPENDING)}."""
        asks = []
        for name in LANES.values():
            asks += [("XLEN", self.key(name)), ("XPENDING", self.key(name), "dispatchers")]
        replies = redis.pipeline(asks)
        pending = [reply[0] if isinstance(reply, list) else 0 for reply in replies[1::2]]
        return dict(zip(LANES, zip(replies[::2], pending)))

    def lanes_empty(self, redis):
        return all(counts == (0, 0) for counts in self.lanes(redis).values())

    def jobs(self, redis):
        """Every job hash: a list of dicts with tenant, id, state, total and the outcomes as numbers."""
        prefix = self.key("job:")
        keys = redis.scan(prefix + "*")
        fields = ("state", "lane", "total", *OUTCOMES)
        out = []
        for key, values in zip(keys, redis.pipeline([("HMGET", key, *fields) for key in keys])):
            tenant, _, name = key[len(prefix):].partition(":")
            counts = {field: int(value or 0) for field, value in zip(fields[2:], values[2:])}
            out.append({"tenant": tenant, "id": name, "state": values[0], "lane": values[1], **counts})
        return out

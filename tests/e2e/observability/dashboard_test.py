#!/usr/bin/env python3
"""Runs every query of the Grafana dashboard, and all rules, against a real Prometheus that scrapes a real engine
sending to the sandbox. A query that returns nothing is a panel that stays empty.

    dashboard_test.py [--bin DIR] [--configs DIR] [--prometheus PROGRAM]
"""

import argparse
import json
import math
import os
import pathlib
import sys
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/support"))

from e2e.process import free_port, wait_until  # noqa: E402
from e2e.stack import LANES, Stack, call  # noqa: E402

# What Grafana fills in; Prometheus scrapes every second here.
VARIABLES = {"$__rate_interval": "20s", "$__range": "60s", "$job": "dispatchd", "$instance": ".*"}

# A rate limit that makes sends wait, and retries that end within the test.
ENGINE = {
    "platforms": {"android": "fcm", "ios": "apns", "web": "none"},
    "retry": {"attempts": 2, "base": "50ms", "cap": "100ms"},
    "fcm.default": {"rate": 50, "burst": 5},
}


def start_prometheus(stack, program, admin, rules):
    """Its base URL, once it answers."""
    port = free_port()
    config = stack.directory / "prometheus.yml"
    config.write_text(json.dumps({  # JSON is YAML
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules / "*.rules.yml")],
        "scrape_configs": [{"job_name": "dispatchd",
                            "static_configs": [{"targets": [urllib.parse.urlsplit(admin).netloc]}]}],
    }))
    stack.start("prometheus", [program, "--config.file", str(config), "--storage.tsdb.path",
                               str(stack.directory / "tsdb"), "--web.listen-address", f"127.0.0.1:{port}"])
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: call(url + "/-/ready")[0] == 200, 30, "prometheus ready", every=0.2)
    return url


def ask(prometheus, path, **parameters):
    status, answer = call(f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
    if status != 200:
        raise AssertionError(f"{path} {parameters}: {status} {answer}")
    return answer["data"]


def recipients(round_number):
    """One of each kind a panel shows; APNs wants hex in life, the sandbox does not."""
    mark = f"{round_number}-dashboardsecret"
    kinds = [("android", f"good-{n}-{mark}") for n in range(20)] + [("ios", f"good-{n}-{mark}") for n in range(5)]
    kinds += [("android", f"dead-{mark}"), ("ios", f"dead-{mark}"), ("android", f"flaky503-1-{mark}"),
              ("ios", f"flaky503-1-{mark}"), ("android", f"fail-500-INTERNAL-{mark}")]
    return [{"platform": on, "token": token, "vars": {"name": "Ada"}} for on, token in kinds]


def add_jobs(redis, stack, round_number):
    def add(lane, document):
        redis.command("XADD", stack.key(LANES[lane]), "*", "job", document)

    message = {"title": "Hi {{name}}", "body": "dashboard"}
    for lane in LANES:
        mark = f"{lane}-{round_number}"
        add(lane, json.dumps({"id": f"job-{mark}", "message": message, "recipients": recipients(mark)}))
    without_name = [{"platform": "android", "token": f"good-novars-{round_number}"}]
    add("normal", json.dumps({"message": message, "recipients": without_name}))
    add("normal", '{"message": {"title": "unfinished"')
    # A repeat and a conflict: the same id, first the same document, then another.
    repeat = {"id": "repeated", "message": {"title": "t", "body": "b"}, "recipients": without_name}
    add("normal", json.dumps(repeat))
    repeat["message"]["title"] = f"changed in round {round_number}"
    add("normal", json.dumps(repeat))


class Feeder(threading.Thread):
    """Jobs every second while the test looks, as rates need something that moves."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack = stack
        self.stopped = threading.Event()
        self.problem = None

    def run(self):
        round_number = 0
        try:
            with self.stack.redis() as redis:
                while not self.stopped.wait(1):
                    add_jobs(redis, self.stack, round_number)
                    round_number += 1
        except Exception as error:  # told by the main thread
            self.problem = error


def queries_of(dashboard):
    """(panel title, expression) with the variables filled in."""
    found = []
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            if "$" in expression:
                raise AssertionError(f"{panel['title']}: unknown variable in {expression}")
            found.append((panel["title"], expression))
    return found


def has_data(prometheus, expression):
    result = ask(prometheus, "query", query=expression)["result"]
    return any(math.isfinite(float(sample["value"][1])) for sample in result)


def check_queries(prometheus, dashboard, alive):
    """Every query must have an answer at some time; events may take their time to happen."""
    missing = queries_of(dashboard)
    total = len(missing)

    def all_answered():
        nonlocal missing
        alive()
        missing = [(title, query) for title, query in missing if not has_data(prometheus, query)]
        return not missing

    try:
        wait_until(all_answered, 60, "queries", every=0.5)
    except TimeoutError:
        for title, query in missing:
            print(f"no data: {title}: {query}", file=sys.stderr)
        raise AssertionError(f"{len(missing)} of {total} queries return nothing") from None
    return total


def check_rules(prometheus, files):
    groups = ask(prometheus, "rules")["groups"]
    loaded = {group["file"] for group in groups}
    if len(loaded) != len(files):
        raise AssertionError(f"loaded {loaded}, there are {files}")
    rules = [rule for group in groups for rule in group["rules"]]
    broken = [f"{rule['name']}: {rule.get('lastError')}" for rule in rules if rule["health"] != "ok"]
    if broken:
        raise AssertionError("rules: " + "; ".join(broken))
    return len(rules)


def check_exposition(admin):
    status, text = call(f"{admin}/metrics")
    if status != 200 or "dispatch_build_info{" not in text:
        raise AssertionError(f"/metrics: {status}")
    for secret in ("dashboardsecret", "job-high-", "PRIVATE KEY"):
        if secret in text:
            raise AssertionError(f"/metrics shows {secret}")


def watch(stack, engine, prometheus, configs):
    """The test itself, while jobs come in."""
    dashboard = json.loads((configs / "grafana/dispatch-dashboard.json").read_text())
    feeder = Feeder(stack)

    def alive():
        for process in stack.processes:
            if not process.alive():
                raise AssertionError(f"{process.name} ended with {process.code()}:\n{process.tail()}")
        if feeder.problem:
            raise AssertionError(f"feeder: {feeder.problem}")

    feeder.start()
    try:
        queries = check_queries(prometheus, dashboard, alive)
        rules = check_rules(prometheus, list((configs / "prometheus/rules").glob("*.rules.yml")))
        check_exposition(engine.admin)
    finally:
        feeder.stopped.set()
        feeder.join(10)
    return queries, rules


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", help="folder of dispatchd and dispatch-sandbox (default: DISPATCH_BIN)")
    parser.add_argument("--configs", type=pathlib.Path, default=ROOT / "configs")
    parser.add_argument("--prometheus", default="prometheus")
    arguments = parser.parse_args()
    if arguments.bin:
        os.environ["DISPATCH_BIN"] = str(pathlib.Path(arguments.bin).resolve())
    configs = arguments.configs.resolve()
    try:
        with Stack("observability", providers=("fcm", "apns")) as stack:
            stack.start_redis()
            stack.start_sandbox()
            engine = stack.start_engine(ENGINE)
            prometheus = start_prometheus(stack, arguments.prometheus, engine.admin, configs / "prometheus/rules")
            try:
                queries, rules = watch(stack, engine, prometheus, configs)
            except AssertionError:
                print(f"--- dispatchd's log\n{engine.process.tail(30)}", file=sys.stderr)
                raise
            code = engine.process.stop(40)
            if code != 0:
                raise AssertionError(f"dispatchd ended with {code}:\n{engine.process.tail()}")
    except (AssertionError, TimeoutError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print(f"{queries} queries of the dashboard have data, {rules} rules evaluate")
    return 0


if __name__ == "__main__":
    sys.exit(main())

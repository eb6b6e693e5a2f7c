#!/usr/bin/env python3
"""scripts/bench after the build. docs/benchmark.md says what is measured and how."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from e2e.process import unwind_on_signals  # noqa: E402
from e2e.stack import Stack  # noqa: E402

import bench_rows  # noqa: E402
import bench_scale  # noqa: E402
from screen import heading, number, table  # noqa: E402

ROWS = ("ceiling", "single", "single-id", "bulk", "single-aof", "bulk-aof", "distant", "urgent", "urgent-idle", "idle",
        "ingest-ceiling", "ingest-64", "ingest-pipelined")
QUICK = {"ceiling": 100_000, "single": 30_000, "bulk": 200, "distant": 100, "urgent": 400, "idle": 3.0, "ingest": 2.0}
FULL = {"ceiling": 500_000, "single": 300_000, "bulk": 2_000, "distant": 1_000, "urgent": 1_200, "idle": 10.0, "ingest": 8.0}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(
        "Measures the engine end to end against one sink and sets it beside what h2load reaches there. "
        "Prints a table, writes bench/results.json, and ends with plain lines of name and value."))
    parser.add_argument("--quick", action="store_true", help="one small repetition: shows that it works, not how fast")
    parser.add_argument("--repetitions", type=int, metavar="N", help="how often each row is measured (default 3)")
    parser.add_argument("--rows", metavar="A,B", help="only these rows: " + " ".join(ROWS))
    parser.add_argument("--scale", action="store_true", help=(
        "instead: throughput, CPU and memory over 10^4 to 10^7 recipients, 1 to 1,000 tenants, 1 to 10,000 jobs"))
    args = parser.parse_args()
    args.rows = tuple(args.rows.split(",")) if args.rows else ROWS
    if unknown := set(args.rows) - set(ROWS):
        parser.error("unknown rows: " + " ".join(sorted(unknown)))
    args.repetitions = args.repetitions or (1 if args.quick else 3)
    return args


def measure(args):
    """{row: [measurement of each repetition]}; rows interleaved, so that a slow minute of the machine hits all."""
    results = {row: [] for row in args.rows}
    with Stack(namespace="bench", providers=("fcm", "apns")) as stack:
        rows = bench_rows.Rows(stack, QUICK if args.quick else FULL)
        run = rows.run
        if args.scale:
            scale = bench_scale.Scale(rows, quick=args.quick)
            args.rows, run = scale.names(), scale.run
            results = {row: [] for row in args.rows}
        for repetition in range(args.repetitions):
            for row in args.rows:
                measured = run(row)
                results[row].append(measured)
                print(f"  {repetition + 1}/{args.repetitions}  {row:<16} {describe(measured)}", flush=True)
    return results


def describe(measured):
    if "rate" in measured:
        tail = f"  p50 {measured['p50_ms']:.2f} ms  p99 {measured['p99_ms']:.2f} ms" if "p50_ms" in measured else ""
        return f"{number(measured['rate']):>10}/s{tail}"
    if "p50_ms" in measured:
        beside = f"  beside {number(measured['bulk_rate'])}/s of bulk" if measured.get("bulk_rate") else ""
        return f"p50 {measured['p50_ms']:.1f} ms  p99 {measured['p99_ms']:.1f} ms{beside}"
    return f"{measured['cpu_percent']:.2f} % CPU"


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summarise(results):
    """The same shape with a median, minimum and maximum for each figure."""
    out = {}
    for row, repetitions in results.items():
        flat = [{**{key: value for key, value in one.items() if key != "cpu"},
                 **{f"cpu_{name}": value for name, value in one.get("cpu", {}).items()}} for one in repetitions]
        out[row] = {key: spread([one[key] for one in flat]) for key in flat[0]}
    return out


def ratios(summary):
    def rate(row):
        return summary[row]["rate"]["median"]
    out = {}
    if "ceiling" in summary:
        out = {f"{row}/ceiling": rate(row) / rate("ceiling") for row in summary
               if row not in ("ceiling", "distant") and not row.startswith("ingest") and "rate" in summary[row]}
    if {"ingest-64", "ingest-ceiling"} <= set(summary):
        out["ingest/ceiling"] = rate("ingest-64") / rate("ingest-ceiling")
    return out


def print_tables(summary):
    rates = [row for row in summary if "rate" in summary[row]]
    if rates:
        heading("Throughput (CPU in seconds per million)")
        rows = [("row", "per second", "min", "max", "engine", "Redis", "sink", "client", "peak MB")]
        for row in rates:
            figures = summary[row]

            def cell(name, scale=1.0, digits=2, figures=figures):
                return f"{figures[name]['median'] * scale:.{digits}f}" if name in figures else ""
            rows.append((row, *(number(figures["rate"][key]) for key in ("median", "min", "max")), cell("cpu_engine"),
                         cell("cpu_redis"), cell("cpu_sink"), cell("cpu_client"), cell("peak_rss_bytes", 1e-6, 0)))
        table(rows)
    latencies = [row for row in summary if "p50_ms" in summary[row]]
    if latencies:
        heading("Latencies: high lane, stored to answered; ingestion, asked to answered")
        rows = [("row", "p50 ms", "min", "max", "p99 ms", "min", "max")]
        for row in latencies:
            rows.append((row, *(f"{summary[row][name][key]:.1f}" for name in ("p50_ms", "p99_ms")
                                for key in ("median", "min", "max"))))
        table(rows)


def plain_lines(summary, relations):
    for name, value in relations.items():
        yield name, f"{value:.3f}"
    for row, figures in summary.items():
        for name, digits in (("rate", 0), ("p50_ms", 2), ("p99_ms", 2), ("cpu_percent", 2), ("cpu_engine", 2),
                             ("cpu_redis", 2), ("cpu_sink", 2), ("cpu_client", 2), ("peak_rss_bytes", 0)):
            if name in figures:
                label = row if name == "rate" else f"{row}-{name.replace('_', '-')}"
                yield label, f"{figures[name]['median']:.{digits}f}"


def main():
    args = parse_arguments()
    unwind_on_signals()
    try:
        results = measure(args)
    except (RuntimeError, TimeoutError) as error:
        print(f"scripts/bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    summary = summarise(results)
    relations = ratios(summary)
    (ROOT / "bench/results.json").write_text(json.dumps({
        "machine": {"cpus": os.cpu_count(), "kernel": platform.release()}, "quick": args.quick,
        "repetitions": args.repetitions, "rows": summary, "ratios": relations}, indent=2) + "\n")
    print_tables(summary)
    print()
    for name, value in plain_lines(summary, relations):
        print(name, value)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What scripts/demo says at the end: outcomes, speed against its targets, and the accounting of every notification
between loader, engine and provider."""

import collections

from e2e.stack import OUTCOMES
from screen import check, heading, milliseconds, number, table

PLATFORMS = ("android", "ios", "web", "email", "webhook")
CHANNELS = ("fcm", "apns", "webpush", "smtp", "webhook")
TARGET_PER_MINUTE = 10_000
TARGET_P95_MS = 500
TARGET_ERROR_SHARE = 0.001
TARGET_DELIVERY = 0.995


def read_records(directory):
    """{lane: {dedupe key: (sent at, µs; platform)}} of what the loaders wrote down."""
    out = {}
    for path in sorted(directory.glob("*.tsv")):
        lane = out[path.stem] = {}
        with open(path, encoding="ascii") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                lane[fields[6]] = (int(fields[0]), fields[4])
    return out


def percentile(values, share):
    """Of sorted values; None of none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def latencies_ms(sent, rows):
    """From just before a job was written to Redis until the provider had the request: first attempts only."""
    first = {}
    for row in rows:
        if row.dedupe in sent:
            at = row.at_ms - sent[row.dedupe][0] / 1000
            first[row.dedupe] = min(at, first.get(row.dedupe, at))
    return sorted(first.values())


def print_outcomes(metrics):
    heading("Outcomes")
    counts = {platform: {outcome: metrics.sum("dispatch_notifications_total", platform=platform, outcome=outcome)
                         for outcome in OUTCOMES} for platform in PLATFORMS}
    shown = [outcome for outcome in OUTCOMES if outcome in ("delivered", "invalid_token", "failed", "dead")
             or any(counts[platform][outcome] for platform in PLATFORMS)]
    rows = [("platform", *shown, "total")]
    for platform in PLATFORMS:
        rows.append((platform, *(number(counts[platform][outcome]) for outcome in shown), number(sum(counts[platform].values()))))
    table(rows)


def print_channels(high, rows):
    heading("Channels")
    begin = min(row.at_ms for row in rows)
    lines = [("channel", "requests", "high lane p50", "p95", "last request after")]
    for channel in CHANNELS:
        of = [row for row in rows if row.provider == channel]
        times = latencies_ms(high, of)
        lines.append((channel, number(len(of)), milliseconds(percentile(times, 0.5)), milliseconds(percentile(times, 0.95)),
                      f"{(max((row.at_ms for row in of), default=begin) - begin) / 1000:.1f} s"))
    table(lines)


def print_facts(redis, stack, metrics, rows):
    keys = {row.dedupe for row in rows}
    by_reason = collections.Counter(f"{row.provider} {row.status}" for row in rows if not 200 <= row.status < 300)
    reasons = ", ".join(f"{number(count)} × {name}" for name, count in by_reason.most_common(6))
    print(f"\n  Requests providers got: {number(len(rows))}, {number(len(rows) - len(keys))} of them retries"
          + (f" (refusals: {reasons})" if reasons else ""))
    print(f"  Breaker trips: {number(metrics.sum('dispatch_breaker_transitions_total', to='open'))}")
    print(f"  Tokens to delete (stream {stack.key('tokens')}): {number(redis.command('XLEN', stack.key('tokens')))}")


def check_targets(totals, high, elapsed):
    heading("Targets")
    total = sum(totals.values())
    per_minute = total / elapsed * 60
    errors = (totals["failed"] + totals["dead"]) / total
    deliverable = total - sum(totals[name] for name in ("invalid_token", "suppressed", "expired", "cancelled"))
    delivery = totals["delivered"] / deliverable if deliverable else 1.0
    p50, p95, p99 = (percentile(high, share) for share in (0.50, 0.95, 0.99))
    good = [
        check("notifications a minute", number(per_minute), per_minute >= TARGET_PER_MINUTE, f"at least {number(TARGET_PER_MINUTE)}"),
        check(f"high lane, stored to provider, p95 of {number(len(high))}", milliseconds(p95),
              p95 is not None and p95 < TARGET_P95_MS, f"below {TARGET_P95_MS} ms"),
        check("errors (failed + dead)", f"{errors:.3%}", errors < TARGET_ERROR_SHARE, f"below {TARGET_ERROR_SHARE:.1%}"),
        check("delivered, of what could be", f"{delivery:.3%}", delivery > TARGET_DELIVERY, f"above {TARGET_DELIVERY:.1%}"),
    ]
    print(f"  (high lane: p50 {milliseconds(p50)}, p99 {milliseconds(p99)}; all {number(total)} in {elapsed:.1f} s)")
    return all(good)


def check_channels(metrics, rows):
    """That each provider took what the engine says was delivered by it."""
    good = []
    for channel in CHANNELS:
        counted = metrics.sum("dispatch_notifications_total", provider=channel, outcome="delivered")
        taken = {row.dedupe for row in rows if row.provider == channel and 200 <= row.status < 300}
        good.append(check(f"delivered by {channel}, in its own ledger", number(len(taken)), len(taken) == counted,
                          number(counted)))
    return all(good)


def check_accounts(stack, redis, recipients, metrics, records, jobs, totals, rows):
    heading("Accounts")
    sent = {key for lane in records.values() for key in lane}
    # A mail server refuses a mailbox before it has seen a message, which is what names the recipient.
    nameless = {row.token for row in rows if row.dedupe == "-"}
    reached = {row.dedupe for row in rows} - {"-"}
    arrived = len(reached) + len(nameless)
    repeats = stack.ledger.repeats()
    unfinished = [job for job in jobs if job["state"] != "done" or job["total"] != sum(job[name] for name in OUTCOMES)]
    outcomes = sum(totals.values())
    counted = metrics.sum("dispatch_notifications_total")
    good = [
        check("recipients handed over", number(len(sent)), len(sent) == recipients, number(recipients)),
        check("outcomes in the job records", number(outcomes), outcomes == recipients, number(recipients)),
        check("outcomes in the metrics", number(counted), counted == recipients, number(recipients)),
        check("jobs not done", number(len(unfinished)), not unfinished, "0"),
        # Suppressed ones are never sent: their token was found dead before.
        check("recipients that reached a provider", number(arrived),
              reached <= sent and len(sent) - arrived == totals["suppressed"], number(recipients - totals["suppressed"])),
        check("recipients delivered more than once", number(len(repeats)), not repeats, "0"),
    ]
    good.append(check_channels(metrics, rows))
    for lane, (length, pending) in stack.lanes(redis).items():
        good.append(check(f"lane {lane}: entries, unacknowledged", f"{length}, {pending}", (length, pending) == (0, 0), "0, 0"))
    return all(good)


def report(stack, engine, recipients, elapsed):
    """Prints all of it; answers whether every target was met and every account agrees."""
    stack.ledger.read()
    rows = stack.ledger.rows
    metrics = engine.metrics()
    records = read_records(stack.directory)
    with stack.redis() as redis:
        jobs = stack.jobs(redis)
        totals = {name: sum(job[name] for job in jobs) for name in OUTCOMES}
        print_outcomes(metrics)
        print_channels(records.get("high", {}), rows)
        print_facts(redis, stack, metrics, rows)
        met = check_targets(totals, latencies_ms(records.get("high", {}), rows), elapsed)
        agree = check_accounts(stack, redis, recipients, metrics, records, jobs, totals, rows)
    print()
    return met and agree

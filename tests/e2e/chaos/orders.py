"""What was ordered holds through crashes: cancel, send_at, Retry-After; and an entry that kills whoever reads it."""

import collections
import datetime
import time

from e2e.process import wait_until

from .audit import Audit, pushes
from .kills import ENDED_S, finish
from .result import Result
from .rig import W, Rig
from .work import TENANT, Work, number_of

POISON = "poison-"
CANCEL_S = 1.0
LATE_S = 5.0
REFUSED = 40


def poison(options):
    """An entry whose recipient kills the process, read beside 100 healthy ones. The process is started again each time
    (DISPATCHD_TEST_CRASH_TOKEN is dispatchd's test hook: it aborts when it renders such a token)."""
    result = Result("poison")
    work = Work(options.seed)
    most = 6
    with Rig(options, result, seats=1, env={"DISPATCHD_TEST_CRASH_TOKEN": POISON}) as rig:
        jobs = [work.job(1, "normal") for _ in range(50)]
        bad = len(work.jobs)
        jobs.append(work.job(1, "normal", tokens=lambda _: POISON))
        jobs += [work.job(1, "normal") for _ in range(50)]
        rig.store(jobs)
        seat = rig.seats[0].start(ready=False)
        crashes = 0

        def over():
            nonlocal crashes
            if not seat.process.alive():
                crashes += 1
                seat.forget()
                seat.start(ready=False)
            return not rig.leftovers()
        try:
            wait_until(over, 60, "every entry ended, the poison one too")
        except TimeoutError as problem:
            result.problems.append(f"{problem}; {crashes} crashes")
        result.kills = crashes
        # A crash costs what was started beside it.
        result.bound = crashes * W
        with rig.stack.redis() as redis:
            dead = [fields for _, fields in redis.stream(rig.stack.key("dead"))]
            states = dict(zip((job.id for job in work.jobs), rig.states(redis, work.jobs)))
            record = redis.hash(rig.stack.key(f"job:{TENANT}:{work.jobs[bad].id}"))
        result.require([each.get("reason") for each in dead] == ["poison"],
                       f"dead letters: {[(each.get('reason'), each.get('detail')) for each in dead]}")
        result.require(all(POISON in each.get("job", "") for each in dead), "a dead letter is not the poison entry's")
        result.require(0 < crashes <= most, f"{crashes} crashes, 1 to {most} expected (is the test hook there?)")
        healthy = collections.Counter(state for name, state in states.items() if name != work.jobs[bad].id)
        result.require(healthy == {"done": 100}, f"healthy jobs: {dict(healthy)}")
        result.notes.append(f"{crashes} crashes; the poison job's record: {record.get('state')}, dead {record.get('dead')}")
        result.recipients = work.recipients
        audit = Audit(rig.stack, work, early_end=[work.jobs[bad].id])
        result.count(audit)
        result.require(not audit.rows.taken[work.jobs[bad].first] or not crashes, "the poison entry was delivered")
    return result


def cancel(options):
    """Jobs of 10,000 before a slow provider, cancelled on the command line while two processes send them."""
    jobs = 4 if options.short else 10
    result = Result("cancel")
    work = Work(options.seed)
    with Rig(options, result) as rig:
        rig.delay(200)
        rig.store([work.job(10_000) for _ in range(jobs)])
        rig.start()
        wait_until(lambda: rig.taken() >= 4 * W, 60, "load")
        done = {}
        for job in work.jobs:
            rig.stack.ctl("--json", "job", "cancel", job.id, *_tenant(rig))
            done[job.id] = time.time() * 1000
        result.problems += rig.wait_ended(work, 30, "cancelled jobs ended")
        with rig.stack.redis() as redis:
            states = collections.Counter(rig.states(redis, work.jobs))
        result.require(states == {"cancelled": jobs}, f"states {dict(states)}")
        finish_early(result, rig, work)
        latest = _after(rig.stack.ledger.path, work, done)
        result.notes.append(f"last start {latest:.2f} s after its cancel" if latest > -1e9 else "nothing was started")
        result.require(latest <= CANCEL_S, f"a start {latest:.2f} s after its job's cancel, {CANCEL_S:g} allowed")
        records = [each for each in _records(rig) if each["tenant"] == TENANT]
        gone = sum(each["cancelled"] for each in records)
        result.notes.append(f"{gone} of {work.recipients} cancelled")
        result.require(gone > 0, "nobody was cancelled")
        left = rig.leftovers()
        result.require(not left, f"left in Redis: {left}")
    return result


def _tenant(rig):
    """`--tenant` where the command has it."""
    _, told, _ = rig.stack.ctl("job", "cancel", "--help", check=False)
    return ("--tenant", TENANT) if "--tenant" in told else ()


def _records(rig):
    with rig.stack.redis() as redis:
        return rig.stack.jobs(redis)


def finish_early(result, rig, work):
    result.recipients = work.recipients
    result.count(Audit(rig.stack, work, early_end=[job.id for job in work.jobs]))


def _after(path, work, done):
    """Seconds between a job's cancel and the last start of one of its recipients, the worst of all jobs."""
    limits = [(job.first, job.first + job.count, done[job.id]) for job in work.jobs]
    worst = float("-inf")
    for *_, token, line in pushes(path):
        number = number_of(token)
        at = next(at for first, end, at in limits if first <= number < end)
        worst = max(worst, (float(line.split(b"\t", 1)[0]) - at) / 1000)
    return worst


def waiting(options):
    """`send_at` and a Retry-After longer than five seconds, with all processes killed while both wait."""
    retry_after, send_in = 8, 7
    result = Result("waiting", kills=2)
    work = Work(options.seed, platforms=("android",))
    # A tenth is refused: no reason for the breaker to open.
    with Rig(options, result, sections={"breaker": {"sample": 200, "min_failure_ratio": 0.9}}) as rig:
        rig.stack.control("/faults", body={"provider": "fcm", "status": 503, "retry_after": retry_after, "count": REFUSED,
                                           "share": 0.1})
        when = time.time() + send_in
        stamp = datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        asked = [work.job(500) for _ in range(4)]
        rig.store(asked)
        rig.start()
        wait_until(lambda: rig.stack.control("/stats", "GET")["by_status"].get("503", 0) >= REFUSED, 20, "refusals")
        first_scheduled = work.recipients
        rig.store([work.job(25, send_at=stamp) for _ in range(2)])
        with rig.stack.redis() as redis:
            # Acknowledged: what waits is in Redis, in whatever shape.
            wait_until(lambda: rig.stack.lanes_empty(redis), 5, "everything that waits acknowledged")
        for seat in rig.seats:
            seat.kill()
        for seat in rig.seats:
            seat.start(ready=False)
        result.problems += rig.wait_ended(work, ENDED_S)
        finish(result, rig, work)
        _judge_times(result, rig, first_scheduled, when * 1000, retry_after * 1000, work.recipients)
    return result


def _judge_times(result, rig, scheduled, send_at, retry_after, recipients):
    """Of every taken notification: was it due? `scheduled`: the first recipient that had a `send_at`."""
    refused, early, late = {}, [], 0.0
    due = {}
    for _, status, _, token, line in pushes(rig.stack.ledger.path):
        number, at = number_of(token), float(line.split(b"\t", 1)[0])
        if status == b"503":
            refused[number] = at
            continue
        if number in refused:
            due[number] = refused[number] + retry_after
        else:
            due[number] = send_at if number >= scheduled else 0
        # Whole milliseconds in the document and in Redis.
        if at < due[number] - 1:
            early.append((number, round(due[number] - at)))
        if due[number]:
            late = max(late, (at - due[number]) / 1000)
    result.notes.append(f"latest {late:.2f} s after it was due")
    result.require(len(refused) == REFUSED, f"{len(refused)} were refused, {REFUSED} expected")
    result.require(len(due) == recipients, f"{len(due)} of {recipients} came")
    result.require(not early, f"{len(early)} sent early, e.g. (recipient, ms) {early[:3]}")
    result.require(late <= LATE_S, f"one came {late:.1f} s late")

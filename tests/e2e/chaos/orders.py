"""What was ordered holds through crashes: send_at, Retry-After; and an entry that kills whoever reads it."""

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
LATE_S = 5.0
REFUSED = 40


def poison(options):
    """A recipient that kills the process, first as an entry of its own, then within a job of 100, each beside 100 healthy
    entries. The process is started again each time (DISPATCHD_TEST_CRASH_TOKEN is dispatchd's test hook: it aborts when it
    renders such a token)."""
    result = Result("poison")
    work = Work(options.seed)
    poisoned = []
    with Rig(options, result, seats=1, env={"DISPATCHD_TEST_CRASH_TOKEN": POISON}) as rig:
        seat = rig.seats[0].start(ready=False)
        for count in (1, 100):
            poisoned.append(_poisoned_job(result, rig, work, seat, count))
        # A crash costs what was started beside it.
        result.bound = result.kills * W
        with rig.stack.redis() as redis:
            dead = [fields for _, fields in redis.stream(rig.stack.key("dead"))]
            states = dict(zip((job.id for job in work.jobs), rig.states(redis, work.jobs)))
            records = {job.id: redis.hash(rig.stack.key(f"job:{TENANT}:{job.id}")) for job, _ in poisoned}
        result.require([each.get("reason") for each in dead] == ["poison", "poison"],
                       f"dead letters: {[(each.get('reason'), each.get('detail')) for each in dead]}")
        result.require(all(each.get("job", "").count('"token"') == 1 and POISON in each["job"] for each in dead),
                       "a dead letter holds more than the poisoned recipient")
        healthy = collections.Counter(state for name, state in states.items() if name not in records)
        result.require(healthy == {"done": 200}, f"healthy jobs: {dict(healthy)}")
        for job, _ in poisoned:
            record = records[job.id]
            told = {name: record.get(name) for name in ("state", "dead", "delivered")}
            wanted = {"state": "done", "dead": "1", "delivered": str(job.count - 1) if job.count > 1 else None}
            result.require(told == wanted, f"the poisoned job of {job.count}: {told}")
        result.recipients = work.recipients
        audit = Audit(rig.stack, work, early_end=list(records))
        result.count(audit)
        result.require(not any(audit.rows.taken[number] for _, number in poisoned), "a poisoned recipient was delivered")
    return result


def _poisoned_job(result, rig, work, seat, count, most=6):
    """(job, poisoned recipient's number) of a job that is over, with at most so many crashes."""
    jobs = [work.job(1, "normal") for _ in range(50)]
    bad, number = len(work.jobs), work.recipients + count // 2
    jobs.append(work.job(count, "normal", tokens=lambda each: POISON if each == number else ""))
    jobs += [work.job(1, "normal") for _ in range(50)]
    rig.store(jobs)
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
    result.kills += crashes
    result.notes.append(f"{crashes} crashes of a job of {count}")
    result.require(0 < crashes <= most, f"{crashes} crashes, 1 to {most} expected (is the test hook there?)")
    return work.jobs[bad], number


def waiting(options):
    """`send_at` and a Retry-After longer than five seconds, with all processes killed while both wait."""
    retry_after, send_in = 8, 7
    result = Result("waiting", kills=2)
    work = Work(options.seed, platforms=("android",))
    # A tenth is refused: no reason for the breaker to open. All are due at once, which the budget would spread.
    sections = {"breaker": {"sample": 200, "min_failure_ratio": 0.9}, "retry": {"budget_per_second": 1_000}}
    with Rig(options, result, sections=sections) as rig:
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

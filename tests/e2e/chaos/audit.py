"""What became of the work: the ledger's rows against the jobs' counters, recipient by recipient."""

import array
import collections

from e2e.stack import OUTCOMES

from .work import TENANT, number_of

GONE = (b"404", b"410")
PUSHES = (b"fcm", b"apns")
EXAMPLES = 4

# Of a recipient that got more than one final answer: every row it has in the ledger.
Row = collections.namedtuple("Row", "at_ms status connection stream reason")


class Rows:
    """The ledger by recipient number: what was taken (2xx), what was refused for good, how often."""

    def __init__(self, path, recipients):
        self.taken = array.array("H", bytes(2 * recipients))
        self.gone = array.array("H", bytes(2 * recipients))
        self.count = self.strangers = self.unanswered = 0
        self.two_keys = []
        self._keys = [None] * recipients
        self.path = path
        self._read(recipients)
        self.repeated = [n for n in range(recipients) if self.taken[n] + self.gone[n] > 1]
        self.repeats = sum(self.taken[n] + self.gone[n] - 1 for n in self.repeated)
        known = [key for key in self._keys if key is not None]
        self.shared_keys = len(known) - len(set(known))

    def _read(self, recipients):
        for provider, status, dedupe, token, _ in pushes(self.path):
            self.count += 1
            try:
                number = number_of(token)
            except ValueError:
                number = recipients
            if number >= recipients:
                self.strangers += 1
                continue
            if status.startswith(b"2"):
                self.taken[number] += 1
            elif status in GONE:
                self.gone[number] += 1
            elif status == b"0":
                self.unanswered += 1
            # The same on every attempt, another for every recipient.
            key = hash((provider, dedupe))
            if self._keys[number] is None:
                self._keys[number] = key
            elif self._keys[number] != key:
                self.two_keys.append(number)

    def of(self, numbers):
        """{number: [Row]} for some recipients."""
        wanted, out = set(numbers), collections.defaultdict(list)
        for _, status, _, token, line in pushes(self.path):
            try:
                number = number_of(token)
            except ValueError:
                continue
            if number in wanted:
                fields = line.split(b"\t")
                out[number].append(Row(float(fields[0]), int(status), fields[5].decode(), fields[6].decode(),
                                       fields[7].decode()))
        return out

    def last_starts(self):
        """{connection: when its last request was complete}."""
        out = {}
        for *_, line in pushes(self.path):
            fields = line.split(b"\t", 7)
            name, at = fields[5].decode(), float(fields[0])
            out[name] = max(out.get(name, 0.0), at)
        return out


def pushes(path):
    """(provider, status, dedupe, token, line) of every row that is a notification."""
    with open(path, "rb") as file:
        for line in file:
            fields = line.split(b"\t", 5)
            if len(fields) == 6 and fields[1] in PUSHES:
                yield fields[1], fields[2], fields[3], fields[4], line


class Audit:
    """`lost`, `repeats` and `problems` (lines for people) of finished work. `early_end`: jobs that were cancelled or may
    expire; of those only the sums and the delivered are checked. `unconfirmed`: so many of their final answers may have
    died with a process before it could count them."""

    def __init__(self, stack, work, early_end=(), unconfirmed=0):
        self.problems = []
        self.unconfirmed = 0
        stack.control("/ledger/flush")
        self.rows = Rows(stack.ledger.path, work.recipients)
        with stack.redis() as redis:
            found = {job["id"]: job for job in stack.jobs(redis) if job["tenant"] == TENANT}
        self.repeats, self.lost = self.rows.repeats, 0
        self._examples = collections.defaultdict(list)
        early = set(early_end)
        for job in work.jobs:
            self._check(job, found.get(job.id), work.expected(job), job.id in early)
        for what, which in self._examples.items():
            self.problems.append(f"{what}: {len(which)} jobs, e.g. " + "; ".join(which[:EXAMPLES]))
        if self.lost:
            self.problems.append(f"{self.lost} recipients lost")
        if self.unconfirmed > unconfirmed:
            self.problems.append(f"{self.unconfirmed} of the ledger counted as something else, {unconfirmed} allowed")
        if self.rows.strangers:
            self.problems.append(f"{self.rows.strangers} rows of recipients nobody sent")
        if self.rows.two_keys:
            self.problems.append(f"dedupe key changed between attempts: {len(self.rows.two_keys)} recipients, "
                                 f"e.g. {self.rows.two_keys[:EXAMPLES]}")
        if self.rows.shared_keys:
            self.problems.append(f"{self.rows.shared_keys} recipients share another's dedupe key")

    def _check(self, job, record, expected, early):
        numbers = range(job.first, job.first + job.count)
        taken = sum(1 for n in numbers if self.rows.taken[n])
        gone = sum(1 for n in numbers if self.rows.gone[n] and not self.rows.taken[n])
        if record is None:
            self._examples["no job record"].append(job.id)
            self.lost += max(0, job.count - taken - gone)
            return
        counters = {name: record[name] for name in OUTCOMES if record[name]}
        said = {name: count for name, count in counters.items() if name not in ("delivered", "invalid_token")}
        self.lost += max(0, job.count - taken - gone - sum(said.values()))
        told = f"{job.id} state {record['state']} total {record['total']} of {job.count} {counters}"
        if record["total"] != job.count or sum(counters.values()) != job.count:
            self._examples["sum of outcomes is not the total"].append(told)
        uncounted = taken - counters.get("delivered", 0), gone - counters.get("invalid_token", 0)
        if early and min(uncounted) >= 0:
            self.unconfirmed += sum(uncounted)
        elif uncounted != (0, 0):
            self._examples["counters are not the ledger's"].append(f"{told}, ledger {taken} taken {gone} gone")
        if early:
            return
        if record["state"] != "done":
            self._examples["not done"].append(told)
        elif counters != dict(expected):
            self._examples["outcomes are not the expected ones"].append(f"{told}, expected {dict(expected)}")

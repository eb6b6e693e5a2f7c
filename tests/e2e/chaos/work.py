"""Jobs to send, made from a seed, and what must become of each of their recipients.

Every recipient has a number of its own, which is the end of its token: a row of the ledger names its recipient without
any knowledge of the product's dedupe keys.
"""

import array
import collections
import json
import random

# What becomes of a recipient; its place is the code in `Work.fates`.
FATES = ("delivered", "dead", "flaky503", "flaky429", "unrendered")
OUTCOME = {"delivered": "delivered", "dead": "invalid_token", "flaky503": "delivered", "flaky429": "delivered",
           "unrendered": "failed"}
PREFIX = {"delivered": "", "dead": "dead-", "flaky503": "flaky503-1-", "flaky429": "flaky429-1-", "unrendered": ""}
MIXED = (("dead", 0.004), ("flaky503", 0.002), ("flaky429", 0.001), ("unrendered", 0.002))
PLATFORMS = ("android", "ios")
TENANT = "chaos"

Job = collections.namedtuple("Job", "id lane first count")


class Work:
    """`jobs` in the order they were made; recipient numbers are consecutive over all of them."""

    def __init__(self, seed, faults=(), platforms=PLATFORMS):
        self.random = random.Random(seed)
        self.faults, self.platforms = tuple(faults), platforms
        self.jobs = []
        self.fates = array.array("B")

    @property
    def recipients(self):
        return len(self.fates)

    def job(self, count, lane="bulk", tokens=None, **more):
        """(lane, document) of one more job. `tokens(number)`: a token's beginning, e.g. slow-500-; `more`: members of
        the document."""
        head, who = self._job(count, lane, tokens, more)
        return lane, f'{head[:-1]},"recipients":[{",".join(who)}]}}'

    def audience(self, count, name, lane="bulk"):
        """(lane, document) of one more job, and its recipients for the audience of that name."""
        head, who = self._job(count, lane, None, {"audience": name})
        return (lane, head), who

    def _job(self, count, lane, tokens, more):
        first = len(self.fates)
        job = Job(f"c{len(self.jobs)}", lane, first, count)
        who = []
        for number in range(first, first + count):
            fate = self._fate()
            self.fates.append(fate)
            name = FATES[fate]
            prefix = PREFIX[name] + (tokens(number) if tokens else "")
            platform = self.platforms[int(self.random.random() * len(self.platforms))]
            variables = "" if name == "unrendered" else f',"vars":{{"name":"u{number}"}}'
            who.append(f'{{"platform":"{platform}","token":"{prefix}c-{number}"{variables}}}')
        self.jobs.append(job)
        head = json.dumps({"id": job.id, "tenant": TENANT, **more,
                           "message": {"title": "Hello {{name}}", "body": "a chaos run"}}, separators=(",", ":"))
        return head, who

    def mixed(self):
        """A few thousand recipients: a job of 5,000 or some of 500, and singles with ids on all lanes."""
        sizes = [5_000] if self.random.random() < 0.5 else [500] * self.random.randint(3, 9)
        singles = self.random.randint(100, 300)
        out = [self.job(size) for size in sizes]
        out += [self.job(1, self.random.choice(("high", "normal", "bulk"))) for _ in range(singles)]
        self.random.shuffle(out)
        return out

    def expected(self, job):
        """{outcome: count} when nothing cancels or expires it."""
        counts = collections.Counter(self.fates[job.first:job.first + job.count])
        out = collections.Counter()
        for fate, count in counts.items():
            out[OUTCOME[FATES[fate]]] += count
        return out

    def _fate(self):
        if not self.faults:
            return 0
        roll = self.random.random()
        for name, share in self.faults:
            if roll < share:
                return FATES.index(name)
            roll -= share
        return 0


def number_of(token):
    """The recipient a token belongs to."""
    return int(token.rpartition(b"-")[2])

"""The judge on trial: a ledger and job records that are good, then each kind of wrong."""

import pathlib
import sys
import tempfile
import types
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "support")]
from chaos.audit import Audit  # noqa: E402
from chaos.work import FATES, TENANT, Work  # noqa: E402
from e2e.stack import OUTCOMES  # noqa: E402

STATUS = {"delivered": [200], "flaky503": [503, 200], "flaky429": [429, 200], "dead": [404], "unrendered": []}


class FakeStack:
    """Ledger rows and job records as they would be after a good run of the work."""

    def __init__(self, directory, work):
        self.rows = [self.row(number, status) for number, fate in enumerate(work.fates) for status in STATUS[FATES[fate]]]
        self.records = [{"tenant": TENANT, "id": job.id, "state": "done", "lane": job.lane, "total": job.count,
                         **dict.fromkeys(OUTCOMES, 0), **work.expected(job)} for job in work.jobs]
        self.ledger = types.SimpleNamespace(path=directory / "ledger.tsv")

    @staticmethod
    def row(number, status, key=None):
        return f"1.5\tfcm\t{status}\t{key or f'k{number}'}\tc-{number}\t1\t1\t-\t-"

    def control(self, *_):
        token = "1.0\ttoken\t200\t-\t-\t1\t1\t-\t-"
        self.ledger.path.write_text("\n".join(["# header", token, *self.rows, ""]))

    def redis(self):
        return open("/dev/null", encoding="ascii")

    def jobs(self, _):
        return self.records


class TheAudit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Work(1, [(name, 0.1) for name in FATES[1:]])
        for count in (50, 1, 20):
            self.work.job(count)
        self.stack = FakeStack(pathlib.Path(folder.name), self.work)

    def judged(self, **early):
        return Audit(self.stack, self.work, **early)

    def of_fate(self, name):
        return self.work.fates.index(FATES.index(name))

    def assert_found(self, text, lost=0, repeats=0):
        audit = self.judged()
        self.assertIn(text, "\n".join(audit.problems))
        self.assertEqual((lost, repeats), (audit.lost, audit.repeats))

    def test_a_good_run_has_no_problems(self):
        audit = self.judged()
        self.assertEqual(([], 0, 0), (audit.problems, audit.lost, audit.repeats))

    def test_a_recipient_without_an_answer_is_lost_though_the_counters_say_otherwise(self):
        self.stack.rows.remove(self.stack.row(self.of_fate("delivered"), 200))
        self.assert_found("1 recipients lost", lost=1)

    def test_a_second_delivery_is_a_repeat(self):
        self.stack.rows.append(self.stack.row(self.of_fate("delivered"), 200))
        audit = self.judged()
        self.assertEqual(([], 1), (audit.problems, audit.repeats))

    def test_a_second_permanent_refusal_is_a_repeat(self):
        self.stack.rows.append(self.stack.row(self.of_fate("dead"), 404))
        self.assertEqual(1, self.judged().repeats)

    def test_a_counter_too_high_or_too_low_is_found(self):
        for change in (1, -1):
            with self.subTest(change=change):
                self.stack.records[0]["delivered"] += change
                self.assert_found("counters are not the ledger's")
                self.stack.records[0]["delivered"] -= change

    def test_two_wrong_counters_that_make_the_right_sum_are_found(self):
        self.stack.records[0]["delivered"] -= 1
        self.stack.records[0]["failed"] += 1
        self.assert_found("counters are not the ledger's")

    def test_a_job_that_is_not_done_or_not_known_is_found(self):
        self.stack.records[0]["state"] = "running"
        self.assert_found("not done")
        del self.stack.records[0]
        self.assertIn("no job record", self.judged().problems[0])

    def test_an_unfinished_job_loses_who_was_not_sent(self):
        number = self.of_fate("delivered")
        self.stack.rows.remove(self.stack.row(number, 200))
        self.stack.records[0].update(state="running", delivered=self.stack.records[0]["delivered"] - 1)
        self.assert_found("sum of outcomes is not the total", lost=1)

    def test_a_cancelled_rest_is_not_lost(self):
        number = self.of_fate("delivered")
        self.stack.rows.remove(self.stack.row(number, 200))
        record = self.stack.records[0]
        record.update(state="cancelled", delivered=record["delivered"] - 1, cancelled=1)
        self.assertEqual([], self.judged(early_end=[record["id"]]).problems)
        self.assertIn("not done", self.judged().problems[0])

    def test_what_was_sent_and_counted_as_cancelled_is_found_unless_its_process_died(self):
        record = self.stack.records[0]
        record.update(state="cancelled", delivered=record["delivered"] - 2, cancelled=2)
        self.assertIn("2 of the ledger counted as something else", self.judged(early_end=[record["id"]]).problems[0])
        audit = self.judged(early_end=[record["id"]], unconfirmed=2)
        self.assertEqual(([], 2), (audit.problems, audit.unconfirmed))
        record.update(delivered=record["delivered"] + 3, cancelled=0, failed=record["failed"] - 1)
        self.assertIn("counters are not the ledger's", self.judged(early_end=[record["id"]], unconfirmed=2).problems[0])

    def test_dedupe_keys_that_change_or_are_shared_are_found(self):
        number = self.of_fate("flaky503")
        at = self.stack.rows.index(self.stack.row(number, 200))
        self.stack.rows[at] = self.stack.row(number, 200, "other")
        self.assert_found("dedupe key changed")
        others = f"k{self.of_fate('delivered')}"
        self.stack.rows[at - 1:at + 1] = [self.stack.row(number, status, others) for status in (503, 200)]
        self.assert_found("share another's dedupe key")

    def test_a_recipient_nobody_sent_is_found(self):
        self.stack.rows.append(self.stack.row(self.work.recipients, 200))
        self.assert_found("nobody sent")


if __name__ == "__main__":
    unittest.main()

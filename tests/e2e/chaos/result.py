"""One line of the closing table, and what is to be said about it."""

import dataclasses


@dataclasses.dataclass
class Result:
    scenario: str
    kills: int = 0
    recipients: int = 0
    lost: int = 0
    repeats: int = 0
    bound: int = 0
    take_over: float | None = None
    seconds: float = 0.0
    notes: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)

    def count(self, audit):
        """Takes over what the audit found; more repeats than the bound are a problem."""
        self.lost, self.repeats = audit.lost, audit.repeats
        self.problems += audit.problems
        if self.repeats > self.bound:
            self.problems.append(f"{self.repeats} repeats, at most {self.bound} allowed")

    def require(self, good, otherwise):
        if not good:
            self.problems.append(otherwise)

    @property
    def passed(self):
        return not self.problems and self.lost == 0


HEADER = ("scenario", "kills", "recipients", "lost", "repeats", "bound", "worst take-over", "seconds", "")


def table(results):
    rows = [HEADER]
    for each in results:
        took = "-" if each.take_over is None else f"{each.take_over:.1f} s"
        rows.append((each.scenario, f"{each.kills:,}", f"{each.recipients:,}", f"{each.lost:,}", f"{each.repeats:,}",
                     f"{each.bound:,}", took, f"{each.seconds:.0f}", "ok" if each.passed else "FAILED"))
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) if at in (0, len(HEADER) - 1) else cell.rjust(width)
                       for at, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows]
    return "\n".join(lines)

"""What the documentation says of dispatchctl, and what it says of itself: every command and option that is written down
exists, and every command is written down."""

import pathlib
import re
import subprocess
import unittest

from e2e.stack import program

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/dispatchctl.md"


def usage(*command):
    done = subprocess.run([program("dispatchctl"), *command, "--help"], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


def subcommands(text):
    block = re.search(r"^Subcommands:\n((?:  .+\n)+)", text, re.MULTILINE)
    return re.findall(r"^  (\w+) ", block[1], re.MULTILINE) if block else []


def options(text):
    return set(re.findall(r"--[a-z][a-z0-9-]+", text))


def commands():
    """{words: its options}, of those that have no further word."""
    found = {}
    for word in subcommands(usage()):
        text = usage(word)
        leaves = {(word, more): usage(word, more) for more in subcommands(text)} or {(word,): text}
        found.update((words, options(text)) for words, text in leaves.items())
    return found


def pages():
    yield from (ROOT / name for name in ("README.md", "configs/README.md", "apps/sandbox/README.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))


def written(page):
    """What stands behind "dispatchctl" in code, one call each."""
    blocks = page.read_text().split("```")  # prose and code by turns
    code = "\n".join(blocks[1::2] + re.findall(r"`(dispatchctl [^`]+)`", "".join(blocks[::2])))
    for call in re.findall(r"\bdispatchctl ([a-z][^|#;)\n]*)", code):
        yield call.strip()


class Help(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.common, cls.commands = options(usage()), commands()

    def test_what_the_documentation_calls_is_there(self):
        calls = [(page, call) for page in pages() for call in written(page)]
        self.assertGreater(len(calls), 30)
        for page, call in calls:
            words = call.split()
            command = tuple(words[:2]) if tuple(words[:2]) in self.commands else tuple(words[:1])
            group = any(words[0] == known[0] for known in self.commands) and len(words) == 1
            self.assertTrue(group or command in self.commands, f"{page.name}: dispatchctl {call}")
            unknown = options(call) - self.commands.get(command, set()) - self.common
            self.assertEqual(set(), unknown, f"{page.name}: dispatchctl {call}")

    def test_every_command_is_in_the_guide(self):
        text = GUIDE.read_text()
        for words in self.commands:
            self.assertIn("dispatchctl " + " ".join(words), text)

    def test_options_the_guide_explains_are_some_commands(self):
        known = self.common.union(*self.commands.values())
        self.assertEqual(set(), options(GUIDE.read_text()) - known)


if __name__ == "__main__":
    unittest.main(verbosity=2)

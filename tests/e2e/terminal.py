"""Lynx in a terminal of its own: what a person presses, and what they then read."""

import re
import time
from pathlib import Path
from types import TracebackType

import pexpect
import pyte

COLUMNS, LINES = 110, 400
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
PATIENCE = 60.0
SETTLED = 0.4
"""Seconds without a new character after which the screen is taken as complete."""


class Lynx:
    """A session of Lynx: links and fields bear numbers, by which they are reached."""

    def __init__(self, address: str, home: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        settings = home / "lynx.cfg"
        settings.write_text(
            "ACCEPT_ALL_COOKIES:TRUE\nFORCE_SSL_COOKIES_SECURE:FALSE\nCHARACTER_SET:utf-8\nSHOW_CURSOR:TRUE\n"
            "DEFAULT_KEYPAD_MODE:LINKS_AND_FIELDS_ARE_NUMBERED\nTEXTFIELDS_NEED_ACTIVATION:TRUE\n"
        )
        self.process = pexpect.spawn(
            "lynx",
            [f"-cfg={settings}", "-nocolor", "-nopause", "-tna", "-number_fields", "-number_links", address],
            dimensions=(LINES, COLUMNS),
            env={"TERM": "vt100", "HOME": str(home), "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"},
            timeout=PATIENCE,
        )
        self.settle()

    def __enter__(self) -> "Lynx":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.close(force=True)

    @property
    def shown(self) -> str:
        """The screen as text."""
        return "\n".join(line.rstrip() for line in self.screen.display).strip()

    def settle(self) -> None:
        """Read until nothing more comes."""
        quiet = time.monotonic()
        while time.monotonic() - quiet < SETTLED:
            try:
                self.stream.feed(self.process.read_nonblocking(65536, timeout=0.1))
                quiet = time.monotonic()
            except pexpect.TIMEOUT:
                continue

    def reads(self, *texts: str) -> None:
        """Wait until the screen shows each of these."""
        end = time.monotonic() + PATIENCE
        while missing := [text for text in texts if text not in re.sub(r"\s+", " ", self.shown)]:
            assert time.monotonic() < end, f"Lynx does not show {missing}:\n{self.shown}"
            self.settle()

    def keys(self, text: str) -> None:
        self.process.send(text)
        self.settle()

    def _number(self, pattern: str) -> str:
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.shown, re.DOTALL)) and time.monotonic() < end:
            self.settle()
        assert found, f"Lynx shows nothing like {pattern}:\n{self.shown}"
        return found[1]

    def follow(self, link: str, *then: str) -> None:
        """Follow a link, and read what comes."""
        self.keys(self._number(rf"\[(\d+)\]\s*{re.escape(link)}") + "\r")
        self.reads(*then)

    def follow_in_row(self, said: str, link: str, *then: str) -> None:
        """Follow a link of the first row of a table that says so, and read what comes."""
        self.keys(self._number(rf"{re.escape(said)}[^\[]*\[(\d+)\]\s*{re.escape(link)}") + "\r")
        self.reads(*then)

    def press(self, button: str, *then: str) -> None:
        """Press a button, and read what comes."""
        self.keys(self._number(rf"\(\[(\d+)\][^()\s]+\)\s*{re.escape(button)}") + "g\r")
        self.keys("\r")
        self.reads(*then)

    def fill(self, label: str, text: str) -> None:
        """Empty the first field after a label, and type."""
        self._stand_on(label)
        self.keys("\r\x15" + text + "\t")  # Ctrl-U empties a field

    def choose(self, label: str, option: str) -> None:
        """Choose from the list that opens."""
        self._stand_on(label)
        self.keys("\r")
        self.keys("/" + option + "\r")
        self.keys("\r")

    def tick(self, label: str) -> None:
        """Tick or untick a box."""
        self.keys(self._number(rf"\[(\d+)\]\[[ X]\]\s*{re.escape(label)}") + "g\r")
        self.keys("\r")

    def tick_in_row(self, head: str, number: int) -> None:
        """Tick or untick that box of the row of a table that begins so; the first is 1."""
        before = r"(?:[^\n\[]*\[\d+\]\[[ X]\])" + f"{{{number - 1}}}"
        self.keys(self._number(rf"\n\s*{re.escape(head)}{before}[^\n\[]*\[(\d+)\]") + "g\r")
        self.keys("\r")

    def choose_one(self, label: str) -> None:
        """Press the radio button of that label."""
        self.keys(self._number(rf"\[(\d+)\]\([ *]\)\s*{re.escape(label)}\b") + "g\r")
        self.keys("\r")

    def _stand_on(self, label: str) -> None:
        self.keys(self._number(rf"\n\s*{re.escape(label)}(?: \(optional\))?(?:\n| *(?=\[)).*?\[(\d+)\]") + "g\r")

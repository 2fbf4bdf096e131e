"""On a terminal that shows a bar, what is printed stands above the bar, whole."""

import os
import re
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)
import pty

_CODE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


def screen(seen):
    """The lines that a terminal shows at the end, of what a program that shows a bar has sent to it."""
    lines, row, column = [""], 0, 0
    for number, letter, start, down, text in _CODE.findall(seen):
        if letter == "K":
            lines[row] = "" if number == "2" else lines[row][:column]
        elif letter == "A":
            row = max(0, row - int(number or 1))
        elif start:
            column = 0
        elif down:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif text:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
    return [line.rstrip() for line in lines]


def test_the_screen_is_a_terminal():
    assert screen("one\r\ntwo\r\x1b[2K\x1b[1A\x1b[2Kthree\r\nfour") == ["three", "four"]
    assert screen("a bar\rone\r\n") == ["onear", ""]


def on_screen(*arguments, cwd):
    """Exit status and the last screen of a terminal of 100 columns, which is both standard output and error."""
    here, there = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "stiminfo", *arguments]
    with subprocess.Popen(command, stdout=there, stderr=there, cwd=cwd, env=environment) as process:
        os.close(there)
        seen = b""
        while True:
            try:
                part = os.read(here, 1 << 16)
            except OSError:  # the other side has gone
                break
            if not part:
                break
            seen += part
        code = process.wait()
    os.close(here)
    return code, screen(seen.decode())


def test_claims(tmp_path):
    code, lines = on_screen("claims", "--claim", "eq-5", "--claim", "eq-12", "--claim", "eq-19", cwd=tmp_path)
    assert code == 0
    said = [line for line in lines if line and not line.startswith(" ")]
    counted = "3 statements; 3 of the paper: 2 confirmed, 1 holds only as corrected"
    assert said == ["eq-5: confirmed", "eq-12: holds only as corrected", "eq-19: confirmed", counted]
    assert not any("━" in line for line in lines)


def test_figures(tmp_path):
    code, lines = on_screen("figures", "--figure", "2", "--figure", "3", "--out", "drawn", cwd=tmp_path)
    assert code == 0
    said = [line for line in lines if line]
    assert said == ["figure 2  The prior matters", "figure 3  Data processing", "written to drawn"]

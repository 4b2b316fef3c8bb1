#!/usr/bin/env python3
"""Proves that the vectors can fail: edits a copy of asynchat.py, one fault at a time.

    mutants.py [FILE]        FILE: the vectors to try (default: vectors.jsonl beside this)

Every fault must be caught by `record.py --check`. Exit status: 0 all caught, 1 not,
2 nothing could be run.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 60  # a mutant that runs longer hangs

# (what the fault does, text that occurs once in asynchat.py, what replaces it)
MUTANTS = (
    ("an empty frame is collected", "if index > 0:", "if index >= 0:"),
    ("a byte after the terminator is eaten",
     "[index+terminator_len:]", "[index+terminator_len+1:]"),
    ("the terminator is delivered as data",
     "self.collect_incoming_data(self.ac_in_buffer[:index])",
     "self.collect_incoming_data(self.ac_in_buffer[:index+terminator_len])"),
    ("the last match wins", ".find(terminator)", ".rfind(terminator)"),
    ("the frame ends before its data",
     "                    if index > 0:\n",
     "                    self.found_terminator()\n                    if index > 0:\n"),
    ("the frame ends twice",
     "                    # This does the Right Thing if the terminator\n",
     "                    self.found_terminator()\n"),
    ("one frame a read",
     "                    self.found_terminator()\n"
     "                else:\n",
     "                    self.found_terminator()\n"
     "                    break\n"
     "                else:\n"),
    ("the terminator is looked up once a read",
     "        while self.ac_in_buffer:\n"
     "            lb = len(self.ac_in_buffer)\n"
     "            terminator = self.get_terminator()\n",
     "        terminator = self.get_terminator()\n"
     "        while self.ac_in_buffer and not (isinstance(terminator, int) and terminator < 0):\n"
     "            lb = len(self.ac_in_buffer)\n"),
    ("no prefix is held", "find_prefix_at_end(self.ac_in_buffer, terminator)", "0"),
    ("a held prefix is delivered too",
     "self.collect_incoming_data(self.ac_in_buffer[:-index])",
     "self.collect_incoming_data(self.ac_in_buffer)"),
    ("the longest prefix is overlooked", "l = len(needle) - 1", "l = max(0, len(needle) - 2)"),
    ("the shortest prefix is held",
     "    l = len(needle) - 1\n"
     "    while l and not haystack.endswith(needle[:l]):\n"
     "        l -= 1\n"
     "    return l\n",
     "    for l in range(1, len(needle)):\n"
     "        if haystack.endswith(needle[:l]):\n"
     "            return l\n"
     "    return 0\n"),
    ("only one byte is ever held",
     "find_prefix_at_end(self.ac_in_buffer, terminator)",
     "int(terminator_len > 1 and self.ac_in_buffer.endswith(terminator[:1]))"),
    ("raw input ends frames",
     "                # no terminator, collect it all\n",
     "                self.found_terminator()\n"),
    ("a count is not counted down", "self.terminator = self.terminator - lb", "pass"),
    ("a count met by the end of a read is missed", "if lb < n:", "if lb <= n:"),
    ("a count is one short", "if lb < n:", "if lb < n - 1:"),
    ("a count starts again by itself", "self.terminator = 0\n", "pass\n"),
    ("setting a terminator drops held bytes",
     "        self.terminator = term\n",
     "        self.terminator = term\n        self.ac_in_buffer = b''\n"),
    ("a negative count is ignored",
     "raise ValueError('the number of received bytes must be positive')", "return"),
    ("a reset is told as an error",
     "data = self.recv(self.ac_in_buffer_size)",
     "data = self.socket.recv(self.ac_in_buffer_size) or self.recv(1)"),
    ("a read error is swallowed",
     "            self.handle_error()\n            return\n\n        if isinstance(data, str)",
     "            return\n\n        if isinstance(data, str)"),
    ("a write error is swallowed",
     "                self.handle_error()\n                return\n\n            if num_sent",
     "                return\n\n            if num_sent"),
    ("a short send drops the rest", "first[num_sent:]", "first[len(data):]"),
    ("a short send repeats a byte",
     "first[num_sent:]", "first[num_sent - (num_sent < len(data)):]"),
    ("a long entry is cut after one send", " or obs < len(first):", ":"),
    ("a long push loses its tail",
     "range(0, len(data), sabs)", "range(0, len(data) - sabs + 1, sabs)"),
    ("a long push repeats bytes", "data[i:i+sabs])", "data[i:i+sabs+1])"),
    ("a push jumps the queue",
     "        else:\n            self.producer_fifo.append(data)\n",
     "        else:\n            self.producer_fifo.appendleft(data)\n"),
    ("a producer jumps the queue",
     "self.producer_fifo.append(producer)", "self.producer_fifo.appendleft(producer)"),
    ("a producer's part goes to the back", "appendleft(data)", "append(data)"),
    ("a producer is asked one part ahead", "first.more()\n", "first.more() + first.more()\n"),
    ("a producer is dropped after one part",
     "self.producer_fifo.appendleft(data)", "self.producer_fifo[0] = data"),
    ("bytes leave before the connection is there",
     "while self.producer_fifo and self.connected:", "while self.producer_fifo:"),
    ("close_when_done closes at once", "self.producer_fifo.append(None)", "self.handle_close()"),
    ("close_when_done never closes", "self.producer_fifo.append(None)", "pass"),
    ("close_when_done jumps the queue",
     "self.producer_fifo.append(None)", "self.producer_fifo.appendleft(None)"),
    ("discard keeps input",
     "        # Emergencies only!\n        self.ac_in_buffer = b''\n", ""),
    ("discard keeps output", "self.producer_fifo.clear()", "pass"),
)


def main():
    vectors = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "vectors.jsonl")
    original = importlib.util.find_spec("asynchat")
    if original is None:
        print("mutants.py: this Python has no asynchat; run it with 3.8 to 3.11", file=sys.stderr)
        return 2
    with open(original.origin, encoding="utf-8") as file:
        source = file.read()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "asynchat.py")
        if check(vectors, write(path, source)) != 0:
            print("mutants.py: the vectors fail without a fault", file=sys.stderr)
            return 2
        for name, old, new in MUTANTS:
            if source.count(old) != 1:
                print("cannot be made: %s" % name)
                missed += 1
                continue
            failed = check(vectors, write(path, source.replace(old, new)))
            missed += failed == 0
            print("%5s  %s" % ("hangs" if failed is None else failed, name), flush=True)
    print("%d caught, %d missed" % (len(MUTANTS) - missed, missed))
    return 1 if missed else 0


def write(path, source):
    with open(path, "w", encoding="utf-8") as file:
        file.write(source)
    return path


def check(vectors, asynchat):
    """How many vectors fail with this asynchat.py; None when it hangs."""
    command = [sys.executable, os.path.join(HERE, "record.py"), "--check", vectors]
    try:
        done = subprocess.run(
            command + ["--asynchat", asynchat],
            stdout=subprocess.PIPE, timeout=SECONDS, universal_newlines=True,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 2:
        sys.exit(2)
    return int(done.stdout.splitlines()[-1].split()[2])


if __name__ == "__main__":
    sys.exit(main())

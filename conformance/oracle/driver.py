"""Drives an async_chat over a scripted socket and notes everything that happens.

There is no clock, thread or real socket here: the script is the peer, the
kernel and the event loop, so one script has exactly one recording.
"""

import asyncore
import errno
import os
import sys

from quirks import Quirks

# Far above what any script needs: a channel that still wants to write after
# this many turns is stuck, and saying so beats hanging.
MAX_TURNS = 100000

PEER = ("peer", 1)


class Boom(Exception):
    """What the action ["raise"] raises."""


class Stuck(Exception):
    """The channel asked for more turns than any script needs."""


def to_bytes(text):
    return text.encode("latin-1")


def to_text(data):
    return bytes(data).decode("latin-1")


def encode_terminator(terminator):
    return to_text(terminator) if isinstance(terminator, bytes) else terminator


def decode_terminator(terminator):
    return to_bytes(terminator) if isinstance(terminator, str) else terminator


def os_error(code):
    return OSError(code, os.strerror(code))


class FakeSocket:
    """A non-blocking stream socket whose peer is the script."""

    def __init__(self, connected, log):
        self.connected = connected
        self.log = log
        self.closed = False
        self.incoming = b""
        self.at_eof = False
        self.read_error = None
        self.write_error = None
        self.room = None  # bytes it still takes; None = endless

    def setblocking(self, flag):
        pass

    def fileno(self):
        return 0

    def getpeername(self):
        if not self.connected:
            raise os_error(errno.ENOTCONN)
        return PEER

    def getsockopt(self, level, option):
        return 0  # SO_ERROR: the connection attempt succeeded

    def connect_ex(self, address):
        return errno.EINPROGRESS

    def close(self):
        self.closed = True

    def recv(self, size):
        if self.closed:
            raise os_error(errno.EBADF)
        if self.read_error is not None:
            code, self.read_error = self.read_error, None
            raise os_error(code)
        if self.incoming:
            data, self.incoming = self.incoming[:size], self.incoming[size:]
            return data
        if self.at_eof:
            return b""
        raise os_error(errno.EAGAIN)

    def send(self, data):
        if self.closed:
            raise os_error(errno.EBADF)
        if self.write_error is not None and self.room != 0:
            code, self.write_error = self.write_error, None
            raise os_error(code)
        if data and self.room == 0:
            raise os_error(errno.EAGAIN)
        taken = len(data) if self.room is None else min(len(data), self.room)
        if self.room is not None:
            self.room -= taken
        self.log.append(["o", to_text(data[:taken])])
        return taken


class Producer:
    """Hands out its parts, then b""; every call to more() is an event."""

    def __init__(self, number, parts, log):
        self.number = number
        self.parts = list(parts)
        self.log = log

    def more(self):
        self.log.append(["m", self.number])
        return self.parts.pop(0) if self.parts else b""


class RecordedChannel:
    """Mixed in before async_chat: callbacks become events and run the vector's actions."""

    def __init__(self, setup):
        self.log = []
        self.quirks = Quirks()
        self.close_on_error = setup["he"] == "close"
        self.ac_in_buffer_size = setup["in"]
        self.ac_out_buffer_size = setup["out"]
        self.on_found = setup["pol"]
        self.by_data = setup.get("by") == "data"
        self.frame = 0  # the sum of the frame's bytes
        self.on_collect = setup.get("cpol", {})
        self.on_connect = setup.get("kpol", [])
        self.collects = 0
        self.founds = 0
        self.producers = 0
        self.fake = FakeSocket(setup["conn"] == 1, self.log)
        if self.fake.connected:
            super().__init__(self.fake, {})
            return
        super().__init__(None, {})
        self.set_socket(self.fake)
        self.connect(PEER)

    # -- callbacks

    def collect_incoming_data(self, data):
        self.quirks.frame_callback(self)
        self.log.append(["d", to_text(data)])
        self.frame += sum(data)
        actions = self.on_collect.get(str(self.collects), ())
        self.collects += 1
        self.run_actions("collect", actions)

    def found_terminator(self):
        self.quirks.frame_callback(self)
        self.log.append("f")
        index = self.frame if self.by_data else self.founds
        self.founds += 1
        self.frame = 0
        if self.on_found:
            self.run_actions("found", self.on_found[index % len(self.on_found)])

    def handle_connect(self):
        self.log.append("connect")
        self.run_actions("connect", self.on_connect)

    def handle_close(self):
        self.quirks.close_callback(self)
        self.log.append("close")
        super().handle_close()

    def handle_error(self):
        self.log.append(["err", sys.exc_info()[0].__name__])
        if self.close_on_error:
            super().handle_error()

    def log_info(self, message, type="info"):
        pass  # asyncore would print the traceback

    def send(self, data):
        self.quirks.send(self, data)
        return super().send(data)

    # -- actions

    def run_actions(self, callback, actions):
        outer = self.quirks.enter(callback)
        try:
            for action in actions:
                self.act(action)
        except Exception:
            self.quirks.callback_raised(self)
            raise
        finally:
            self.quirks.leave(outer)

    def act(self, action):
        self.quirks.action(self, action)
        name = action[0]
        if name == "term":
            self.set_terminator(decode_terminator(action[1]))
        elif name == "push":
            self.push(to_bytes(action[1]))
        elif name == "pushp":
            self.push_with_producer(to_bytes(action[1]))
        elif name == "prod":
            parts = [to_bytes(part) for part in action[1]]
            producer = Producer(self.producers, parts, self.log)
            self.producers += 1
            self.push_with_producer(producer)
        elif name == "cwd":
            self.close_when_done()
        elif name == "discard":
            self.discard_buffers()
        elif name == "close":
            self.close()
        elif name == "get":
            self.log.append(["term", encode_terminator(self.get_terminator())])
        elif name == "raise":
            raise Boom()
        else:
            raise ValueError("unknown action %r" % (action,))


class Driver:
    """One run of one script: step() for each op, then end() and quirks()."""

    def __init__(self, async_chat, setup):
        channel_type = type("Channel", (RecordedChannel, async_chat), {})
        self.channel = channel_type(setup)
        self.steps = 0

    @property
    def is_open(self):
        return not self.channel.fake.closed

    def step(self, op):
        """Runs one op, turns the loop until nothing moves, returns the events."""
        channel = self.channel
        del channel.log[:]
        channel.quirks.step = self.steps
        self.steps += 1
        self._run(op)
        self._settle()
        channel.quirks.settled(channel)
        return list(channel.log)

    def end(self):
        channel = self.channel
        fifo = channel.producer_fifo
        return {
            "term": encode_terminator(channel.get_terminator()),
            "held": to_text(channel.ac_in_buffer),
            "fifo": len(fifo),
            "pend": sum(len(entry) for entry in fifo if isinstance(entry, bytes)),
            "open": int(self.is_open),
        }

    def quirks(self):
        return dict(sorted(self.channel.quirks.first.items()))

    def _run(self, op):
        channel, fake = self.channel, self.channel.fake
        name = op[0]
        if name == "feed":
            fake.incoming = to_bytes(op[1])
            self._read_all()
        elif name == "eof":
            channel.quirks.eof(channel)
            fake.at_eof = True
            self._read()
        elif name == "rerr":
            fake.read_error = getattr(errno, op[1])
            self._read()
        elif name == "werr":
            fake.write_error = getattr(errno, op[1])
        elif name == "room":
            fake.room = op[1]
        elif name == "connect":
            if self.is_open:
                asyncore.write(channel)
        else:
            self._command(op)

    def _command(self, action):
        try:
            self.channel.act(action)
        except Exception as error:
            self.channel.log.append(["throw", type(error).__name__])

    def _read(self):
        if self.is_open:
            asyncore.read(self.channel)

    def _read_all(self):
        for _ in range(MAX_TURNS):
            if not self.is_open or not self.channel.fake.incoming:
                return
            asyncore.read(self.channel)
        raise Stuck("input is left after %d reads" % MAX_TURNS)

    def _settle(self):
        channel = self.channel
        for _ in range(MAX_TURNS):
            idle = not (self.is_open and channel.connected and channel.writable())
            if idle or channel.fake.room == 0:
                return
            asyncore.write(channel)
        raise Stuck("still writable after %d turns" % MAX_TURNS)


def drive(async_chat, setup, ops):
    """The steps, end and quirks that `ops` give on a fresh channel of `setup`."""
    driver = Driver(async_chat, setup)
    steps = [[op, driver.step(op)] for op in ops]
    return {"steps": steps, "end": driver.end(), "q": driver.quirks()}

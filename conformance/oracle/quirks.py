"""Names the places where asynchat's behaviour is particular to its implementation.

A successor may rightly differ there, so a vector says from which step on:
a tag maps to the first step where the behaviour can show.
"""

SENDING = ("push", "pushp", "prod")


class Quirks:
    """Watches one channel; `first` is {tag: first step}."""

    def __init__(self):
        self.first = {}
        self.step = 0
        self._callback = None

    def _tag(self, name):
        self.first.setdefault(name, self.step)

    # -- what the channel is about to do

    def enter(self, callback):
        outer, self._callback = self._callback, callback
        return outer

    def leave(self, outer):
        self._callback = outer

    def action(self, channel, action):
        name = action[0]
        if name == "term":
            self._terminator(action[1])
        elif name in SENDING:
            self._push(channel)
        elif name == "cwd" and channel.fake.closed:
            self._tag("close-when-done-after-close")
        elif name == "discard":
            self._discard(channel)
        elif name == "close" and self._sent_in_callback(channel):
            self._tag("sent-before-close")

    def frame_callback(self, channel):
        if channel.fake.closed:
            self._tag("callback-after-close")

    def close_callback(self, channel):
        if channel.fake.closed:
            self._tag("close-twice")

    def callback_raised(self, channel):
        if self._callback == "collect":
            self._tag("collect-raised")
        if self._sent_in_callback(channel):
            self._tag("sent-before-close")

    def send(self, channel, data):
        if not data and channel.fake.write_error is not None and channel.fake.room != 0:
            self._tag("empty-push-sends")

    def eof(self, channel):
        if channel.fake.closed:
            return
        if channel.ac_in_buffer:
            self._tag("eof-drops-held")
        if channel.producer_fifo:
            self._tag("eof-drops-output")

    def settled(self, channel):
        """After each step: held bytes must be a proper prefix of the terminator."""
        held, terminator = channel.ac_in_buffer, channel.get_terminator()
        if channel.fake.closed or not held:
            return
        is_prefix = (
            isinstance(terminator, bytes)
            and len(held) < len(terminator)
            and terminator.startswith(held)
        )
        if not is_prefix:
            self._tag("held-not-rescanned")

    # -- one action each

    def _terminator(self, terminator):
        if terminator == "":
            self._tag("empty-terminator")
        if terminator == 0:
            self._tag("zero-terminator")
        if self._callback == "collect":
            self._tag("terminator-set-in-collect")

    def _push(self, channel):
        if None in channel.producer_fifo:
            self._tag("push-after-close-when-done")
        elif channel.fake.closed:
            self._tag("push-after-close")

    def _discard(self, channel):
        if None in channel.producer_fifo:
            self._tag("discard-forgets-close-when-done")
        if self._sent_in_callback(channel):
            self._tag("sent-before-discard")

    def _sent_in_callback(self, channel):
        # The log starts empty at each step, and nothing but a callback sends
        # before a callback does.
        return self._callback is not None and any(event[0] == "o" for event in channel.log)

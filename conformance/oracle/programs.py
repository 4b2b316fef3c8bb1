"""Random programs: longer than the scripts of the vectors, and they react to what they are told.

A program chooses what to do after a frame by the frame's own bytes, asks for the terminator inside
its callbacks, and is fed with delimiters that repeat themselves, whole and broken. It keeps clear of
what the quirk tags name, so that it is compared to its end.
"""

READ_SIZES = (1, 2, 3, 7, 16, 61, 200, 65536, 65536, 65536)
SEND_SIZES = (5, 8, 31, 100, 65536, 65536, 65536)
ROOMS = (0, 1, 2, 7, 30, 100, 600, None, None, None)
NOISE = "aaabbb\r\n\0\xff .x"

OPS = (
    ("feed", 60), ("push", 8), ("prod", 8), ("pushp", 3), ("room", 8), ("get", 5), ("again", 2),
    ("term", 4), ("discard", 1), ("bad", 1),
)


def make_program(dice):
    terminators = [_terminator(dice) for _ in range(dice.between(1, 6))]
    setup = {
        "fam": "program",
        "in": dice.pick(READ_SIZES),
        "out": dice.pick(SEND_SIZES),
        "conn": 0 if dice.chance(0.15) else 1,
        "he": "close",
        "by": "data",
        "pol": [_after_frame(dice, terminators) for _ in range(dice.between(1, 9))],
    }
    if dice.chance(0.4):
        setup["cpol"] = _in_frame(dice)
    if setup["conn"] == 0:
        setup["kpol"] = [["push", _text(dice, 30)], ["get"], ["prod", _parts(dice)]]
    return setup, terminators


def _terminator(dice):
    kind = dice.below(10)
    if kind < 3:
        return dice.pick((1, 2, 3, 5, 8, 13, 34, 89, 233, 1000))
    if kind == 3:
        return dice.pick(("\r\n", "\n", "\r\n.\r\n", "\0"))
    # Built of its own beginnings, so that a mismatch leaves much of it matched.
    word = "".join(dice.pick("ab") for _ in range(dice.between(1, 4)))
    for _ in range(dice.below(4)):
        word = word * dice.between(1, 2) + word[: dice.below(len(word) + 1)] + dice.pick(("", "a", "b"))
    return word[:80]


def _after_frame(dice, terminators):
    actions = []
    for _ in range(dice.below(4)):
        kind = dice.below(10)
        if kind < 5:
            actions.append(["term", dice.pick(terminators)])
        elif kind < 7:
            actions.append(["get"])
        elif kind < 9:
            actions.append(["push", _text(dice, 40)])
        else:
            actions.append(["prod", _parts(dice)])
    return actions


def _in_frame(dice):
    policy = {}
    for _ in range(dice.between(1, 6)):
        actions = [["get"]] if dice.chance(0.5) else [["push", _text(dice, 9)], ["get"]]
        policy[str(dice.below(40))] = actions
    return dict(sorted(policy.items()))


def _text(dice, longest):
    return dice.noise(1, dice.pick((3, longest)))


def _parts(dice):
    return [_text(dice, dice.pick((5, 100))) for _ in range(dice.below(5))]


class Program:
    """Yields a program's ops one by one, looking at the channel between them."""

    def __init__(self, dice, terminators, driver, connected):
        self.dice = dice
        self.terminators = terminators
        self.driver = driver
        self.connected = connected
        self.room = None
        self.waiting = ""  # input not fed yet
        self.pace = dice.pick((1, 2, 5, 20, 80, 300, 900))

    def ops(self):
        dice = self.dice
        yield ["term", dice.pick(self.terminators)]
        if not self.connected:
            for _ in range(dice.below(4)):
                yield self._op(dice.pick(("push", "prod", "get", "term")))
            yield ["connect"]
        for _ in range(dice.between(20, 120 if self.pace < 50 else 40)):
            name = dice.weighted(OPS)
            if name == "term" and self.driver.end()["held"]:
                name = "feed"
            yield self._op(name)
        yield from self._last_ops()

    def _op(self, name):
        dice = self.dice
        if name == "feed":
            return ["feed", self._input(dice.between(1, self.pace))]
        if name == "push":
            return ["push", _text(dice, 200)]
        if name == "pushp":
            return ["pushp", _text(dice, 50)]
        if name == "prod":
            return ["prod", _parts(dice)]
        if name == "room":
            self.room = dice.pick(ROOMS)
            return ["room", self.room]
        if name == "term":
            return ["term", dice.pick(self.terminators)]
        if name == "bad":
            return ["term", -dice.between(1, 99)]
        if name == "again":
            return ["rerr", "EAGAIN"]
        return [name]

    def _last_ops(self):
        """All that is queued goes out; then one of the ways to end."""
        yield ["room", None]
        end = self.driver.end()
        kind = self.dice.below(4)
        if kind == 0:
            yield ["cwd"]
        elif kind == 1 and not end["held"]:
            yield ["eof"]
        elif kind == 2 and not end["held"]:
            yield ["rerr", "ECONNRESET"]

    def _input(self, size):
        while len(self.waiting) < size:
            self.waiting += self._piece()
        data, self.waiting = self.waiting[:size], self.waiting[size:]
        return data

    def _piece(self):
        """Terminators in play, whole and broken, and what is near to them."""
        dice = self.dice
        in_force = self.driver.end()["term"]
        terminator = in_force if dice.chance(0.6) else dice.pick(self.terminators)
        if not isinstance(terminator, str) or not terminator:
            return dice.noise(1, 30)
        cut = dice.below(len(terminator) + 1)
        kind = dice.below(7)
        if kind < 2:
            return dice.noise(0, 6) + terminator
        if kind == 2:
            return terminator[:cut] + terminator
        if kind == 3:
            return terminator[cut:] + terminator[:cut]
        if kind == 4:
            return terminator[:cut] + dice.noise(0, 1)
        if kind == 5:
            return terminator * dice.between(1, 3)
        return "".join(dice.pick("ab") for _ in range(dice.between(1, 12)))

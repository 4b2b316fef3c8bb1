"""Random scripts: what a vector's channel is set up with, and the ops it is put through.

Everything comes from one stream of random() numbers, the only part of Python's
generator whose sequence is promised to stay the same from version to version.
"""

import random

NOISE = "aaaabbbb\r\n\0\xff .qxE"
READ_SIZES = (1, 2, 3, 5, 8, 16, 65536, 65536, 65536, 65536)
SEND_SIZES = (1, 2, 3, 4, 5, 7, 65536, 65536, 65536)
ROOMS = (0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 9, 20, None, None)
# The most bytes one feed brings: 2 is a drip.
PACES = {
    "bytes": (2, 2, 3, 6, 15, 60),
    "num": (2, 3, 6, 15, 60),
    "mix": (2, 2, 3, 6, 15, 60),
    "out": (2, 6),
    "all": (3, 8, 15, 30),
    "quirk": (4, 10, 20, 40),
}
COUNTS = (1, 1, 2, 3, 4, 5, 7, 9, 11, 12, 16, 40)

# Half of these overlap themselves: a search that forgets how much of a prefix
# survives a mismatch fails on them.
DELIMITERS = (
    "\r\n", "\n", "\0", "\r\n.\r\n", "\r\n\r\n", "END", "\xff\xfe", "qqq", "a", "ab",
    "aab", "aaa", "aaab", "abab", "abaab", "aabaab", "aabaaab", "abcabd", "\r\r\n", "\n\r\n",
)

FAMILIES = (("mix", 25), ("bytes", 20), ("out", 20), ("all", 13), ("num", 8), ("quirk", 14))

# What a found_terminator of the quirk family does besides setting a terminator.
RECIPES = (
    ((), 26),
    (("push",), 9), (("prod",), 8), (("discard",), 5), (("close",), 6), (("raise",), 8),
    (("push", "discard"), 6), (("push", "close"), 6), (("push", "raise"), 5),
    (("prod", "raise"), 3), (("cwd", "bye"), 4), (("cwd", "bye", "raise"), 8),
    (("zero",), 3), (("empty",), 3), (("negative",), 3),
)
CLOSING_RECIPES = RECIPES + ((("cwd",), 6), (("push", "cwd"), 4), (("cwd", "discard"), 3))

OPS = {
    "bytes": (("feed", 85), ("discard", 5), ("get", 4), ("again", 3), ("end", 3)),
    "num": (("feed", 74), ("term", 13), ("discard", 3), ("get", 4), ("again", 3), ("end", 3)),
    "mix": (
        ("feed", 77), ("term", 9), ("discard", 3), ("get", 4), ("push", 2), ("again", 2),
        ("end", 3),
    ),
    "out": (
        ("push", 27), ("prod", 13), ("pushp", 8), ("room", 31), ("feed", 4), ("discard", 3),
        ("get", 1), ("term", 1), ("werr", 3), ("cwd", 4), ("end", 5),
    ),
    "all": (
        ("feed", 40), ("term", 11), ("push", 12), ("prod", 7), ("pushp", 4), ("room", 10),
        ("discard", 3), ("get", 5), ("again", 2), ("cwd", 2), ("end", 4),
    ),
    "quirk": (
        ("feed", 44), ("term", 9), ("push", 10), ("prod", 6), ("room", 9), ("discard", 3),
        ("get", 5), ("rerr", 4), ("cwd", 4), ("close", 1), ("end", 5),
    ),
}

BEFORE_CONNECT = (
    ("push", 30), ("prod", 15), ("pushp", 8), ("room", 22), ("term", 4), ("get", 4),
    ("cwd", 3), ("discard", 3),
)

AFTER_CLOSE = (
    ("push", "late"), ("cwd",), ("discard",), ("get",), ("get",), ("term", "\n"),
    None, None, None, None,
)


class Dice:
    def __init__(self, seed):
        self._random = random.Random(seed).random

    def below(self, limit):
        return int(self._random() * limit)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def chance(self, probability):
        return self._random() < probability

    def pick(self, choices):
        return choices[self.below(len(choices))]

    def weighted(self, table):
        rest = self.below(sum(weight for _, weight in table))
        for value, weight in table:
            if rest < weight:
                return value
            rest -= weight
        raise AssertionError("unreachable")

    def noise(self, low, high):
        return "".join(self.pick(NOISE) for _ in range(self.between(low, high)))

    def delimiter(self):
        if self.chance(0.7):
            return self.pick(DELIMITERS)
        return "".join(self.pick("aab") for _ in range(self.between(1, 7)))

    def terminator(self, family):
        if family == "bytes" or (family != "num" and self.chance(0.5)):
            return self.delimiter()
        return self.pick(COUNTS) if self.chance(0.7) else None

    def parts(self):
        parts = [self.noise(1, 8) for _ in range(self.below(4))]
        if parts and self.chance(0.08):
            parts[self.below(len(parts))] = ""  # ends the producer before its other parts
        return parts


# -- setup: sizes, and what the callbacks do


def make_setup(dice):
    family = dice.weighted(FAMILIES)
    setup = {
        "fam": family,
        "in": dice.pick(READ_SIZES),
        "out": dice.pick(SEND_SIZES),
        "conn": 0 if family in ("out", "all") and dice.chance(0.2) else 1,
        "he": "keep" if family == "quirk" and dice.chance(0.5) else "close",
    }
    if setup["he"] == "keep":
        # A callback that raises leaves the rest of its chunk for the next read.
        # With one read a feed that shows at the end of the step, where it is tagged.
        setup["in"] = 65536
    setup["pol"] = _found_policy(dice, family, setup["he"])
    if family == "quirk" and dice.chance(0.45):
        setup["cpol"] = _collect_policy(dice)
    if setup["conn"] == 0 and dice.chance(0.7):
        setup["kpol"] = _connect_policy(dice)
    return setup


def _found_policy(dice, family, on_error):
    if family == "out":
        return [[]]
    if family == "bytes":
        return [] if dice.chance(0.2) else [[]]
    length = dice.between(1, 3 if family == "num" else 5)
    return [_found_actions(dice, family, on_error) for _ in range(length)]


def _found_actions(dice, family, on_error):
    actions = []
    if dice.chance(0.9 if family == "num" else 0.65):
        actions.append(["term", dice.terminator(family)])
    if family == "mix" and dice.chance(0.3):
        actions.append(["push", dice.noise(1, 5)])
    if family == "all":
        actions += _sending_actions(dice)
    if family == "quirk":
        # cwd alone would close the channel of a "keep" vector over the rest
        # that a callback which raised has left.
        recipe = dice.weighted(RECIPES if on_error == "keep" else CLOSING_RECIPES)
        actions += [_odd_action(dice, word) for word in recipe]
    return actions


def _sending_actions(dice):
    actions = []
    if dice.chance(0.35):
        actions.append(["push", "" if dice.chance(0.1) else dice.noise(1, 7)])
    if dice.chance(0.15):
        actions.append(["prod", dice.parts()])
    if dice.chance(0.06):
        actions.append(["pushp", dice.noise(1, 7)])
    if dice.chance(0.06):
        actions.append(["cwd"])
    return actions


def _odd_action(dice, word):
    if word == "push":
        return ["push", dice.noise(1, 6)]
    if word == "bye":
        return ["push", "bye"]
    if word == "prod":
        return ["prod", dice.parts()]
    terminators = {"zero": 0, "empty": "", "negative": -1}
    return ["term", terminators[word]] if word in terminators else [word]


def _collect_policy(dice):
    policy = {}
    for _ in range(dice.between(1, 2)):
        odd = dice.pick((["close"], ["raise"], ["discard"], ["term", dice.terminator("mix")]))
        actions = [["push", dice.noise(1, 4)]] if dice.chance(0.25) else []
        policy[str(dice.below(5))] = actions + [odd]
    return dict(sorted(policy.items()))


def _connect_policy(dice):
    actions = [["push", dice.noise(1, 9)]]
    if dice.chance(0.2):
        actions.append(["prod", dice.parts()])
    if dice.chance(0.15):
        actions.append(["term", dice.terminator("mix")])
    if dice.chance(0.06):
        actions.append(["cwd"])
    return actions


# -- ops


class Script:
    """Yields a vector's ops one by one, looking at the channel between them."""

    def __init__(self, dice, setup, driver):
        self.dice = dice
        self.family = setup["fam"]
        self.driver = driver
        self.connected = setup["conn"] == 1
        self.room = None
        self.waiting = ""  # input not fed yet
        self.pace = dice.pick(PACES[self.family])
        self.terminators = self._terminators_of(setup)

    def ops(self):
        yield ["term", self._learn(self.dice.terminator(self.family))]
        if not self.connected:
            yield from self._connect()
        if self.driver.is_open:  # the connect callback may have closed it
            yield from self._until_closed()
        if not self.driver.is_open:
            yield from self._after_close()

    def _until_closed(self):
        for op in self._ops_while_open():
            yield op
            if not self.driver.is_open:
                return

    def _connect(self):
        for _ in range(self.dice.below(8)):
            yield self._op(self.dice.weighted(BEFORE_CONNECT))
        if self.room == 0:
            yield self._room(self.dice.pick((None, 1, 5)))
        if self.family == "out" and self.dice.chance(0.05):
            yield ["werr", self._write_error()]
        self.connected = True
        yield ["connect"]

    def _ops_while_open(self):
        dice = self.dice
        length = dice.between(3, 90 if self.pace < 4 else 22)
        for index in range(length):
            name = dice.weighted(OPS[self.family])
            if name == "end" and index < 2:
                name = "feed"
            if name == "term" and self.driver.end()["held"] and dice.chance(0.7):
                name = "feed"  # a quirk, and the steps after a quirk say less
            if name == "end":
                yield from self._last_ops()
                return
            if name == "werr":
                yield from self._failing_send()
            else:
                yield self._op(name)
        yield from self._last_ops()

    def _op(self, name):
        dice = self.dice
        if name == "feed":
            return ["feed", self._input()]
        if name == "term":
            return ["term", self._new_terminator()]
        if name == "push":
            return ["push", "" if dice.chance(0.04) else dice.noise(1, dice.pick((3, 8, 18)))]
        if name == "pushp":
            return ["pushp", "" if dice.chance(0.04) else dice.noise(1, 11)]
        if name == "prod":
            return ["prod", dice.parts()]
        if name == "room":
            return self._room(dice.pick(ROOMS))
        if name == "again":
            return ["rerr", "EAGAIN"]
        if name == "rerr":
            return ["rerr", dice.pick(("EAGAIN", "ECONNRESET", "EIO"))]
        return [name]

    def _room(self, room):
        self.room = room
        return ["room", room]

    def _new_terminator(self):
        dice = self.dice
        if dice.chance(0.12):
            return -dice.between(1, 99)
        if self.family == "quirk" and dice.chance(0.2):
            return dice.pick((0, ""))
        return self._learn(dice.terminator(self.family))

    def _failing_send(self):
        """A write error, then something that meets it."""
        dice = self.dice
        yield ["werr", self._write_error()]
        if dice.chance(0.4):
            yield self._room(dice.pick((0, 2)))
        yield ["push", "" if dice.chance(0.3) else dice.noise(1, 9)]
        if dice.chance(0.8):
            yield self._room(None)

    def _write_error(self):
        return self.dice.pick(("ECONNRESET", "EPIPE", "ENOBUFS"))

    def _last_ops(self):
        """Most scripts end open; the others close in one of four ways."""
        dice = self.dice
        kind = dice.below(8)
        if kind == 0:
            yield ["eof"]
        elif kind == 1:
            if self.family in ("out", "all", "quirk") and dice.chance(0.4):
                yield self._room(None)
            yield ["cwd"]
        elif kind == 2 and self._nothing_to_lose():
            yield ["rerr", dice.pick(("ECONNRESET", "EIO"))]
        elif kind == 3 and self.family == "out":
            yield self._room(0)
            yield ["push", dice.noise(1, 9)]
            yield ["cwd"]
            if dice.chance(0.5):
                yield dice.pick((["discard"], ["push", "bye"], ["eof"]))
            yield self._room(None)

    def _nothing_to_lose(self):
        end = self.driver.end()
        return not end["held"] and not end["fifo"]

    def _after_close(self):
        for _ in range(2):
            op = self.dice.pick(AFTER_CLOSE)
            if op is None:
                return
            yield list(op)

    # -- input

    def _input(self):
        """The next few bytes of a stream made of the terminators in play, whole and broken."""
        dice = self.dice
        size = dice.between(1, self.pace)
        while len(self.waiting) < size:
            self.waiting += self._piece()
        data, self.waiting = self.waiting[:size], self.waiting[size:]
        return data

    def _piece(self):
        dice = self.dice
        terminator = self.driver.end()["term"] if dice.chance(0.7) else dice.pick(self.terminators)
        if not isinstance(terminator, str) or not terminator:
            return dice.noise(1, 8)
        cut = dice.below(len(terminator) + 1)
        kind = dice.below(8)
        if kind < 3:
            return dice.noise(0, 4) + terminator
        if kind == 3:
            return terminator[:cut] + dice.noise(0, 1)
        if kind == 4:
            return terminator[:cut] + terminator
        if kind == 5:
            return terminator[cut:]
        if kind == 6:
            return terminator * 2
        return dice.noise(1, 6)

    def _learn(self, terminator):
        self.terminators.append(terminator)
        return terminator

    @staticmethod
    def _terminators_of(setup):
        lists = list(setup["pol"]) + list(setup.get("cpol", {}).values()) + [setup.get("kpol", [])]
        return [action[1] for actions in lists for action in actions if action[0] == "term"]

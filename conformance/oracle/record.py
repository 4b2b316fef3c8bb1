#!/usr/bin/env python3
"""Records what CPython's own asynchat does, as vectors; or checks vectors against it.

    record.py --seed N --count N [--programs] [--out FILE]
    record.py --check FILE [--asynchat FILE]

Needs Python 3.8 to 3.11, the standard library only. README.md has the format.
Exit status: 0 fine, 1 a vector failed, 2 nothing could be run.
"""

import argparse
import importlib.util
import json
import sys
import warnings

sys.dont_write_bytecode = True

SETUP_KEYS = ("fam", "in", "out", "conn", "he", "by", "pol", "cpol", "kpol")
REQUIRED_KEYS = ("id", "fam", "in", "out", "conn", "he", "pol", "steps", "end", "q")


def main():
    options = parse_arguments()
    if not (3, 8) <= sys.version_info[:2] <= (3, 11):
        return refuse(
            "the oracle is the asynchat of Python 3.8 to 3.11, and this is Python %d.%d "
            "(3.12 no longer has asynchat): run it with one of those"
            % sys.version_info[:2]
        )
    warnings.simplefilter("ignore", DeprecationWarning)
    asynchat = load_asynchat(options.asynchat)
    if options.check is not None:
        return check(asynchat.async_chat, options.check)
    record_one = record_program if options.programs else record_script
    return record(asynchat.async_chat, record_one, options)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", help="any text; the same seed gives the same bytes")
    parser.add_argument("--count", type=int, help="how many vectors")
    parser.add_argument("--programs", action="store_true", help="programs instead of scripts")
    parser.add_argument("--out", help="where to write them (default: standard output)")
    parser.add_argument("--check", metavar="FILE", help="replay the vectors of FILE and compare")
    parser.add_argument("--asynchat", metavar="FILE", help="check an asynchat.py of your own")
    options = parser.parse_args()
    recording = (options.seed, options.count, options.out, options.programs or None)
    if options.check is not None and any(option is not None for option in recording):
        parser.error("--check goes without --seed, --count, --programs and --out")
    if options.check is None and (options.seed is None or options.count is None):
        parser.error("give --seed and --count, or --check")
    if options.check is None and options.count < 1:
        parser.error("--count must be at least 1")
    if options.check is None and options.asynchat is not None:
        parser.error("--asynchat goes with --check: a recording is of the real one")
    return options


def refuse(message):
    print("record.py: " + message, file=sys.stderr)
    return 2


def load_asynchat(path):
    if path is None:
        import asynchat

        return asynchat
    spec = importlib.util.spec_from_file_location("asynchat", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def encode(vector):
    return json.dumps(vector, separators=(",", ":"))


# -- recording


def record(async_chat, record_one, options):
    vectors = (record_one(async_chat, options.seed, index) for index in range(options.count))
    lines = ((encode(vector) + "\n").encode("ascii") for vector in vectors)
    if options.out is None:
        sys.stdout.buffer.writelines(lines)
        return 0
    with open(options.out, "wb") as out:
        out.writelines(lines)
    return 0


def record_script(async_chat, seed, index):
    from driver import Driver
    from scripts import Dice, Script, make_setup

    dice = Dice("%s/%d" % (seed, index))
    setup = make_setup(dice)
    driver = Driver(async_chat, setup)
    return run(driver, index, setup, Script(dice, setup, driver).ops())


def record_program(async_chat, seed, index):
    from driver import Driver
    from programs import Program, make_program
    from scripts import Dice

    dice = Dice("program/%s/%d" % (seed, index))
    setup, terminators = make_program(dice)
    driver = Driver(async_chat, setup)
    program = Program(dice, terminators, driver, setup["conn"] == 1)
    return run(driver, index, setup, program.ops())


def run(driver, index, setup, ops):
    vector = {"id": "%04d" % index, **setup}
    vector["steps"] = [[op, driver.step(op)] for op in ops]
    vector["end"] = driver.end()
    vector["q"] = driver.quirks()
    return vector


# -- checking


def check(async_chat, path):
    try:
        vectors = read_vectors(path)
    except (OSError, ValueError) as error:
        return refuse("cannot read vectors from %s: %s" % (path, error))
    failed = 0
    for vector in vectors:
        differences = check_one(async_chat, vector)
        failed += bool(differences)
        for difference in differences:
            print("%s: %s" % (vector["id"], difference))
    if not vectors:
        return refuse("%s holds no vector" % path)
    print("%d passed, %d failed" % (len(vectors) - failed, failed))
    return 1 if failed else 0


def read_vectors(path):
    vectors = []
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            vector = json.loads(line)
            if not isinstance(vector, dict):
                raise ValueError("line %d is not an object" % number)
            missing = [key for key in REQUIRED_KEYS if key not in vector]
            if missing:
                raise ValueError("line %d has no %s" % (number, ", ".join(missing)))
            vectors.append(vector)
    return vectors


def check_one(async_chat, vector):
    """What differs between the vector and what its script gives now, a line each."""
    from driver import drive

    setup = {key: vector[key] for key in SETUP_KEYS if key in vector}
    try:
        got = drive(async_chat, setup, [step[0] for step in vector["steps"]])
    except Exception as error:
        return ["could not be driven: %s: %s" % (type(error).__name__, error)]
    differences = []
    for index, (want, have) in enumerate(zip(vector["steps"], got["steps"])):
        if want != have:
            differences.append(
                "step %d %s: expected %s, got %s"
                % (index, encode(want[0]), encode(want[1]), encode(have[1]))
            )
    for key in ("end", "q"):
        if vector[key] != got[key]:
            differences.append(
                "%s: expected %s, got %s" % (key, encode(vector[key]), encode(got[key]))
            )
    return differences


if __name__ == "__main__":
    sys.exit(main())

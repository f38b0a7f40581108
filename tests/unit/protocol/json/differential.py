"""differential.py PROGRAM - the strict JSON reader against Python's json module, on tens of thousands of
generated and mutated texts: the same texts are accepted, and the same values come out.

PROGRAM --serve reads texts and answers with what it saw in them (see test_json_differential.c)."""
import decimal
import json
import random
import re
import struct
import subprocess
import sys

TEXTS = 24000
SEED = 20240607

LONE = re.compile("[\ud800-\udfff]")
WORDS = [b"null", b"true", b"false", b"nul", b"NaN", b"Infinity", b"-Infinity", b"True", b"1", b"-", b"0", b"01",
         b"-0", b"1.", b".5", b"1e", b"1e+", b"+1", b"0x10", b"1_000", b'"', b"\\", b"\\u", b"\\ud83d", b"\\ude00",
         b"\\u0000", b"\\uD800", b"\\x41", b"\\'", b"'", b",", b":", b"[", b"]", b"{", b"}", b"//", b"/*", b"\x00", b"\x1f",
         b"\x7f", b"\x0b", b"\x0c", b"\xa0", b"\xc2\xa0", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xc0\x80",
         b"\xf4\x90\x80\x80", b"\xff", b"\xc3", b"\xe2\x82", b" ", b"\t", b"\r\n", b"9223372036854775807",
         b"9223372036854775808", b"-9223372036854775808", b"1e18", b"1E400", b"5e-324", b"2.0", b"0.1e1", b"100e-2"]


def integer_of(text):
    """The exact integer within 64 bits that a number text stands for, or None."""
    try:
        d = decimal.Decimal(text)
    except decimal.InvalidOperation:  # an exponent beyond all reason
        return 0 if not re.search("[1-9]", re.split("[eE]", text)[0]) else None
    if d.is_zero():
        return 0
    if not d.is_finite() or d.adjusted() > 18 or d.adjusted() < 0 or d != d.to_integral_value():
        return None
    n = int(d)
    return n if -2**63 <= n < 2**63 else None


def number(text):
    n = integer_of(text)
    if n is not None:
        return "n%d" % n
    f = float(text)
    return "x" if f in (float("inf"), float("-inf")) else "f" + struct.pack(">d", f).hex()


def string(s):
    return "s" + LONE.sub("\ufffd", s).encode().hex()


def constant(name):
    raise ValueError(name)


class Number(str):
    pass


def describe(v):
    if isinstance(v, Number):
        return number(v)
    if isinstance(v, str):
        return string(v)
    if v is None or v is True or v is False:
        return {None: "z", True: "t", False: "u"}[v]
    if isinstance(v, tuple):
        return "{" + "".join(string(k) + ":" + describe(x) + "," for k, x in v) + "}"
    return "[" + "".join(describe(x) + "," for x in v) + "]"


def expected(raw):
    try:
        v = json.loads(raw.decode("utf-8"), parse_int=Number, parse_float=Number, parse_constant=constant,
                       object_pairs_hook=tuple)
    except ValueError:
        return "-"
    return describe(v)


def space(r):
    return r.choice(["", "", "", " ", "\n", "\t ", "\r\n"])


def random_string(r):
    out = []
    for _ in range(r.randrange(8)):
        kind = r.randrange(8)
        if kind < 3:
            out.append(r.choice("abc xyz/"))
        elif kind == 3:
            out.append(r.choice(['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"]))
        elif kind == 4:
            out.append("\\u%04x" % r.choice([0, 9, 0x41, 0xe9, 0x2028, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff]))
        elif kind == 5:
            out.append("\\uD83D\\u%04X" % r.choice([0xde00, 0xdc00, 0xdfff, 0x41, 0xd83d]))
        elif kind == 6:
            out.append(r.choice(["é", "€", "😀", "\x7f", "\u2028", "\ufeff"]))
        else:
            out.append(chr(r.choice([r.randrange(0x20, 0x7f), r.randrange(0xa0, 0xd800), r.randrange(0x10000, 0x110000)]))
                       .replace("\\", "").replace('"', ""))
    return '"' + "".join(out) + '"'


def random_number(r):
    text = r.choice(["", "-"]) + str(r.choice([0, 1, 7, 10, 100, r.randrange(10**6), r.randrange(10**20), 2**63, 2**63 - 1]))
    if r.random() < 0.4:
        text += "." + r.choice(["0", "5", "000", "10", str(r.randrange(10**18)), "0" * 20 + "1"])
    if r.random() < 0.4:
        text += r.choice("eE") + r.choice(["", "+", "-"]) + str(r.choice([0, 1, 2, 5, 18, 19, 20, 300, 308, 310, 324, 400, 10**12, 10**30]))
    return text


def random_value(r, depth):
    kind = r.randrange(10 if depth < 6 else 6)
    if kind < 2:
        return random_string(r)
    if kind < 4:
        return random_number(r)
    if kind < 6:
        return r.choice(["null", "true", "false"])
    n = r.randrange(5)
    if kind < 8:
        return "[" + ",".join(space(r) + random_value(r, depth + 1) + space(r) for _ in range(n)) + ("" if n else space(r)) + "]"
    return "{" + ",".join(space(r) + (random_string(r) if r.random() < .7 else '"k"') + space(r) + ":" + space(r)
                          + random_value(r, depth + 1) + space(r) for _ in range(n)) + ("" if n else space(r)) + "}"


def mutate(r, raw):
    raw = bytearray(raw)
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        at = r.randrange(len(raw) + 1)
        kind = r.randrange(5)
        if kind == 0 and raw:
            del raw[at:at + r.randrange(1, 4)]
        elif kind == 1:
            raw[at:at] = r.choice(WORDS)
        elif kind == 2 and at < len(raw):
            raw[at] = r.randrange(256)
        elif kind == 3:
            raw[at:at + r.randrange(3)] = r.choice(WORDS)
        else:
            other = r.randrange(len(raw) + 1)
            raw[at:at] = raw[min(at, other):max(at, other)][:12]
    return bytes(raw)


def texts():
    r = random.Random(SEED)
    out = [w for w in WORDS] + [a + b for a in WORDS for b in WORDS]
    while len(out) < TEXTS:
        raw = (space(r) + random_value(r, 0) + space(r)).encode()
        out.append(raw)
        out.extend(mutate(r, raw) for _ in range(3))
    return out


def main():
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    all_texts = texts()
    stdin = b"".join(struct.pack("<I", len(t)) + t for t in all_texts)
    p = subprocess.run([sys.argv[1], "--serve"], input=stdin, stdout=subprocess.PIPE, check=False)
    answers = p.stdout.decode("ascii", "replace").split("\n")
    print("1..4")
    ok = p.returncode == 0 and len(answers) == len(all_texts) + 1
    print("%s 1 - an answer to each of %d texts" % ("ok" if ok else "not ok", len(all_texts)))
    wanted = [expected(t) for t in all_texts]
    valid = sum(w != "-" for w in wanted)
    mixed = valid > 4000 and len(wanted) - valid > 4000
    print("%s 2 - %d of them are JSON, %d are not" % ("ok" if mixed else "not ok", valid, len(wanted) - valid))
    took = [(t, w, a) for t, w, a in zip(all_texts, wanted, answers) if (w == "-") != (a == "-")]
    values = [(t, w, a) for t, w, a in zip(all_texts, wanted, answers) if "-" not in (w, a) and w != a]
    for n, name, bad in ((3, "the same texts are accepted", took), (4, "the same values come out", values)):
        print("%s %d - %s" % ("not ok" if bad else "ok", n, name))
        for t, w, a in bad[:10]:
            print("# %r\n#   want %s\n#   got  %s" % (t, w, a))
    sys.exit(0 if ok and mixed and not took and not values else 1)


main()

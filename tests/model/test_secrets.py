#!/usr/bin/env python3
"""How much of what is secret agent/secret finds, and how much else: shapes of the issuers in a dozen surroundings (it
must find each), what looks like them and is none, and the text files of this machine, which hold no secrets: each hit
there but a private key is a false alarm. Both rates are printed. TAP on stdout."""
import base64
import hashlib
import os
import random
import string
import subprocess
import sys
import tempfile
import uuid

PROGRAM = os.path.join(os.path.dirname(os.environ.get("EMEND_CALL", "build/tests/model/call")), "secrets")
ALNUM, UPPER, HEX = string.ascii_letters + string.digits, string.ascii_uppercase + string.digits, "0123456789abcdef"
URLSAFE = ALNUM + "-_"
CORPUS, CORPUS_MB = ["/usr/include", "/usr/lib/python3", "/usr/share/perl", "/usr/share/doc", "/usr/share/vim", "/etc"], 200
FALSE_A_100_MB = 5

# As their issuers describe them: prefix, alphabet, length. The program's own table is not read here.
ISSUERS = {
    "aws": ("AKIA", UPPER, 16), "anthropic": ("sk-ant-api03-", URLSAFE, 95), "openai": ("sk-proj-", URLSAFE, 156),
    "openai, old": ("sk-", ALNUM, 48), "openrouter": ("sk-or-v1-", HEX, 64), "google": ("AIza", URLSAFE, 35),
    "google client": ("GOCSPX-", URLSAFE, 28), "github": ("ghp_", ALNUM, 36), "github app": ("ghs_", ALNUM, 36),
    "github fine-grained": ("github_pat_", ALNUM, 82), "gitlab": ("glpat-", URLSAFE, 20), "slack": ("xoxb-", ALNUM, 50),
    "stripe": ("sk_live_", ALNUM, 24), "npm": ("npm_", ALNUM, 36), "pypi": ("pypi-", URLSAFE, 170),
    "hugging face": ("hf_", ALNUM, 34), "groq": ("gsk_", ALNUM, 52), "digitalocean": ("dop_v1_", HEX, 64),
}
PLACES = ['KEY = "%s"\n', "key: %s\n", '{"key": "%s", "n": 1}\n', "export KEY='%s'\n", "KEY=%s\n", "curl -H 'Authorization: Bearer %s' x\n",
          "https://example.org/?key=%s&x=1\n", "+  key: %s\n", "2026-01-02 key %s accepted\n", "| %s | key |\n", "`%s`\n", "%s"]


def spread(r, alphabet, n):
    """Ends in a letter or digit, as those of the issuers do in practice; no key ends in the word EXAMPLE."""
    return "".join(r.choice(alphabet) for _ in range(n - 1)) + r.choice([c for c in alphabet if c.isalnum()])


def found(paths):
    run = subprocess.run([PROGRAM], input="\n".join(paths) + "\n", capture_output=True, text=True, errors="replace", check=True)
    lines = run.stdout.splitlines()
    return [line.split("\t") for line in lines[:-1]], int(lines[-1].split()[1])


def in_file(folder, text):
    path = os.path.join(folder, "text")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return [(kind, text.encode()[int(a):int(b)].decode()) for _, kind, a, b in found([path])[0]]


def shapes_are_found(folder, r):
    missed, n = [], 0
    for name, (prefix, alphabet, length) in ISSUERS.items():
        planted = [prefix + spread(r, alphabet, length) for _ in range(25 * len(PLACES))]
        got = {text for _, text in in_file(folder, "\n".join(PLACES[i % len(PLACES)] % s for i, s in enumerate(planted)))}
        missed += ["%s: %s" % (name, s) for s in planted if s not in got]
        n += len(planted)
    print("# %d of %d keys of %d issuers found" % (n - len(missed), n, len(ISSUERS)))
    return missed[:5]


def others_are_found(folder, r):
    """Private keys, signed web tokens, passwords in URLs, and long values of a name that says what they are."""
    missed = []
    for _ in range(200):
        part = lambda n: base64.urlsafe_b64encode(r.randbytes(n)).decode().rstrip("=")  # noqa: E731
        pem = "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n" % base64.encodebytes(r.randbytes(300)).decode().strip()
        header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(b'{"sub":"%d","name":"x"}' % r.randrange(10**9)).decode().rstrip("=")
        token, password = "%s.%s.%s" % (header, body, part(32)), spread(r, ALNUM, 8) + "7x"
        text = "a\n%sb\nBearer %s\npostgres://user:%s@db.example/x\n" % (pem, token, password)
        got = in_file(folder, text)
        left = text.encode()
        for _, s in got:
            left = left.replace(s.encode(), b"*")
        for line in pem.splitlines()[1:-1] + [token, password]:
            if line.encode() in left:
                missed.append(line)
    return missed[:5]


def what_is_none_is_left(folder, r):
    lines = []
    for _ in range(500):
        digest, raw = hashlib.sha256(r.randbytes(8)).hexdigest(), r.randbytes(48)
        lines += ["commit " + digest[:40], "sha256:" + digest, str(uuid.UUID(bytes=raw[:16])),
                  '"integrity": "sha512-%s",' % base64.b64encode(r.randbytes(64)).decode(), "img: data:image/png;base64," + base64.b64encode(raw * 4).decode(),
                  "token_count = %d" % r.randrange(10**12), "password_reset_template = 'account/password_reset_key_message.html'",
                  'secretKeyRef: { name: "database-credentials", key: "password" }', "token: ${{ secrets.GITHUB_TOKEN }}",
                  "api_key = os.environ['SERVICE_API_KEY']", "AKIAIOSFODNN7EXAMPLE", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                  "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "http://localhost:8080/a@b", "postgres://user:password@localhost/db"]
    return in_file(folder, "\n".join(lines))[:5]


def this_machine_is_quiet(_folder, _r):
    paths, size = [], 0
    for top in CORPUS:
        for base, dirs, names in os.walk(top):
            dirs.sort()
            if base == "/etc":
                dirs[:] = [d for d in dirs if d not in ("ssl", "ssh")]  # keys of this machine, if it has some
            for path in (os.path.join(base, n) for n in sorted(names)):
                if os.path.isfile(path) and not os.path.islink(path) and not path.endswith((".gz", ".pyc", ".so", ".png")):
                    paths.append(path)
                    size += os.path.getsize(path)
            if size > CORPUS_MB << 20:
                break
    hits, read = found(paths)
    hits = [hit for hit in hits if hit[1] != "private-key"]  # examples in manuals, but keys they are
    print("# %d false alarms in %.0f MB of %d files" % (len(hits), read / 1e6, len(paths)))
    for hit in hits[:10]:
        print("# " + " ".join(hit))
    return hits if len(hits) > max(1, FALSE_A_100_MB * read / 1e8) else []


def main():
    tests, bad = [shapes_are_found, others_are_found, what_is_none_is_left, this_machine_is_quiet], 0
    r = random.Random(20261129)
    for i, test in enumerate(tests, 1):
        with tempfile.TemporaryDirectory(prefix="emend-secrets-") as folder:
            wrong = test(folder, r)
        print("%sok %d - %s" % ("not " if wrong else "", i, test.__name__))
        for line in wrong:
            print("# %r" % (line,))
        bad += bool(wrong)
    print("1..%d" % len(tests))
    return bad > 0


sys.exit(main())

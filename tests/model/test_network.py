#!/usr/bin/env python3
"""HTTPS with good and bad authorities, and proxies."""

import os
import tempfile

from harness import Child, Provider, ask, call, check, collect, done, main, message, text, user

HI = ask(user("hi"))
GOOD = {"text": "fine", "repeat": True}
FOLDER = tempfile.TemporaryDirectory(prefix="emend-tls-")
OTHER = tempfile.TemporaryDirectory(prefix="emend-tls-")


def ca(folder=FOLDER):
    return os.path.join(folder.name, "ca.pem")


def tls(*args):
    return Provider([GOOD], *args, tls=FOLDER.name)


def test_untrusted():
    """an unknown authority is refused at once, and the message says what to set"""
    with tls() as p:
        events = call(p.url, HI)[0]
        check("NODE_EXTRA_CA_CERTS" in message(events) and "SSL_CERT_FILE" in message(events), events)
        check(len(events) == 1 and not p.requests(), "no retry, nothing sent", events)


def test_variables():
    """SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE and NODE_EXTRA_CA_CERTS are believed"""
    with tls() as p:
        for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
            events = call(p.url, HI, env={name: ca()})[0]
            check(text(events) == "fine", name, events)


def test_replaces():
    """another authority alone is not enough; as an addition it does no harm"""
    with Provider([GOOD], tls=OTHER.name), tls() as p:
        check("not trusted" in message(call(p.url, HI, env={"SSL_CERT_FILE": ca(OTHER)})[0]), "wrong CA")
        done(call(p.url, HI, env={"SSL_CERT_FILE": ca(OTHER), "NODE_EXTRA_CA_CERTS": ca()})[0])


def test_directory():
    """SSL_CERT_DIR is a folder of hashed names"""
    with tls() as p, tempfile.TemporaryDirectory() as d:
        hashed = os.popen(f"openssl x509 -hash -noout -in {ca()}").read().strip()
        os.symlink(ca(), os.path.join(d, hashed + ".0"))
        done(call(p.url, HI, env={"SSL_CERT_DIR": d})[0])


def test_missing_file():
    """a CA file that is not there is named"""
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        events = call("https://127.0.0.1:1", HI, env={name: "/no/ca.pem"})[0]
        check(name in message(events) and "/no/ca.pem" in message(events), events)


def test_wrong_name():
    """a certificate for another host is refused"""
    with tls() as p, Child("proxy.py", "--map", f"other.example.test:443={p.port}") as proxy:
        events = call("https://other.example.test", HI,
                      env={"https_proxy": f"http://127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca()})[0]
        check("certificate of other.example.test is not trusted" in message(events), events)


def test_proxy():
    """HTTPS goes through the proxy by CONNECT; the proxy sees the host, never the request"""
    with tls() as p, Child("proxy.py", "--map", f"api.example.test:443={p.port}") as proxy:
        for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            events = call("https://api.example.test/", HI,
                          env={name: f"http://127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca()})[0]
            check(text(events) == "fine", name, events)
        check(proxy.log() == [{"connect": "api.example.test:443", "status": 200}] * 3, proxy.log())


def test_proxy_password():
    """a proxy with a password: with it, and without"""
    with tls() as p, Child("proxy.py", "--map", f"api.example.test:443={p.port}", "--auth", "me:pass") as proxy:
        good = {"https_proxy": f"http://me:pass@127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca()}
        check(text(call("https://api.example.test", HI, env=good)[0]) == "fine", "with the password")
        bad = dict(good, https_proxy=f"http://127.0.0.1:{proxy.port}")
        events = call("https://api.example.test", HI, env=bad)[0]
        check("proxy" in message(events) and "HTTPS_PROXY" in message(events) and "407" in message(events), events)


def test_proxy_denies():
    """a proxy that refuses the host"""
    with Child("proxy.py", "--deny") as proxy:
        events = call("https://api.example.test", HI, env={"https_proxy": f"http://127.0.0.1:{proxy.port}"})[0]
        check("The proxy on the way to api.example.test refused" in message(events) and "403" in message(events), events)


def test_loopback_direct():
    """a server on this machine is spoken to directly, whatever the proxy variables say"""
    with Provider([GOOD]) as p, Child("proxy.py", "--deny") as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        events = call(p.url, HI, env={"http_proxy": url, "https_proxy": url, "all_proxy": url})[0]
        check(text(events) == "fine" and proxy.log() == [], events)


def test_no_proxy_list():
    """NO_PROXY is obeyed"""
    with Child("proxy.py", "--deny") as proxy:
        events = call("https://api.invalid", HI, args=["--retries", -1],
                      env={"https_proxy": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": "api.invalid"})[0]
        check("was not found" in message(events) and proxy.log() == [], events)


def test_faults_over_tls():
    """a cut stream over TLS is tried again"""
    with Provider([{"text": "half a reply", "fault": "cut"}, {"text": "half a reply", "fault": "eof"}, GOOD],
                  tls=FOLDER.name) as p:
        events = call(p.url, HI, env={"SSL_CERT_FILE": ca()})[0]
        check([e["type"] for e in events].count("restart") == 2 and text(events) == "fine", events)


def test_cancel_over_tls():
    """cancel closes a TLS connection at once"""
    with Provider([{"text": "word " * 500, "chunk_ms": 20}], tls=FOLDER.name) as p:
        events = call(p.url, ask(user("hi"), cancel="text"), env={"SSL_CERT_FILE": ca()})[0]
        check(events[-1].get("code") == "cancelled", events)
        p.wait_log(lambda log: any(e["event"] == "end" and e["by"] == "client" for e in log))


if __name__ == "__main__":
    main(collect(globals()))

"""A certificate authority and a server certificate for tests, made on the spot with openssl."""

import os
import subprocess

NAMES = "DNS:localhost,DNS:api.example.test,IP:127.0.0.1,IP:::1"


def run(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make(folder):
    """Writes ca.pem, server.pem and server.key into the folder, unless they are there."""
    def at(name):
        return os.path.join(folder, name)

    os.makedirs(folder, exist_ok=True)
    if os.path.exists(at("server.pem")):
        return at("server.pem"), at("server.key")
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=Emend test CA", "-keyout", at("ca.key"), "-out", at("ca.pem"),
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", "/CN=localhost", "-keyout", at("server.key"), "-out", at("server.csr"))
    with open(at("server.ext"), "w", encoding="ascii") as f:
        f.write(f"subjectAltName={NAMES}\nbasicConstraints=CA:FALSE\n")
    run("x509", "-req", "-in", at("server.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial",
        "-days", "2", "-extfile", at("server.ext"), "-out", at("server.new"))
    os.rename(at("server.new"), at("server.pem"))
    return at("server.pem"), at("server.key")

"""A network of the test's own: it has loopback only, but public addresses lead there, and names of the test's.

enter() puts the calling process, before it starts threads, into new network and mount namespaces. What it binds to
PUBLIC addresses is then "out on the network" for every program that it starts, and not one packet leaves the
machine. Returns None, or why it is not possible here.
"""

import ctypes
import os
import socket
import struct
import tempfile

NEWNS, NEWUSER, NEWNET = 0x20000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PUBLIC = ("93.184.216.0", 24)  # 93.184.216.1 to .254 lead to loopback
PUBLIC6 = ("2606:2800:220::", 48)
MORE = (("169.254.169.254", 32), ("10.9.8.7", 32))  # those of clouds' metadata and of a private network, too
DNS = "93.184.216.53"


def check(result):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def netlink(kind, body):
    """One request to the kernel's routing tables; raises what it answers."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack("=IHHII", 16 + len(body), kind, 0x405, 1, 0) + body)  # REQUEST, ACK, CREATE
        answer = s.recv(65536)
    error = struct.unpack_from("=i", answer, 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


def loopback_up():
    netlink(16, struct.pack("=BxHiII", socket.AF_UNSPEC, 0, 1, 1, 1))  # RTM_NEWLINK, index 1, IFF_UP


def local_route(address, bits):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    # RTM_NEWROUTE in the table "local", of the kind "local", for the device lo
    body = struct.pack("=BBBBBBBBI", family, bits, 0, 0, 255, 3, 254, 2, 0)
    body += struct.pack("=HH", 4 + len(packed), 1) + packed + struct.pack("=HHI", 8, 4, 1)
    netlink(24, body)


def own_address(address):
    """Makes it an address of the machine itself."""
    packed = socket.inet_aton(address)
    body = struct.pack("=BBBBI", socket.AF_INET, 32, 0, 0, 1)
    body += b"".join(struct.pack("=HH", 8, kind) + packed for kind in (1, 2))
    netlink(20, body)  # RTM_NEWADDR


def bind_file(libc, text, over):
    with tempfile.NamedTemporaryFile("w", prefix="emend-net-", delete=False) as f:
        f.write(text)
    os.chmod(f.name, 0o644)
    check(libc.mount(f.name.encode(), os.path.realpath(over).encode(), None, MS_BIND, None))
    os.unlink(f.name)


def enter(names):
    """names: {address: "name name ..."}, known to every program besides localhost."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    try:
        check(libc.unshare(NEWNS | NEWNET | (NEWUSER if uid else 0)))
        if uid:
            for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (uid, uid)), ("gid_map", "%d %d 1" % (gid, gid))):
                with open("/proc/self/" + name, "w", encoding="ascii") as f:
                    f.write(text)
        check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
        loopback_up()
        for address, bits in (PUBLIC, PUBLIC6) + MORE:
            try:
                local_route(address, bits)
            except OSError:
                if ":" not in address:  # there may be no IPv6
                    raise
        lines = ["127.0.0.1 localhost"] + ["%s %s" % (a, n) for a, n in names]
        bind_file(libc, "\n".join(lines) + "\n", "/etc/hosts")
        bind_file(libc, "nameserver %s\noptions timeout:1 attempts:1\n" % DNS, "/etc/resolv.conf")
    except OSError as e:
        return "no network of one's own: %s" % e
    return None

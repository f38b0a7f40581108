"""container - podman with an image of its own, for the bench: made of this machine's true and sh, gone afterwards."""
import ctypes
import os
import re
import shutil
import subprocess
import tempfile

IMAGE = "localhost/emend-bench"
NEWNS, PRIVATE, DETACH = 0x20000, 0x44000, 2


def hide_hybrid_cgroups():
    """crun takes no cgroup2 beside version 1: away with it, in a mount namespace of our own."""
    libc = ctypes.CDLL(None)
    if os.path.ismount("/sys/fs/cgroup/unified") and os.getuid() == 0 and libc.unshare(NEWNS) == 0:
        libc.mount(b"none", b"/", None, PRIVATE, None)
        libc.umount2(b"/sys/fs/cgroup/unified", DETACH)


def files():
    """true and sh with the libraries that they name."""
    found = {"/bin/true", "/bin/sh"}
    for program in list(found):
        out = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
        found.update(re.findall(r"(/\S+) \(0x", out))
    return sorted(found)


def make():
    """The folder of its storage, to be given to remove(); None and why if podman does not run here."""
    if not shutil.which("podman"):
        return None, "is not installed here"
    hide_hybrid_cgroups()
    place = tempfile.mkdtemp(prefix="emend-bench-podman-", dir="/var/tmp")
    with open(place + "/storage.conf", "w", encoding="utf-8") as f:
        f.write('[storage]\ndriver = "overlay"\nrunroot = "%s/run"\ngraphroot = "%s/storage"\n'
                'rootless_storage_path = "%s/storage"\n' % (place, place, place))
    os.environ["CONTAINERS_STORAGE_CONF"] = place + "/storage.conf"
    subprocess.run(["tar", "-chf", place + "/image.tar", "-C", "/"] + [p[1:] for p in files()], check=True)
    p = subprocess.run(["podman", "import", "-q", place + "/image.tar", IMAGE], stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, text=True, check=False)
    if p.returncode == 0:
        p = subprocess.run(command("/") + ["/bin/true"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                           check=False)
    if p.returncode == 0:
        return place, ""
    remove(place)
    return None, "does not run here: " + p.stderr.strip()[-200:]


def command(folder):
    """The start of a command line that runs one program in a container of its own, in this folder."""
    volume = ["-v", folder + ":" + folder, "-w", folder] if folder != "/" else []
    own = ["--userns=keep-id"] if os.getuid() else []
    return ["podman", "run", "--rm", "--pull=never", "--network=none", "--read-only", "--cap-drop=ALL", *own,
            "--security-opt=no-new-privileges", "--log-driver=none", "--ulimit=nofile=4096:4096",
            "--ulimit=nproc=4096:4096", *volume, IMAGE]


def remove(place):
    subprocess.run(["podman", "rm", "-f", "-a", "-t", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    subprocess.run((["podman", "unshare"] if os.getuid() else []) + ["rm", "-rf", place + "/storage", place + "/run"],
                   stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(place, ignore_errors=True)

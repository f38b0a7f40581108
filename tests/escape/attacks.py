"""attacks - the list: name and command for what prints TOPSECRET or ESCAPED where it succeeds, and a function of
the world for what has an effect. @NAMES@ are filled in by the world; @INIT@ is the first process of the command's
own namespace, and outside a victim that stands for it."""

import os

NAMESPACES = ("10000000", "20000", "20000000", "40000000", "8000000", "4000000", "2000000", "80")
PY = "python3 -c '%s'"


def effect(path, text):
    def check(w):
        try:
            return text in open(w.fill(path, False)).read()
        except OSError:
            return False
    return check


def exists(path):
    return lambda w: os.path.lexists(w.fill(path, False))


def planted_below(w, folder):
    """Somebody opens what was closed, and finds a plant there."""
    w.open_up()
    return any("ESC" in open(os.path.join(d, f)).read() for d, _, fs in os.walk(os.path.join(w.ws, folder)) for f in fs)


def datagram(w):
    try:
        return w.udp.recv(9) == b"x"
    except OSError:
        return False


READS = [
    ("read a file outside by its path", "cat @OUT@/secret"),
    ("read a file outside by ..", "cat ../outside/secret"),
    ("read a file outside through a symlink in the workspace", "cat link"),
    ("read a file outside through a symlink to its folder", "cat linkdir/secret"),
    ("read a file outside through the root of another process", "cat /proc/*/root@OUT@/secret 2>/dev/null"),
    ("read a file outside through the folder of another process", "cat /proc/@VICTIM@/cwd/secret /proc/*/cwd/../outside/secret 2>/dev/null"),
    ("read a file outside through an open descriptor of another process", PY % 'import glob\nfor f in glob.glob("/proc/[0-9]*/fd/*"):\n  try:\n    import os,stat\n    if stat.S_ISREG(os.stat(f).st_mode) and "TOPSECRET" in open(f).read(200): print("ESCAPED")\n  except Exception: pass\nopen("@OUT@/secret").read() and print("ESCAPED")'),
    ("read the environment of the machine's processes", "cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a ^VICTIM_KEY="),
    ("read the environment of the starting process", "(env; cat /proc/1/environ /proc/self/environ /proc/$PPID/environ 2>/dev/null) | tr '\\0' '\\n' | grep -a LEAK_KEY"),
    ("memory of another process", "./attack mem @VICTIM@"),
    ("memory of another process by process_vm_readv", "./attack vm_read @VICTIM@"),
    ("trace another process", "./attack ptrace @VICTIM@"),
    ("limits of another process", "./attack prlimit @VICTIM@"),
    ("priority of another process", "./attack renice @VICTIM@"),
    ("take a descriptor of another process", "./attack pidfd_getfd @VICTIM@"),
    ("signal another process", "./attack kill @VICTIM@"),
    ("TCP to a server on this machine", PY % 'import socket; socket.create_connection(("127.0.0.1",@TCP@),2); print("ESCAPED")'),
    ("TCP with data in the first packet", PY % 'import socket; s=socket.socket(); s.sendto(b"x",0x20000000,("127.0.0.1",@TCP@)); print("ESCAPED")'),
    ("MPTCP to a server on this machine", PY % 'import socket; s=socket.socket(2,1,262); s.connect(("127.0.0.1",@TCP@)); print("ESCAPED")'),
    ("an abstract unix socket of this machine", PY % 'import socket; s=socket.socket(1); s.connect("\\0@NAME@"); print("ESCAPED")'),
    ("a unix socket file outside", PY % 'import socket; s=socket.socket(1); s.connect("@OUT@/sock"); print("ESCAPED")'),
    ("a datagram pair aimed at a socket file outside", "./attack retarget @OUT@/dgram"),
    ("shared memory of this machine", "./attack shm @KEY@"),
    ("vsock", "./attack family 40"),
    ("packet socket", "./attack family 17"),
    ("alg socket", "./attack family 38"),
    ("a user namespace", "./attack unshare"),
    ("a user namespace by clone", "./attack clone_user"),
    ("a user namespace by clone3", "./attack clone3_user"),
    ("mount", "./attack mount"),
    ("chroot", "./attack chroot"),
    ("keyctl", "./attack keyctl"),
    ("add_key", "./attack add_key"),
    ("io_uring", "./attack io_uring"),
    ("bpf", "./attack bpf"),
    ("userfaultfd", "./attack userfaultfd"),
    ("perf", "./attack perf"),
    ("TIOCSTI", "./attack tiocsti"),
    ("a file handle", "./attack handle ."),
    ("personality", "./attack personality"),
    ("memfd_secret", "./attack memfd_secret"),
    ("a device node", "./attack mknod node"),
    ("a set-user-id bit", "cp attack sb; ./attack setuid_bit sb"),
    ("fallocate, the instant disk bomb", "./attack fallocate ff"),
    ("32-bit system calls", "./attack int80"),
    ("x32 system calls", "./attack x32"),
    ("the shadow file", "grep -q ^root: /etc/shadow && echo ESCAPED"),
    ("kernel settings of the machine", "w=/proc/sys/kernel/core_pattern; test -w $w && cat $w >$w && echo ESCAPED"),
    ("sysrq", "test -w /proc/sysrq-trigger && : >>/proc/sysrq-trigger && echo ESCAPED"),
    ("set-user-id programs", PY % 'import ctypes; c=ctypes.CDLL(None); print("ESCAPED") if c.prctl(39,0,0,0,0)==0 else 0'),
    ("read a file outside through its folder's descriptor", PY % 'import os; d=os.open("..",os.O_RDONLY); print(os.read(os.open("outside/secret",os.O_RDONLY,dir_fd=d),99))'),
    ("read a file outside through /proc/self/root", "cat /proc/self/root@OUT@/secret"),
    ("read a file outside through /proc/self/cwd", "cat /proc/self/cwd/../outside/secret"),
    ("read a file outside through /proc/thread-self", "cat /proc/thread-self/cwd/../outside/secret"),
    ("read a file outside through the root of the init", "cat /proc/@INIT@/root@OUT@/secret"),
    ("read a file outside through the folder of the init", "cat /proc/@INIT@/cwd/../outside/secret"),
    ("read a secret of the machine's /tmp", "cat @TMP@/secret"),
    ("read a secret of the machine's /var/tmp", "cat @VARTMP@/secret"),
    ("read a secret of the machine's /dev/shm", "cat @SHM@/secret"),
    ("read a secret in the user's home", "cat @HOME@/secret"),
    ("read with a program that is in no file", "./doors memfd /bin/cat @OUT@/secret"),
    ("read with a program that the loader starts", "$(ls /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.* 2>/dev/null | head -n 1) /bin/cat @OUT@/secret"),
    ("read by a file handle", "./doors by_handle @OUT@/secret"),
    ("read outside by tar", "tar cf - -C / .@OUT@/secret | tar xOf -"),
    ("read outside by git", "git diff --no-index /dev/null @OUT@/secret"),
    ("the environment of the init", "tr '\\0' '\\n' </proc/@INIT@/environ"),
    ("the memory of the init", "./attack mem @INIT@"),
    ("the memory of the init by process_vm_readv", "./attack vm_read @INIT@"),
    ("write the memory of another process", "./doors vm_write @VICTIM@"),
    ("write the memory of the init", "./doors vm_write @INIT@"),
    ("the memory map of the init", "grep -q stack /proc/@INIT@/maps && echo ESCAPED"),
    ("the descriptors of the init", "ls -l /proc/@INIT@/fd/ && echo ESCAPED"),
    ("take a descriptor of the init", "./attack pidfd_getfd @INIT@"),
    ("trace the init", "./attack ptrace @INIT@"),
    ("signal the init", "./attack kill @INIT@"),
    ("limits of the init", "./attack prlimit @INIT@"),
    ("the priority of the init", "./doors priority @INIT@"),
    ("the processors of the init", "./doors affinity @INIT@"),
    ("the scheduling class of the init", "./doors scheduler @INIT@"),
    ("the scheduling attributes of the init", "./doors sched_attr @INIT@"),
    ("the input and output priority of the init", "./doors ioprio @INIT@"),
    ("processors of another process", "./doors affinity @VICTIM@"),
    ("the scheduling class of another process", "./doors scheduler @VICTIM@"),
    ("scheduling attributes of another process", "./doors sched_attr @VICTIM@"),
    ("the input and output priority of another process", "./doors ioprio @VICTIM@"),
    ("the priority of all processes of the user", "./doors priority_user"),
    ("signal another process by a pidfd", "./doors pidfd_signal @VICTIM@"),
    ("signal another process by sigqueue", "./doors sigqueue @VICTIM@"),
    ("signal another process by tgkill", "./doors tgkill @VICTIM@"),
    ("TCP to a server on this machine, IPv6", PY % 'import socket; socket.create_connection(("::1",@TCP6@),2); print("ESCAPED")'),
    ("TCP to this machine's own address", PY % 'import socket; u=socket.socket(2,2); u.connect(("192.0.2.1",9)); socket.create_connection((u.getsockname()[0],@ANY@),2); print("ESCAPED")'),
    ("a raw network socket", "./doors socket 2 3 1"),
    ("a raw IPv6 socket", "./doors socket 10 3 58"),
    ("netlink: the machine's device events", "./doors socket 16 2 15"),
    ("netlink: generic", "./doors socket 16 3 16"),
    ("netlink: socket diagnosis", "./doors socket 16 3 4"),
    ("netlink: packet filter", "./doors socket 16 3 12"),
    ("netlink: audit", "./doors socket 16 3 9"),
    ("netlink: keys of IPsec", "./doors socket 16 3 6"),
    ("an abstract datagram socket of this machine", "./doors unix 2 @d@NAME@"),
    ("an abstract packet socket of this machine", "./doors unix 5 @q@NAME@"),
    ("a datagram socket file outside", "./doors unix 2 @OUT@/dgram"),
    ("a packet socket file outside", "./doors unix 5 @OUT@/seq"),
    ("a socket file in /tmp", "./doors unix 1 @TMP@/sock"),
    ("a datagram pair connected to a socket file outside", "./doors pair 2 @OUT@/dgram"),
    ("a raw pair connected to a socket file outside", "./doors pair 3 @OUT@/dgram"),
    ("D-Bus, by its variable", "./doors unix 1 ${DBUS_SESSION_BUS_ADDRESS#unix:path=}"),
    ("the container engine, by its variable", "./doors unix 1 ${DOCKER_HOST#unix:path=}"),
    ("the key agent, by its variable", "./doors unix 1 $SSH_AUTH_SOCK"),
    ("sockets of the machine's services", PY % 'import os,socket,stat\nfor d,_,fs in os.walk("/run"):\n  for f in fs:\n    try:\n      if stat.S_ISSOCK(os.stat(d+"/"+f).st_mode): print("ESCAPED")\n    except OSError: pass'),
    ("semaphores of this machine", "./doors sem @KEY@"),
    ("message queues of this machine", "./doors msg @KEY@"),
    ("POSIX message queues of this machine", "./doors mq /@NAME@"),
    ("the kernel's log device", "./doors open /dev/kmsg"),
    ("the memory device", "./doors open /dev/mem"),
    ("FUSE", "./doors open /dev/fuse"),
    ("virtual machines", "./doors open /dev/kvm"),
    ("tunnels", "./doors open /dev/net/tun"),
    ("loop devices", "./doors open /dev/loop-control"),
    ("the network namespace of another process", "./doors setns /proc/@VICTIM@/ns/net"),
    ("the mount namespace of another process", "./doors setns /proc/@VICTIM@/ns/mnt"),
    ("the pid namespace of another process", "./doors setns /proc/@VICTIM@/ns/pid"),
    ("the mount namespace of the init", "./doors setns /proc/@INIT@/ns/mnt"),
    ("another root, from a user namespace", "./doors chroot"),
    ("a new file system", "./doors fsopen"),
    ("a copy of a mount", "./doors open_tree"),
    ("a change of a mount", "./doors fspick"),
    ("TIOCSTI in a wider number", "./doors tioctl 100005412"),
    ("TIOCLINUX", "./doors tioctl 541c"),
    ("TIOCLINUX in a wider number", "./doors tioctl f0000541c"),
    ("a set-user-id file by open's temporary files", "./doors setid_tmpfile s"),
    ("a device node by mknod of the shell", "mknod n c 1 3 && echo ESCAPED"),
    ("the machine's control of hardware", "test -w /proc/sys/kernel/modprobe && echo ESCAPED"),
    ("formats of programs", "test -w /proc/sys/fs/binfmt_misc -o -w /proc/sys/vm/overcommit_memory && echo ESCAPED"),
    ("the out-of-memory killer", "echo -1000 >/proc/self/oom_score_adj && echo ESCAPED"),
    ("the kernel's memory image", "test -s /proc/kcore && head -c 1 /proc/kcore >/dev/null && echo ESCAPED"),
    ("symbols of the kernel", "grep -m 1 -v '^0000000000000000' /proc/kallsyms | grep -q . && echo ESCAPED"),
] + [("a namespace by unshare, flag " + flag, "./doors unshare " + flag) for flag in NAMESPACES] + [
    ("a namespace by clone, flag " + flag, "./doors clone " + flag) for flag in NAMESPACES if flag != "80"] + [
    ("a set-id file by " + how, "./doors setid %s s" % how) for how in (
        "open", "openat", "openat2", "creat", "mknod", "mknodat", "fchmod", "fchmodat", "fchmodat2")] + [
    ("the call " + name, "./doors call " + name) for name in (
        "process_madvise kcmp vmsplice move_pages migrate_pages mbind set_mempolicy io_uring_enter io_uring_register "
        "move_mount fsconfig mount_setattr pidfd_getfd keyctl_session_to_parent keyctl_describe request_key adjtimex "
        "clock_settime fanotify_mark fanotify_init quotactl quotactl_fd init_module finit_module delete_module "
        "kexec_load reboot swapoff swapon setns umount2 pivot_root sethostname syslog memfd_secret statmount listmount "
        "lsm_list_modules open_tree_attr modify_ldt iopl").split()]
# What Landlock alone does not cover: only where the commands have a view of their own.
VIEW_READS = [
    ("the file systems of the machine", "test -d /sys/kernel && test -d /sys/class && echo ESCAPED"),
    ("command lines of the machine's processes", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -q 'sleep 100[0]' && echo ESCAPED"),
    ("the state of another process", "grep -q sleep /proc/@VICTIM@/status && echo ESCAPED"),
    ("that a file outside exists", "test -s @OUT@/secret && echo ESCAPED"),
    ("go to a folder outside", "cd @OUT@ && echo ESCAPED"),
    ("watch a folder outside", "./doors inotify @OUT@"),
    ("mounts of the machine", "grep -q ' / / rw' /proc/@INIT@/mountinfo && echo ESCAPED"),
    ("other users of the machine", "grep -q ^daemon: /etc/passwd && echo ESCAPED"),
    ("the network devices of the machine", "test $(grep -c : /proc/net/dev) -gt 1 && echo ESCAPED"),
    ("connections of the machine", "grep -qi \":$(printf %04x @TCP@)\" /proc/net/tcp && echo ESCAPED"),
    ("the machine's name", "test \"$(uname -n)\" != sandbox && echo ESCAPED"),
]
# without user namespaces: the machine's processes are listed, and .git is not protected
SECRETS_INSIDE = [
    ("read a denied file", "cat .env"),
    ("read a denied file through a link to it", "ln .env x 2>/dev/null; ln -s .env y; cat x y 2>/dev/null"),
    ("read a denied file after renaming its folder", "mv conf conf2; cat conf2/.env"),
    ("read a denied file through /proc", "cat /proc/self/cwd/.env /proc/self/root@WS@/.env 2>/dev/null"),
    ("read a denied file by a hard link to its folder's file", "ln conf/.env plain; cat plain"),
    ("uncover a denied file", "umount .env; umount -l .env; cat .env"),
    ("uncover a denied file by the mount call", "./attack umount .env; ./attack umount conf/.env; cat .env conf/.env"),
    ("move a denied file", "mv .env plain; cat plain"),
    ("replace a denied file's folder", "mkdir c2; mv conf/* conf/.e* c2/; cat c2/.env"),
    ("exchange a denied file with another", PY % 'import ctypes; ctypes.CDLL(None).renameat2(-100,b".env",-100,b"a.txt",2); print(open("a.txt").read())'),
    ("read a denied file by its memory map", PY % 'import mmap; f=open(".env"); print(mmap.mmap(f.fileno(),0,prot=1)[:])'),
    ("read a denied file by git", "git diff --no-index /dev/null .env"),
    ("read a denied file by tar", "tar cf - . | tar xOf - ./.env ./conf/.env"),
    ("find denied text in all files", "grep -r TOPSECRET . "),
]
WRITES = [
    ("write a file outside by its path", "echo x > @OUT@/planted", exists("@OUT@/planted")),
    ("write a file outside by ..", "echo x > ../outside/planted", exists("@OUT@/planted")),
    ("write outside through a symlink to a folder", "echo x > linkdir/planted", exists("@OUT@/planted")),
    ("change a file outside through a symlink", "ln -s @OUT@/target t; echo ESC > t", effect("@OUT@/target", "ESC")),
    ("move a file outside", "mv a.txt @OUT@/planted", exists("@OUT@/planted")),
    ("hard link a file from outside and change it", "ln @OUT@/target h; echo ESC > h", effect("@OUT@/target", "ESC")),
    ("delete a file outside", "rm -f @OUT@/target", lambda w: not os.path.exists(w.out + "/target")),
    ("swap a folder for a symlink while writing", "mkdir d; (while :; do mv d e; ln -s @OUT@ d; rm d; mv e d; done) 2>/dev/null & "
     "i=0; while [ $i -lt 400 ]; do echo x 2>/dev/null > d/planted; i=$((i+1)); [ -e @OUT@/planted ] && break; done; "
     "kill $! ; ln -sfn @OUT@ dd; echo x > dd/planted", exists("@OUT@/planted")),
    ("put a file into the machine's /tmp", "echo x > @TMP@/planted", exists("@TMP@/planted")),
    ("put a file into the machine's /var/tmp", "echo x > @VARTMP@/planted", exists("@VARTMP@/planted")),
    ("put a file into the machine's /dev/shm", "echo x > @SHM@/planted", exists("@SHM@/planted")),
    ("put a file into the user's home", "echo x > @HOME@/planted", exists("@HOME@/planted")),
    ("make a folder outside", "mkdir @OUT@/planted", exists("@OUT@/planted")),
    ("make a symlink outside", "ln -s /etc/passwd @OUT@/planted", exists("@OUT@/planted")),
    ("make a hard link outside", "ln a.txt @OUT@/planted", exists("@OUT@/planted")),
    ("make a named pipe outside", "mkfifo @OUT@/planted", exists("@OUT@/planted")),
    ("make a socket outside", PY % 'import socket; socket.socket(1).bind("@OUT@/planted")', exists("@OUT@/planted")),
    ("copy a file outside", "cp a.txt @OUT@/planted", exists("@OUT@/planted")),
    ("put a file outside by its folder's descriptor", PY % 'import os; d=os.open("..",os.O_RDONLY); os.open("outside/planted",os.O_CREAT|os.O_WRONLY,0o644,dir_fd=d)', exists("@OUT@/planted")),
    ("put a file outside through /proc/self/root", "echo x > /proc/self/root@OUT@/planted", exists("@OUT@/planted")),
    ("put a file outside through /proc/self/cwd", "echo x > /proc/self/cwd/../outside/planted", exists("@OUT@/planted")),
    ("put a file outside through the init's root", "echo x > /proc/@INIT@/root@OUT@/planted", exists("@OUT@/planted")),
    ("give a nameless file a name outside", PY % 'import os; f=os.open(".",os.O_TMPFILE|os.O_WRONLY); os.link("/proc/self/fd/%d" % f,"@OUT@/planted",follow_symlinks=True)', exists("@OUT@/planted")),
    ("cut a file outside", "truncate -s 0 @OUT@/target", lambda w: os.path.getsize(w.out + "/target") == 0),
    ("replace a file outside", "echo ESC > n; mv n @OUT@/target", effect("@OUT@/target", "ESC")),
    ("take a file from outside", "mv @OUT@/target taken", lambda w: not os.path.exists(w.out + "/target")),
    ("remove a folder outside", "rmdir @OUT@/empty", lambda w: not os.path.exists(w.out + "/empty")),
    ("exchange a file with one outside", PY % 'import ctypes; open("n","w").write("ESC"); ctypes.CDLL(None).renameat2(-100,b"n",-100,b"@OUT@/target",2)', effect("@OUT@/target", "ESC")),
    ("append to a file outside", "echo ESC >> @OUT@/target", effect("@OUT@/target", "ESC")),
    ("edit a file outside in place", "sed -i s/original/ESC/ @OUT@/target", effect("@OUT@/target", "ESC")),
    ("write outside with a program that is in no file", "./doors memfd /bin/cp a.txt @OUT@/planted", exists("@OUT@/planted")),
    ("unpack an archive through a symlink", "ln -s @OUT@ d; tar cf l.tar d; rm d; mkdir d; echo x > d/planted; tar cf f.tar d/planted; rm -r d; tar xf l.tar; "
     "tar xf f.tar --keep-directory-symlink", exists("@OUT@/planted")),
    ("check out a file outside by git", "git init -q g && cd g && echo x > planted && git add planted && "
     "git -c user.name=n -c user.email=e commit -qm m && git --work-tree=@OUT@ checkout -f -- planted", exists("@OUT@/planted")),
    ("swap a file for a symlink while writing", "(while :; do ln -sf @OUT@/target f; rm f; : > f; rm f; done) 2>/dev/null & "
     "i=0; while [ $i -lt 2000 ]; do echo ESC 2>/dev/null > f; i=$((i+1)); done; kill $!; ln -sf @OUT@/target f; echo ESC > f", effect("@OUT@/target", "ESC")),
    ("move a folder under a path in use", "mkdir -p p/q; (while :; do mv p/q q2; ln -s @OUT@ p/q; rm p/q; mv q2 p/q; done) 2>/dev/null & "
     "i=0; while [ $i -lt 400 ]; do echo x 2>/dev/null > p/q/planted; i=$((i+1)); done; kill $!; rm -rf p; ln -s @OUT@ p; echo x > p/planted", exists("@OUT@/planted")),
    ("a datagram to a server on this machine", PY % 'import socket; socket.socket(2,2).sendto(b"x",("127.0.0.1",@UDP@))', datagram),
    ("a datagram to a server on this machine, from a connected socket", PY % 'import socket; s=socket.socket(2,2); s.connect(("127.0.0.1",@UDP@)); s.send(b"x")', datagram),
]
VIEW_WRITES = [
    ("change the mode of a file outside", "chmod 0777 @OUT@/target", lambda w: os.stat(w.out + "/target").st_mode & 0o777 == 0o777),
    ("change the times of a file outside", "touch -d 2001-01-01 @OUT@/target", lambda w: os.stat(w.out + "/target").st_mtime > 1000),
    ("mark a file outside", "./doors xattr @OUT@/target", lambda w: "user.emend" in os.listxattr(w.out + "/target")),
]
PROTECTED = [
    ("plant a git hook", "echo ESC > .git/hooks/pre-commit", effect("@WS@/.git/hooks/pre-commit", "ESC")),
    ("plant a new git hook", "echo ESC > .git/hooks/post-checkout", exists("@WS@/.git/hooks/post-checkout")),
    ("change the git configuration", "echo ESC >> .git/config", effect("@WS@/.git/config", "ESC")),
    ("move .git away and put another", "mv .git g && mkdir .git && echo ESC > .git/config", effect("@WS@/.git/config", "ESC")),
    ("change editor settings", "echo ESC > .vscode/settings.json", effect("@WS@/.vscode/settings.json", "ESC")),
    ("remove the git hooks", "rm -rf .git/hooks", lambda w: not os.path.exists(w.ws + "/.git/hooks/pre-commit")),
    ("move the git hooks away and put others", "mv .git/hooks .git/h; mkdir .git/hooks; echo ESC > .git/hooks/pre-commit", effect("@WS@/.git/hooks/pre-commit", "ESC")),
    ("replace the git configuration by a symlink", "echo ESC > evil; ln -sf ../evil .git/config", effect("@WS@/.git/config", "ESC")),
    ("replace the git configuration by a rename", "echo ESC > .git/n; mv .git/n .git/config", effect("@WS@/.git/config", "ESC")),
    ("change the git configuration by a hard link", "ln .git/config c; echo ESC >> c", effect("@WS@/.git/config", "ESC")),
    ("change the git configuration by git", "git config -f .git/config core.pager ESC", effect("@WS@/.git/config", "ESC")),
    ("change the git configuration through /proc", "echo ESC >> /proc/self/root@WS@/.git/config", effect("@WS@/.git/config", "ESC")),
    ("change the git configuration through the init", "echo ESC >> /proc/@INIT@/root@WS@/.git/config", effect("@WS@/.git/config", "ESC")),
    ("uncover the git configuration", "umount -l .git/config .git; ./attack umount .git/config; echo ESC >> .git/config", effect("@WS@/.git/config", "ESC")),
    ("plant a hook in a nested repository", "echo ESC > sub/.git/hooks/pre-commit", effect("@WS@/sub/.git/hooks/pre-commit", "ESC")),
    ("move the folder of a nested repository and put another", "mv sub s2; mkdir -p sub/.git/hooks; echo ESC > sub/.git/hooks/pre-commit", effect("@WS@/sub/.git/hooks/pre-commit", "ESC")),
    ("remove editor settings and write others", "rm -rf .vscode; mkdir .vscode; echo ESC > .vscode/settings.json", effect("@WS@/.vscode/settings.json", "ESC")),
    ("move editor settings away and put others", "mv .vscode v; mkdir .vscode; echo ESC > .vscode/settings.json", effect("@WS@/.vscode/settings.json", "ESC")),
    ("exchange editor settings", PY % 'import ctypes,os; os.mkdir("v"); open("v/settings.json","w").write("ESC"); ctypes.CDLL(None).renameat2(-100,b"v",-100,b".vscode",2)', effect("@WS@/.vscode/settings.json", "ESC")),
]
# Names that are not there yet.
PLANTS = [("plant " + path, "mkdir -p $(dirname %s) && echo ESC > %s" % (path, path), effect("@WS@/" + path, "ESC")) for path in (
    ".git/config.worktree", ".git/commondir", ".git/info/attributes", "new/.git/hooks/post-checkout", ".envrc", ".mcp.json", ".husky/pre-commit",
    ".idea/workspace.xml", "deep/er/.vscode/tasks.json", ".npmrc", ".nvim.lua", ".gitmodules", ".git/modules/m/config",
    ".git/modules/a/b/hooks/post-checkout", ".git/worktrees/w/gitdir", ".git/remotes/origin", ".githooks/pre-commit", ".hg/hgrc", "sub/lefthook.yml", "node_modules/p/.git/config", ".GIT/config", ".VSCode/tasks.json")] + [
    ("plant a bare repository by git", "git init -q --bare lib && git -C lib config core.fsmonitor ESC",
     lambda w: effect("@WS@/lib/config", "ESC")(w) and exists("@WS@/lib/HEAD")(w)),
    ("plant a command for git rebase --continue", "mkdir .git/rebase-merge; printf 'pick 1\\nexec echo ESC\\n' > .git/rebase-merge/git-rebase-todo",
     effect("@WS@/.git/rebase-merge/git-rebase-todo", "ESC")),
    ("plant a hook in a repository that git made", "git init -q new && echo ESC > new/.git/hooks/post-checkout",
     effect("@WS@/new/.git/hooks/post-checkout", "ESC")),
    ("configure a repository that git made", "git init -q new && git -C new config core.fsmonitor ESC", effect("@WS@/new/.git/config", "ESC")),
    ("plant a hook in a folder that is closed", "mkdir -p shut/n/.git/hooks; echo ESC > shut/n/.git/hooks/post-checkout; chmod 000 shut/n; chmod 000 shut",
     lambda w: planted_below(w, "shut")),
    ("close the workspace behind a plant", "mkdir .husky; echo ESC > .husky/pre-commit; chmod 000 .husky .", lambda w: planted_below(w, ".husky")),
    ("move editor tasks into place as a folder", "mkdir v; echo ESC > v/tasks.json; mkdir n; mv v n/.vscode", effect("@WS@/n/.vscode/tasks.json", "ESC")),
    ("plant a folder of editor settings as a link", "mkdir v; echo ESC > v/tasks.json; mkdir n; ln -s ../v n/.vscode", effect("@WS@/n/.vscode/tasks.json", "ESC")),
    ("plant a repository as a link", "mkdir -p v/objects v/refs n; echo 'ref: refs/heads/m' > v/HEAD; echo ESC > v/config; ln -s ../v n/.git",
     effect("@WS@/n/.git/config", "ESC")),
    ("make a hook executable", "chmod +x .git/hooks/pre-commit", lambda w: os.access(w.ws + "/.git/hooks/pre-commit", os.X_OK)),
    ("complete a repository out of what lies there", "cp -r half whole; mkdir -p whole/objects whole/refs; echo ESC >> whole/config",
     lambda w: effect("@WS@/whole/config", "ESC")(w) and exists("@WS@/whole/HEAD")(w)),
    ("make a folder a repository that has hooks already", "mkdir -p half/objects half/refs", lambda w: exists("@WS@/half/HEAD")(w) and exists("@WS@/half/refs")(w)),
    ("change editor settings by another name of the file", "echo ESC > same.json", effect("@WS@/.vscode/settings.json", "ESC")),
    ("write through a name that a file outside has here too", "echo ESC > alias", effect("@OUT@/target", "ESC"))] + [
    ("plant %s, and go on behind it" % path, "(setsid sh -c 'sleep 0.3; mkdir -p $(dirname %s); echo ESC > %s' &) ; mkdir -p $(dirname %s); echo ESC > %s"
     % ((path,) * 4), effect("@WS@/" + path, "ESC")) for path in (".direnv/x", "n/.git/config")]
# What stands there after what may be kept has been kept.
PLANTED = [
    ("plant a hook in a nested repository", "mkdir -p n/.git/hooks; echo x > n/.git/hooks/post-checkout",
     exists("@WS@/n/.git/hooks/post-checkout")),
    ("plant the configuration of a nested repository", "mkdir -p n/.git; echo x > n/.git/config", exists("@WS@/n/.git/config")),
    ("plant a bare repository", "mkdir -p b/objects b/refs; echo x > b/HEAD; echo x > b/config; echo x > b/objects/x; echo x > b/refs/x",
     exists("@WS@/b/config")),
    ("plant a git file", "mkdir n m; echo 'gitdir: ../m' > n/.git", exists("@WS@/n/.git")),
    ("plant editor tasks", "echo x > .vscode/tasks.json", exists("@WS@/.vscode/tasks.json")),
    ("plant editor tasks by a rename", "mkdir v; echo x > v/tasks.json; rm -rf .vscode; mv v .vscode", exists("@WS@/.vscode/tasks.json")),
    ("plant editor tasks in a new folder", "rm -rf .vscode; mkdir .vscode; echo x > .vscode/tasks.json", exists("@WS@/.vscode/tasks.json")),
    ("change the git configuration through a hard link", "ln .git/config c; echo ESC >> c", effect("@WS@/.git/config", "ESC")),
    ("change the git configuration through a link", "ln -s .git/config c; echo ESC >> c", effect("@WS@/.git/config", "ESC")),
    ("change the git configuration through a linked folder", "ln -s .git g; echo ESC >> g/config", effect("@WS@/.git/config", "ESC")),
    ("remove a hook", "rm .git/hooks/pre-commit", lambda w: not os.path.exists(w.ws + "/.git/hooks/pre-commit")),
    ("remove editor settings", "rm -rf .vscode", lambda w: not os.path.exists(w.ws + "/.vscode/settings.json")),
]
# Only on a view.
VIEW_PLANTED = [
    ("leave a name that passes for another", "printf x > 'a\nb'; printf x > \"$(printf 'c\\033[2K')\"", lambda w: any(
        c < " " for n in os.listdir(w.ws) for c in n)),
    ("remove the repository", "rm -rf .git", lambda w: not os.path.exists(w.ws + "/.git/HEAD")),
    ("leave a link to a file outside", "ln -s @OUT@/target lk", exists("@WS@/lk")),
    ("leave a link that climbs over a folder", "ln -s . here; ln -s here/../outside/target lk", exists("@WS@/lk")),
    ("swap a folder for a link to the outside", "mkdir s; echo x > s/planted; rm -r s; ln -s @OUT@ s", exists("@WS@/s")),
    ("leave a pipe", "mkfifo fifo", exists("@WS@/fifo")),
    ("leave a socket", PY % 'import socket; socket.socket(1).bind("sock")', exists("@WS@/sock")),
    ("leave a file with a set-user-id bit", PY % 'import os; os.close(os.open("su", os.O_CREAT | os.O_WRONLY, 0o6755))',
     lambda w: os.path.exists(w.ws + "/su") and os.stat(w.ws + "/su").st_mode & 0o6000),
    ("leave a denied file", "echo x > .env.local", exists("@WS@/.env.local")),
    ("remove a denied file", "rm -f .env; mv .env e; rm -rf conf", lambda w: not os.path.exists(w.ws + "/.env")
     or not os.path.exists(w.ws + "/conf/.env")),
]

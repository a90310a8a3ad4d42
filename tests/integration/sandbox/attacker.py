"""What a file would have FFmpeg do that broke it: run in FFmpeg's place, by the interpreter alone.

`attacker.py FACTS NAME...`: tries each, and prints what came of it as JSON. It imports nothing of
the project, because nothing of the project may be read where it runs.
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
# x86-64, then aarch64.
NUMBERS = {
    "add_key": (248, 217),
    "io_uring_setup": (425, 425),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "shmget": (29, 194),
    "tgkill": (234, 131),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
FACTS: dict[str, Any] = {}
Attempt = Callable[[], object]
ATTEMPTS: dict[str, Attempt] = {}


def attempt(function: Attempt) -> Attempt:
    ATTEMPTS[function.__name__] = function
    return function


def checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


def call(name: str, *arguments: Any) -> int:
    values = [ctypes.c_long(x) if isinstance(x, int) else x for x in arguments]
    return checked(LIBC.syscall(ctypes.c_long(NUMBERS[name][0 if X86 else 1]), *values))


def read(path: str) -> None:
    with open(path, "rb") as file:  # noqa: PTH123  as little as possible is imported
        file.read(1)


def write(path: str, flags: int = os.O_CREAT) -> None:
    os.close(os.open(path, os.O_WRONLY | flags, 0o600))


@attempt
def read_passwd() -> None:
    read("/etc/passwd")


@attempt
def read_environment_of_init() -> None:
    read("/proc/1/environ")


@attempt
def read_environment_of_worker() -> None:
    read(f"/proc/{os.getppid()}/environ")


@attempt
def read_neighbour() -> None:
    read(FACTS["neighbour"])


@attempt
def list_neighbours() -> None:
    os.listdir(os.path.dirname(FACTS["neighbour"]))  # noqa: PTH208, PTH120


@attempt
def write_over_input() -> None:
    write(FACTS["input"], 0)


@attempt
def write_to_tmp() -> None:
    write(FACTS["tmp"])


@attempt
def write_to_home() -> None:
    write(FACTS["home"])


@attempt
def make_symlink_among_outputs() -> None:
    os.symlink("/etc/passwd", f"{FACTS['out']}/link-{os.getpid()}")  # noqa: PTH211


@attempt
def open_neighbour_to_all() -> None:
    os.chmod(FACTS["neighbour"], 0o644)  # noqa: PTH101


@attempt
def connect_by_tcp() -> None:
    with socket.socket() as found:
        found.connect(("127.0.0.1", FACTS["tcp"]))


@attempt
def listen_by_tcp() -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))


@attempt
def send_by_udp() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as found:
        found.sendto(b"secret", ("127.0.0.1", FACTS["udp"]))


@attempt
def connect_to_unix_path() -> None:
    with socket.socket(socket.AF_UNIX) as found:
        found.connect(FACTS["unix"])


@attempt
def connect_to_abstract_unix() -> None:
    with socket.socket(socket.AF_UNIX) as found:
        found.connect("\0" + FACTS["abstract"])


@attempt
def make_socket_pair() -> None:
    for each in socket.socketpair():
        each.close()


@attempt
def talk_netlink() -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


@attempt
def trace_worker() -> None:
    call("ptrace", 0x4206, os.getppid(), 0, 0)  # PTRACE_SEIZE, which does not stop it


@attempt
def read_memory_of_worker() -> None:
    buffer = ctypes.create_string_buffer(1)
    own = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 1)
    try:
        call("process_vm_readv", os.getppid(), own, 1, own, 1, 0)
    except OSError as error:
        if error.errno != errno.EFAULT:  # let in, and nothing is at that address there
            raise


@attempt
def signal_worker() -> None:
    os.kill(os.getppid(), 0)


@attempt
def signal_thread_of_worker() -> None:
    call("tgkill", os.getppid(), os.getppid(), 0)


@attempt
def aim_descriptor_at_worker() -> None:
    fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())
    fcntl.fcntl(1, fcntl.F_SETOWN, 0)


@attempt
def add_key() -> None:
    call("add_key", b"user", b"framemill", b"x", 1, -1)  # to the thread's own keyring


@attempt
def share_memory() -> None:
    call("shmget", 0, 4096, 0o1600)


@attempt
def set_up_io_uring() -> None:
    os.close(call("io_uring_setup", 1, ctypes.create_string_buffer(120)))


@attempt
def handle_page_faults() -> None:
    os.close(call("userfaultfd", 1))  # UFFD_USER_MODE_ONLY


@attempt
def use_inherited_descriptor() -> None:
    os.read(FACTS["descriptor"], 1)


@attempt
def fork_bomb() -> None:
    for _ in range(20):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)


@attempt
def open_too_many() -> None:
    found: list[int] = []
    try:
        found.extend(os.dup(1) for _ in range(2000))
    finally:
        for each in found:
            os.close(each)


@attempt
def take_much_memory() -> None:
    mmap.mmap(-1, 1 << 44, flags=mmap.MAP_PRIVATE | 0x4000).close()  # MAP_NORESERVE


@attempt
def fill_disk() -> None:
    found = os.open(f"{FACTS['out']}/big-{os.getpid()}", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(found, b"x", FACTS["too_large"])
    finally:
        os.close(found)


@attempt
def mount() -> None:
    checked(LIBC.mount(b"none", FACTS["empty"].encode(), b"tmpfs", ctypes.c_ulong(0), None))
    LIBC.umount2(FACTS["empty"].encode(), 2)


# The rest changes or ends the process, so each of these comes last or alone.
@attempt
def new_user_namespace() -> None:
    call("unshare", NEW_USER)


@attempt
def mount_in_new_namespace() -> None:
    call("unshare", NEW_USER | NEW_MOUNTS)
    checked(LIBC.mount(b"none", FACTS["empty"].encode(), b"tmpfs", ctypes.c_ulong(0), None))


def execute(*argv: str) -> None:
    os.execv(argv[0], argv)


@attempt
def execute_shell() -> None:
    execute("/bin/sh", "-c", "echo escaped")


@attempt
def execute_what_it_wrote() -> None:
    path = f"{FACTS['out']}/program-{os.getpid()}"
    found = os.open(path, os.O_WRONLY | os.O_CREAT, 0o700)
    os.write(found, b"#!/bin/sh\necho escaped\n")
    os.close(found)
    execute(path)


@attempt
def execute_itself() -> None:
    execute(sys.executable, "-I", "-S", "-c", "print('escaped')")


def tell(name: str, denied: str) -> None:
    sys.stdout.write(json.dumps([name, denied]) + "\n")
    sys.stdout.flush()


def main() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    FACTS.update(json.loads(sys.argv[1]))
    for name in sys.argv[2:]:
        try:
            ATTEMPTS[name]()
        except (OSError, MemoryError) as error:
            number = getattr(error, "errno", None) or errno.ENOMEM
            tell(name, errno.errorcode.get(number, str(number)))
        else:
            tell(name, "")


if __name__ == "__main__":
    main()

"""Runs a seccomp filter as the kernel would: classic BPF over `struct seccomp_data`."""

import struct

from workers.sandbox.machines import Machine

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_MOST = 4096  # instructions; the kernel's BPF_MAXINSNS


def verdict(program: bytes, audit: int, number: int, *arguments: int) -> int:
    """Return what the filter returns; anything the kernel would refuse to load is an error."""
    data = struct.pack("<iIQ6Q", number - (number >> 31 << 32), audit, 0, *_six(arguments))
    code = list(struct.iter_unpack("<HBBI", program))
    assert 0 < len(code) <= _MOST
    at, accumulator = 0, 0
    while True:
        operation, if_true, if_false, constant = code[at]
        at += 1
        if operation == 0x20:
            assert constant % 4 == 0
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif operation == 0x06:
            return int(constant)
        else:
            holds = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: accumulator & constant != 0,
            }[operation]
            at += if_true if holds else if_false


def of(machine: Machine, program: bytes, name: str, *arguments: int) -> int:
    """Return the verdict about a call by its name."""
    return verdict(program, machine.audit, machine.numbers[name], *arguments)


def _six(arguments: tuple[int, ...]) -> list[int]:
    return [each & 0xFFFFFFFFFFFFFFFF for each in (*arguments, 0, 0, 0, 0, 0, 0)][:6]

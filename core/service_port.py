"""The socket of a process for operators, bound before anything else is opened."""

import socket

from core.config import ConfigError


def bind(host: str, port: int, setting: str) -> socket.socket:
    """Return a socket that is bound to SERVICE_HOST, but does not listen yet.

    `setting` names the port's; a port of 0 is any free one.

    Raises:
        ConfigError: it is in use, or none of this machine's.
    """
    try:
        return _bound(host, port)
    except OSError as error:
        raise ConfigError(
            f"SERVICE_HOST, {setting}: {host} port {port} cannot be used: {error.strerror}"
        ) from None


def _bound(host: str, port: int) -> socket.socket:
    [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address of a bound socket as `host:port`."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

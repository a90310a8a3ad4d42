"""Learns from EC2 that a Spot machine is taken back, two minutes before.

Only workers that run directly on EC2 need this. ECS and Kubernetes send SIGTERM instead.

Sources: "Spot Instance interruption notices" and "Use the Instance Metadata Service", Amazon EC2
User Guide.
"""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus

import aiohttp

from core import log

_log = log.get(__name__)
_EVERY_S = 5.0  # as the guide has it
_PATIENCE = aiohttp.ClientTimeout(total=2)
_TOKEN_S = 21_600  # six hours, the longest
_TOKEN = "/latest/api/token"  # noqa: S105 - an address
_ACTION = "/latest/meta-data/spot/instance-action"


async def watch(metadata: str, stop: Callable[[], None], every_s: float = _EVERY_S) -> None:
    """Ask the instance metadata service at an address until there is a notice; then call `stop`."""
    token, silent = "", False
    async with aiohttp.ClientSession(metadata.rstrip("/"), timeout=_PATIENCE) as http:
        while True:
            try:
                if not token:
                    token = await _new_token(http)
                status, body = await _ask(http, token)
                if status == HTTPStatus.UNAUTHORIZED:
                    token = await _new_token(http)  # the old one has come to its end
                    status, body = await _ask(http, token)
                silent = False
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if not silent:
                    _log.warning("spot_notices_not_read", error=repr(error))
                status, body, silent = 0, "", True
            if status == HTTPStatus.OK and (action := action_of(body)):
                _log.warning("spot_notice", action=action)
                stop()
                return
            await asyncio.sleep(every_s)


def action_of(body: str) -> str | None:
    """Return what will be done to the machine: `terminate`, `stop`, `hibernate`; None if nothing.

    A later notice than "now" is acted upon at once: two minutes are all there is.
    """
    try:
        found = json.loads(body)
    except ValueError:
        return None
    action = found.get("action") if isinstance(found, dict) else None
    return action if isinstance(action, str) and action else None


async def _new_token(http: aiohttp.ClientSession) -> str:
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_S)}
    async with http.put(_TOKEN, headers=headers) as response:
        response.raise_for_status()
        return await response.text()


async def _ask(http: aiohttp.ClientSession, token: str) -> tuple[int, str]:
    async with http.get(_ACTION, headers={"X-aws-ec2-metadata-token": token}) as response:
        return response.status, await response.text()

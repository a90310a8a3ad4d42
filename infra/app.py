"""The CDK app: reads what was asked for, and puts the stacks together.

Context (`--context name=value`):
    size: one of `infra.sizes.SIZES`; `small` unless given.
    name: prefix of the stacks' names, so that several deployments fit in one account; `framemill`.
    region: where it goes; that of the credentials unless given, and else us-east-1.
    zones: comma list of its availability zones, as many as the size has; the first ones unless
        given.
    origins: comma list of the origins that pages are at, such as `https://films.example`.
    domain, certificate: the page's name, and the ARN of its certificate.
    registration: who may make an account: `closed` (only the operator, with `backend.admin`) unless
        given, `invite` or `open`.
    user_quota_gib: what one user may store, in GiB; 100 unless given, 0 for no limit.
    alarm_email: who is told of alarms.
    ladder: which sizes are made, `default` unless given, or `mission`.
    source_days: after which originals are deleted, instead of the size's; 0 for never.
"""

import os
import re
import sys
from dataclasses import dataclass, replace
from typing import Any

from aws_cdk import App, DefaultStackSynthesizer, Environment, Stack, Tags

from infra import practices
from infra.accounts import Accounts, read_accounts
from infra.data import DataStack
from infra.messaging import MessagingStack
from infra.network import NetworkStack
from infra.origins import read_origins
from infra.services import add_services
from infra.sizes import Size, size_named
from infra.storage import StorageStack

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_LADDERS = ("default", "mission")


@dataclass(frozen=True)
class Request:
    """What was asked for; None for what was not."""

    size: Size
    name: str
    region: str
    zones: tuple[str, ...]
    origins: tuple[str, ...]
    domain: str | None
    certificate: str | None
    alarm_email: str | None
    accounts: Accounts


@dataclass(frozen=True)
class Base:
    """The stacks that all others stand on."""

    network: NetworkStack
    storage: StorageStack
    messaging: MessagingStack
    data: DataStack


def read_request(app: App) -> Request:
    """Read the context.

    Raises:
        ValueError: a value cannot be used; the message is one sentence for the operator.
    """

    def text(name: str) -> str | None:
        return str(app.node.try_get_context(name) or "").strip() or None

    name = text("name") or "framemill"
    if not _NAME.fullmatch(name):
        raise ValueError(f"The name {name!r} must be lower-case letters, digits and hyphens.")
    size = size_named(text("size") or "small")
    source_days = text("source_days")
    if source_days is not None:
        size = replace(size, source_days=read_days(source_days))
    ladder = text("ladder")
    if ladder is not None:
        size = replace(size, ladder=read_ladder(ladder))
    domain = text("domain")
    origins = text("origins") or (f"https://{domain}" if domain else "")
    return Request(
        size=size,
        name=name,
        region=text("region") or os.environ.get("CDK_DEFAULT_REGION") or "us-east-1",
        zones=read_zones(text("zones") or "", size),
        origins=read_origins(origins),
        domain=domain,
        certificate=text("certificate"),
        alarm_email=text("alarm_email"),
        accounts=read_accounts(text("registration"), text("user_quota_gib")),
    )


def read_zones(value: str, size: Size) -> tuple[str, ...]:
    """Split a comma list of availability zones; none when nothing was asked for.

    Raises:
        ValueError: the size has another number; the message is one sentence for the operator.
    """
    zones = tuple(item.strip() for item in value.split(",") if item.strip())
    if zones and len({*zones}) != size.zones:
        raise ValueError(f"The size {size.name} needs {size.zones} zones, and not {value!r}.")
    return zones


def read_days(value: str) -> int:
    """Return a number of days.

    Raises:
        ValueError: it is none; the message is one sentence for the operator.
    """
    if not value.isdecimal():
        raise ValueError(f"{value!r} is not a number of days.")
    return int(value)


def read_ladder(value: str) -> str:
    """Return the name of a ladder that workers have built in.

    Raises:
        ValueError: there is none of that name; the message is one sentence for the operator.
    """
    if value not in _LADDERS:
        raise ValueError(f"The ladder {value!r} is none of {', '.join(_LADDERS)}.")
    return value


def build(app: App) -> list[Stack]:
    """Add all stacks to the app; return them in the order in which they can be created.

    Raises:
        ValueError: see `read_request`.
    """
    request = read_request(app)
    common = _common(app, request)
    size = request.size
    network = NetworkStack(app, f"{request.name}-network", size=size, zones=request.zones, **common)
    base = Base(
        network,
        StorageStack(app, f"{request.name}-storage", size=size, origins=request.origins, **common),
        MessagingStack(app, f"{request.name}-messaging", size=size, **common),
        DataStack(app, f"{request.name}-data", size=size, network=network, **common),
    )
    stacks = [
        base.network, base.storage, base.messaging, base.data,
        *services(app, request, base, common),
    ]  # fmt: skip
    for stack in stacks:
        # What a deployment costs can be told apart from the rest of the account. Nothing here may
        # change later: an update of the secret of signing keys would undo what operators put in.
        Tags.of(stack).add("deployment", request.name)
    practices.check(app)
    return stacks


def services(app: App, request: Request, base: Base, common: dict[str, Any]) -> list[Stack]:
    """Add what runs on the base: the API, the workers, delivery and what watches them.

    Args:
        app: the app.
        request: what was asked for.
        base: the stacks that they stand on.
        common: keyword arguments that every stack takes.

    Raises:
        ValueError: what was asked for cannot be used; the message is one sentence for the operator.
    """
    return add_services(app, request, base, common)


def _common(app: App, request: Request) -> dict[str, Any]:
    """Return what every stack is made with: the same template fits any account."""
    account = os.environ.get("CDK_DEFAULT_ACCOUNT")
    common: dict[str, Any] = {"env": Environment(account=account, region=request.region)}
    # For checks and emulators only: a real account must have been bootstrapped.
    if app.node.try_get_context("unbootstrapped"):
        common["synthesizer"] = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
    return common


def main() -> int:
    """Write the templates to where the CDK wants them; return the exit status."""
    app = App()
    try:
        build(app)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())

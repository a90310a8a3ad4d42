"""CloudFormation, S3 and SQS of the emulator, over TLS; and the product on what was made there."""

import dataclasses
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from embedded import services
from embedded.emulator import aws_environment, emulator_part
from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from embedded.store import free_ports
from embedded.supervisor import Supervisor
from tests.support.certificate import make_certificate

_SERVICES = "s3,sqs,cloudformation"
_SECRETS = {"s3_access_key": "cloud-access-key", "s3_secret_key": "a-long-key-of-the-cloud"}
_START_S = 60


@dataclass(frozen=True)
class Cloud:
    """Where it is.

    Attributes:
        environment: variables that lead a process there, with what it must trust.
        certificate: what must be trusted.
    """

    environment: dict[str, str]
    certificate: Path

    @property
    def address(self) -> str:
        return self.environment["AWS_ENDPOINT_URL"]

    def client(self, service: str) -> Any:
        """Return the SDK's client."""
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            verify=str(self.certificate),
            config=Config(
                s3={"addressing_style": "path"},
                signature_version="s3v4" if service == "s3" else None,
            ),
        )

    @property
    def trust(self) -> ssl.SSLContext:
        """What a client that is not the SDK's must trust."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def create(self, name: str, template: Path) -> dict[str, str]:
        """Create a stack; return what became of its logical ids: physical ones.

        Raises:
            AssertionError: it was not created; the message has the reasons.
        """
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(StackName=name, TemplateBody=template.read_text())
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return {item["LogicalResourceId"]: str(item["PhysicalResourceId"]) for item in found}


@contextmanager
def a_cloud(directory: Path) -> Iterator[Cloud]:
    """Run the emulator of `make up` with CloudFormation, over TLS as the policies demand."""
    certificate = make_certificate(directory / "certificate.pem")
    [port] = free_ports(1)
    part = emulator_part(directory, port, _SECRETS, durable=False)
    tls = ("--ssl-keyfile", str(certificate), "--ssl-certfile", str(certificate))
    assert "uvicorn" in part.argv, "the emulator's environment lacks the server that speaks TLS"
    part = dataclasses.replace(
        part, argv=(*part.argv, *tls), env={**part.env, "SERVICES": _SERVICES, "USE_SSL": "1"}
    )
    supervisor = Supervisor([part])
    supervisor.start(_START_S)
    environment = aws_environment(port, _SECRETS) | {
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}",
        "AWS_CA_BUNDLE": str(certificate),
        "SSL_CERT_FILE": str(certificate),
    }
    try:
        yield Cloud(environment, certificate)
    finally:
        supervisor.stop()


@contextmanager
def the_product(directory: Path, extra: dict[str, str]) -> Iterator[Stack]:
    """Run all services with Postgres and Valkey of their own; nobody makes buckets or queues.

    Args:
        directory: empty.
        extra: where the object store and the queues are, and their names.
    """
    backing = {"postgres", "valkey", "migrate"}
    with Stack(directory, backing, extra=extra) as stack:
        environment = stack.process_environment | find_tools().environment
        parts = {part.name: part for part in services.service_parts(directory, environment)}
        supervisor = Supervisor(
            [dataclasses.replace(parts[name], after=()) for name in ("api", "control", "worker")]
        )
        try:
            supervisor.start(_START_S)
            yield stack
        finally:
            supervisor.stop()

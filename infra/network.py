"""The network: subnets, the ways out of them, and who may speak to whom."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.practices import accept
from infra.sizes import Size

API_PORT = 8000
POSTGRES_PORT = 5432
REDIS_PORT = 6379
_HTTPS = 443
_RANGE = "10.0.0.0/16"
# So many fit in the range in every size: room that is left unused now is what lets a deployment get
# another zone later, without new addresses for the subnets that it has.
_ZONES = 3
_PUBLIC, _PRIVATE, _ISOLATED = "public", "private", "isolated"


class NetworkStack(Stack):
    """One VPC: public subnets for the balancer, private ones for tasks, isolated ones for data.

    All security groups are made here, so that no two stacks need each other.

    Attributes:
        vpc: the network.
        balancer_group: the load balancer's; who may reach it is said where it is made.
        api_group: the API's tasks.
        control_group: the task that relays, sweeps and counts.
        worker_group: the workers' tasks.
        migrations_group: the task that changes the tables.
        database_group: Postgres.
        redis_group: Redis.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        zones: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        self._zones = list(zones) or [Fn.select(index, Fn.get_azs()) for index in range(size.zones)]
        super().__init__(scope, construct_id, **kwargs)
        self.vpc = _vpc(self, size)
        self.balancer_group = self._group("Balancer", "The load balancer")
        self.api_group = self._group("Api", "Tasks of the API")
        self.control_group = self._group("Control", "The task that relays and sweeps")
        self.worker_group = self._group("Worker", "Tasks of the workers")
        self.migrations_group = self._group("Migrations", "The task that changes the tables")
        self.database_group = self._group("Database", "Postgres")
        self.redis_group = self._group("Redis", "Redis")
        self._connect()

    @property
    def availability_zones(self) -> list[str]:
        """Those asked for, or the first of the region, without asking AWS beforehand."""
        return self._zones

    def _group(self, name: str, what: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, f"{name}Group", vpc=self.vpc, description=what, allow_all_outbound=False
        )

    def _connect(self) -> None:
        """Open what is needed from both ends, and nothing else."""
        self._allow(self.balancer_group, self.api_group, API_PORT)
        tasks = (self.api_group, self.control_group, self.worker_group)
        for group in (*tasks, self.migrations_group):
            self._allow(group, self.database_group, POSTGRES_PORT)
            # S3, SQS, Secrets Manager, the registry and the logs: their addresses change.
            group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(_HTTPS), "AWS over HTTPS")
        for group in tasks:
            self._allow(group, self.redis_group, REDIS_PORT)

    def _allow(self, client: ec2.SecurityGroup, server: ec2.SecurityGroup, port: int) -> None:
        server.connections.allow_from(client, ec2.Port.tcp(port))


def _vpc(stack: Stack, size: Size) -> ec2.Vpc:
    instance = None if size.nat_gateways else _nat_instance()
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        ip_addresses=ec2.IpAddresses.cidr(_RANGE),
        availability_zones=stack.availability_zones,
        reserved_azs=_ZONES - size.zones,
        nat_gateways=size.nat_gateways or 1,
        nat_gateway_provider=instance,
        subnet_configuration=[
            ec2.SubnetConfiguration(
                name=_PUBLIC,
                subnet_type=ec2.SubnetType.PUBLIC,
                cidr_mask=24,
                map_public_ip_on_launch=False,
            ),
            ec2.SubnetConfiguration(
                name=_PRIVATE, subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20
            ),
            ec2.SubnetConfiguration(
                name=_ISOLATED, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
            ),
        ],
    )
    if instance:
        _close_nat_instance(instance)
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    _log_flows(stack, vpc)
    return vpc


def _nat_instance() -> ec2.NatInstanceProviderV2:
    """Return the cheapest way out; the bytes of videos go through the S3 endpoint instead."""
    data = ec2.UserData.for_linux()
    data.add_commands(
        # The first start of the system may empty the cache of packages meanwhile. Whoever comes
        # without this has no way out, and nothing says so.
        "until dnf install -y iptables-services; do sleep 5; done",
        *ec2.NatInstanceProviderV2.DEFAULT_USER_DATA_COMMANDS,
    )
    return ec2.NatProvider.instance_v2(
        # In the half GiB of a nano, that installation is now and then killed.
        instance_type=ec2.InstanceType("t4g.micro"),
        user_data=data,
        default_allowed_traffic=ec2.NatTrafficDirection.OUTBOUND_ONLY,
        # Only public addresses can be translated to; the subnets themselves give none.
        associate_public_ip_address=True,
    )


def _close_nat_instance(provider: ec2.NatInstanceProviderV2) -> None:
    provider.connections.allow_from(ec2.Peer.ipv4(_RANGE), ec2.Port.tcp(_HTTPS))
    for instance in provider.gateway_instances:
        made = instance.node.default_child
        assert isinstance(made, ec2.CfnInstance)
        made.block_device_mappings = [
            ec2.CfnInstance.BlockDeviceMappingProperty(
                device_name="/dev/xvda", ebs=ec2.CfnInstance.EbsProperty(encrypted=True)
            )
        ]
        accept(instance, "AwsSolutions-EC28", "What it forwards is seen in its flow logs.")
        accept(instance, "AwsSolutions-EC29", "It holds nothing, and must go with its stack.")


def _log_flows(stack: Stack, vpc: ec2.Vpc) -> None:
    group = logs.LogGroup(
        stack,
        "FlowLogs",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
    vpc.add_flow_log(
        "Flows",
        destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
        # What was let through is told by the load balancer and the bucket, in their own logs.
        traffic_type=ec2.FlowLogTrafficType.REJECT,
    )

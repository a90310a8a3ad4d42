"""Redis, as Valkey on ElastiCache: events, counters and limits; nothing that must last."""

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_secretsmanager as secrets

from infra.network import REDIS_PORT
from infra.practices import accept
from infra.sizes import Size

PORT = REDIS_PORT
_VERSION = "8.1"


def cache(
    stack: Stack, size: Size, vpc: ec2.IVpc, group: ec2.ISecurityGroup, password: secrets.ISecret
) -> elasticache.CfnReplicationGroup:
    """Make one shard with its replicas: encrypted at rest, TLS only, with a password.

    One shard without cluster mode, because the client speaks to one server.
    """
    subnets = elasticache.CfnSubnetGroup(
        stack,
        "RedisSubnets",
        description="Framemill",
        subnet_ids=vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids,
    )
    has_replica = size.redis_replicas > 0
    made = elasticache.CfnReplicationGroup(
        stack,
        "Redis",
        replication_group_description="Framemill",
        engine="valkey",
        engine_version=_VERSION,
        cache_node_type=size.redis_node,
        num_cache_clusters=1 + size.redis_replicas,
        automatic_failover_enabled=has_replica,
        multi_az_enabled=has_replica,
        port=PORT,
        cache_subnet_group_name=subnets.ref,
        security_group_ids=[group.security_group_id],
        at_rest_encryption_enabled=True,
        transit_encryption_enabled=True,
        transit_encryption_mode="required",
        # A reference that CloudFormation resolves: the template never holds the text.
        auth_token=password.secret_value.unsafe_unwrap(),
        auto_minor_version_upgrade=True,
    )
    _accept(made, size)
    return made


def _accept(made: elasticache.CfnReplicationGroup, size: Size) -> None:
    accept(
        made,
        "AwsSolutions-AEC5",
        "Who is in the private subnets finds the port anyway; only two security groups reach it.",
    )
    if not size.redis_replicas:
        accept(
            made,
            "AwsSolutions-AEC4",
            f"The size {size.name} saves the replica; without Redis, pages only learn later.",
        )

"""Postgres, on RDS."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds

from infra.practices import accept
from infra.sizes import Size

DATABASE = "framemill"
USER = "framemill"
# RDS chooses the minor version and raises it: a template that named one would fall behind.
_VERSION = rds.PostgresEngineVersion.VER_18
_SLOW_MS = 1000
_LOG_MINUTES = 7 * 24 * 60  # the most that RDS keeps itself


def postgres(
    stack: Stack, size: Size, vpc: ec2.IVpc, group: ec2.ISecurityGroup
) -> rds.DatabaseInstance:
    """Make the database: encrypted, over TLS only, in subnets without a way out.

    RDS keeps the password itself, in a secret that it changes every seven days; see
    `master_secret_arn`.
    """
    engine = rds.DatabaseInstanceEngine.postgres(version=_VERSION)
    database = rds.DatabaseInstance(
        stack,
        "Postgres",
        engine=engine,
        instance_type=ec2.InstanceType(size.database_class),
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        security_groups=[group],
        publicly_accessible=False,
        multi_az=size.database_multi_az,
        database_name=DATABASE,
        credentials=rds.Credentials.from_username(USER),
        manage_master_user_password=True,
        parameter_group=_parameters(stack, engine, size),
        storage_type=rds.StorageType.GP3,
        allocated_storage=size.database_gb,
        max_allocated_storage=size.database_max_gb,
        storage_encrypted=True,
        backup_retention=Duration.days(size.backup_days),
        delete_automated_backups=not size.keep_data,
        copy_tags_to_snapshot=True,
        deletion_protection=size.keep_data,
        removal_policy=RemovalPolicy.RETAIN if size.keep_data else RemovalPolicy.DESTROY,
        auto_minor_version_upgrade=True,
        ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,
        # Seven days are kept without charge.
        enable_performance_insights=True,
        performance_insight_retention=rds.PerformanceInsightRetention.DEFAULT,
    )
    _accept(database, size)
    return database


def master_secret_arn(database: rds.DatabaseInstance) -> str:
    """Return the ARN, a token, of the secret in which RDS keeps `username` and `password`."""
    assert database.secret is not None
    return database.secret.secret_arn


def _parameters(stack: Stack, engine: rds.IInstanceEngine, size: Size) -> rds.ParameterGroup:
    return rds.ParameterGroup(
        stack,
        "Parameters",
        engine=engine,
        description="Framemill",
        # One that a database still has cannot be deleted, and its stack could not be either.
        removal_policy=RemovalPolicy.RETAIN if size.keep_data else RemovalPolicy.DESTROY,
        parameters={
            "rds.force_ssl": "1",
            "rds.log_retention_period": str(_LOG_MINUTES),
            "log_min_duration_statement": str(_SLOW_MS),
            # A statement that waits for a lock, or a connection that holds one, is told of.
            "log_lock_waits": "1",
        },
    )


def _accept(database: rds.DatabaseInstance, size: Size) -> None:
    accept(
        database,
        "AwsSolutions-RDS11",
        "Who is in the private subnets finds the port anyway; only three security groups reach it.",
    )
    if not size.database_multi_az:
        accept(
            database,
            "AwsSolutions-RDS3",
            f"The size {size.name} saves the standby; a failed zone means restoring a backup.",
        )
    if not size.keep_data:
        accept(
            database,
            "AwsSolutions-RDS10",
            f"The size {size.name} is for trying: everything goes when it is destroyed.",
        )

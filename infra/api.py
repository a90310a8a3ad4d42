"""The API: its load balancer, its tasks, control beside them, and the migrations before both."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra import images, permissions, settings, tasks
from infra.accounts import Accounts
from infra.control import Control
from infra.data import DataStack
from infra.firewall import firewall
from infra.media import MediaStack
from infra.messaging import MessagingStack
from infra.migrations import Migrations
from infra.network import API_PORT, NetworkStack
from infra.sizes import Size
from infra.storage import StorageStack

_STOP_S = 30
_CPU_PERCENT = 60
# About half of what one process answered of part URLs with 200 clients on one core (`make bench`).
_REQUESTS_PER_MINUTE = 6000


class ApiStack(Stack):
    """The API on Fargate, behind a load balancer that only CloudFront reaches.

    The load balancer has no public address: CloudFront comes to it as a VPC origin, through
    interfaces in the private subnets. A public one, that asks for a secret header or knows
    CloudFront's networks, can be found and knocked at by anybody; and CloudFront's networks are
    those of everybody who has a distribution.

    Attributes:
        service: the API's tasks.
        control: what relays, sweeps and counts.
        balancer: what CloudFront speaks to.
        targets: the tasks, as it sees them.
        log: what the tasks say.
        firewall: the web ACL.
        migrations_log: what the migrations say.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        cluster: ecs.ICluster,
        network: NetworkStack,
        storage: StorageStack,
        messaging: MessagingStack,
        data: DataStack,
        media: MediaStack | None,
        accounts: Accounts,
        namespace: str,
        origins: Sequence[str] = (),
        certificate: str | None = None,
        database_secret: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.places = _places(self, storage, messaging, data, database_secret)
        migrations = Migrations(self, cluster=cluster, network=network, places=self.places)
        self.migrations_log = migrations.log
        self.log = tasks.log_group(self, "ApiLog")
        task = self._task(size, network, storage, messaging, data, media, accounts, origins)
        self.service = tasks.service(
            self,
            "Api",
            task,
            cluster=cluster,
            group=network.api_group,
            spread=True,
            health_check_grace_period=Duration.seconds(90),
        )
        # What fails there fails the deployment before anything new serves.
        self.service.node.add_dependency(migrations.done)
        self.control = Control(
            self,
            cluster=cluster,
            network=network,
            storage=storage,
            messaging=messaging,
            data=data,
            places=self.places,
            namespace=namespace,
        )
        self.control.service.node.add_dependency(migrations.done)
        self.balancer = _balancer(self, network, storage)
        self.targets = _listen(self, self.balancer, self.service, certificate)
        _scale(self.service, self.targets, size)
        self.firewall = firewall(self, size, self.balancer.load_balancer_arn)

    def _task(
        self,
        size: Size,
        network: NetworkStack,
        storage: StorageStack,
        messaging: MessagingStack,
        data: DataStack,
        media: MediaStack | None,
        accounts: Accounts,
        origins: Sequence[str],
    ) -> ecs.FargateTaskDefinition:
        task = tasks.definition(self, "ApiTask", cpu=size.api_cpu, memory_mb=size.api_memory_mb)
        held: dict[str, ecs.Secret] = {
            "REDIS_PASSWORD": ecs.Secret.from_secrets_manager(data.redis_secret),
            "JWT_KEYS": ecs.Secret.from_secrets_manager(data.signing_secret, "JWT_KEYS"),
        }
        if media is not None:
            key = secrets.Secret.from_secret_complete_arn(self, "MediaKey", media.private_key)
            held["CLOUDFRONT_PRIVATE_KEY"] = ecs.Secret.from_secrets_manager(key)
        tasks.add_container(
            task,
            "api",
            images.API,
            environment=settings.of_api(
                self.places,
                size,
                accounts=accounts,
                proxies=network.vpc.vpc_cidr_block,
                origins=origins,
                media=media and media.settings,
            ),
            log=self.log,
            stop_s=_STOP_S,
            secrets=held,
            health_check=tasks.health_check(images.API),
            port_mappings=[
                ecs.PortMapping(container_port=port) for port in (API_PORT, settings.SERVICE_PORT)
            ],
        )
        rights = permissions.of_api(storage.bucket, messaging.queue, self.places.database_secret)
        if size.source_days:
            rights.append(permissions.of_tags(storage.bucket))
        permissions.allow(task.task_role, rights)
        permissions.accept_objects(task.task_role, storage.bucket)
        return task


def _places(
    stack: Stack,
    storage: StorageStack,
    messaging: MessagingStack,
    data: DataStack,
    database_secret: str | None,
) -> settings.Places:
    return settings.Places(
        region=stack.region,
        bucket=storage.bucket.bucket_name,
        queue=messaging.queue.queue_name,
        dead_letters=messaging.dead_letters.queue_name,
        database_host=data.database.db_instance_endpoint_address,
        database_port=data.database.db_instance_endpoint_port,
        database_name=data.database_name,
        database_user=data.database_user,
        database_secret=database_secret or data.database_secret_arn,
        redis_host=data.redis_address,
        redis_port=data.redis_port,
    )


def _balancer(
    stack: Stack, network: NetworkStack, storage: StorageStack
) -> elb.ApplicationLoadBalancer:
    balancer = elb.ApplicationLoadBalancer(
        stack,
        "Balancer",
        vpc=network.vpc,
        internet_facing=False,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_group=network.balancer_group,
        idle_timeout=Duration.seconds(settings.BALANCER_IDLE_S),
        drop_invalid_header_fields=True,
        # CloudFront has put the viewer last into X-Forwarded-For; its own address, which a load
        # balancer would add, is one that TRUSTED_PROXIES would have to know.
        xff_header_processing_mode=elb.XffHeaderProcessingMode.PRESERVE,
    )
    balancer.log_access_logs(storage.log_bucket, "balancer")
    balancer.apply_removal_policy(RemovalPolicy.DESTROY)
    return balancer


def _listen(
    stack: Stack,
    balancer: elb.ApplicationLoadBalancer,
    service: ecs.FargateService,
    certificate: str | None,
) -> elb.ApplicationTargetGroup:
    """Have the load balancer listen: with TLS where there is a certificate of its own region.

    Without one CloudFront speaks HTTP to it, inside the network of AWS and of this VPC.
    """
    targets = elb.ApplicationTargetGroup(
        stack,
        "Targets",
        vpc=balancer.vpc,
        port=API_PORT,
        protocol=elb.ApplicationProtocol.HTTP,
        targets=[service.load_balancer_target(container_name="api", container_port=API_PORT)],
        deregistration_delay=Duration.seconds(20),
        health_check=elb.HealthCheck(
            # Not /readyz: with Postgres away it would take all tasks out together, and answer
            # nobody where a part of the API still can.
            path="/healthz",
            # The port that everybody comes to: it answers there whatever the crowd, and tasks of
            # the release before have no other one while this one takes over.
            interval=Duration.seconds(10),
            timeout=Duration.seconds(5),
            healthy_threshold_count=2,
            unhealthy_threshold_count=3,
        ),
    )
    listener = balancer.add_listener(
        "Listener",
        port=443 if certificate else 80,
        protocol=(elb.ApplicationProtocol.HTTPS if certificate else elb.ApplicationProtocol.HTTP),
        certificates=[elb.ListenerCertificate.from_arn(certificate)] if certificate else None,
        ssl_policy=elb.SslPolicy.TLS13_RES if certificate else None,
        open=False,
        default_target_groups=[targets],
    )
    service.node.add_dependency(listener)
    return targets


def _scale(service: ecs.FargateService, targets: elb.ApplicationTargetGroup, size: Size) -> None:
    scaling = service.auto_scale_task_count(
        min_capacity=size.api_tasks, max_capacity=size.api_tasks_max
    )
    scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=_CPU_PERCENT)
    scaling.scale_on_request_count(
        "Requests", requests_per_target=_REQUESTS_PER_MINUTE, target_group=targets
    )

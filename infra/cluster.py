"""The ECS cluster that all tasks run in."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra.gpu import gpu_capacity
from infra.sizes import Size


class ClusterStack(Stack):
    """The cluster, with what its tasks can run on.

    Attributes:
        cluster: Fargate on demand and on Spot capacity, and instances with a GPU where the size has
            them.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, size: Size, vpc: ec2.IVpc, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=vpc,
            enable_fargate_capacity_providers=True,
            # How many tasks run is a figure of these.
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        if size.gpu:
            self.cluster.add_asg_capacity_provider(gpu_capacity(self, vpc))

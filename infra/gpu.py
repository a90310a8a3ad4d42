"""Instances with a GPU: a capacity provider that a service may name."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from infra.practices import accept

# One NVIDIA GPU each, in three generations: what Spot lacks of one, it may have of another.
_TYPES = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")
_MOST = 10
_DISK_GB = 100


def gpu_capacity(stack: Stack, vpc: ec2.IVpc) -> ecs.AsgCapacityProvider:
    """Return a group of Spot instances that is empty until a task asks for one of them.

    No service of ours does: the worker encodes with x264 on processors. It is there for those who
    give it an FFmpeg and a ladder for NVENC.

    A notice of two minutes drains the instance: its tasks get SIGTERM, and give back their work.
    """
    group = ec2.SecurityGroup(
        stack, "GpuGroup", vpc=vpc, description="Instances with a GPU", allow_all_outbound=False
    )
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS over HTTPS")
    role = iam.Role(stack, "GpuInstance", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    template = ec2.LaunchTemplate(
        stack,
        "GpuTemplate",
        instance_type=ec2.InstanceType(_TYPES[0]),
        machine_image=ecs.EcsOptimizedImage.amazon_linux2023(ecs.AmiHardwareType.GPU),
        role=role,
        security_group=group,
        user_data=_user_data(),
        require_imdsv2=True,
        http_put_response_hop_limit=1,  # the tasks have their own roles, and not the instance's
        block_devices=[
            ec2.BlockDevice(
                device_name="/dev/xvda",
                volume=ec2.BlockDeviceVolume.ebs(
                    _DISK_GB, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3
                ),
            )
        ],
    )
    instances = autoscaling.AutoScalingGroup(
        stack,
        "GpuInstances",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        mixed_instances_policy=autoscaling.MixedInstancesPolicy(
            launch_template=template,
            launch_template_overrides=[
                autoscaling.LaunchTemplateOverrides(instance_type=ec2.InstanceType(each))
                for each in _TYPES
            ],
            instances_distribution=autoscaling.InstancesDistribution(
                on_demand_percentage_above_base_capacity=0,
                spot_allocation_strategy=autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
            ),
        ),
        min_capacity=0,
        max_capacity=_MOST,
        # A new machine now and then takes the patches of its image along.
        max_instance_lifetime=Duration.days(14),
        group_metrics=[autoscaling.GroupMetrics.all()],
    )
    accept(
        instances,
        "AwsSolutions-AS3",
        "Instances come and go with every video; what is told of is work that waits.",
    )
    accept(
        instances,
        "AwsSolutions-EC26",
        "The rule cannot read a launch template; the disk in it is encrypted.",
    )
    accept(
        role,
        "AwsSolutions-IAM5[Action::ecs:Submit*]",
        "What the CDK gives to every instance of an ECS cluster; it names this cluster.",
    )
    accept(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "Registering with ECS and taking a token for the registry have no resource to name.",
    )
    return ecs.AsgCapacityProvider(
        stack,
        "Gpu",
        auto_scaling_group=instances,
        enable_managed_scaling=True,
        enable_managed_draining=True,
        enable_managed_termination_protection=False,
    )


def _user_data() -> ec2.UserData:
    """Return what an instance runs first. The CDK adds the cluster's name.

    It would add the draining too, but only for a group with a price of its own for Spot.
    """
    data = ec2.UserData.for_linux()
    data.add_commands("echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config")
    return data

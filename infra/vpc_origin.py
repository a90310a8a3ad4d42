"""Lets CloudFront, and nobody else, reach the load balancer."""

from aws_cdk import Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import custom_resources as resources

from infra import findings
from infra.network import NetworkStack
from infra.practices import accept
from infra.tasks import log_group

# CloudFront makes this group itself, one in each network, with its first VPC origin there.
_GROUP = "CloudFront-VPCOrigins-Service-SG"


def let_in(
    stack: Stack, network: NetworkStack, distribution: cloudfront.Distribution, *, port: int
) -> None:
    """Open the load balancer's port to CloudFront's interfaces in the network.

    The alternative, the list of all of CloudFront's networks, has another id in each region, and
    takes 55 of the 60 rules that a group can have.

    Args:
        stack: that the distribution is in.
        network: that the load balancer is in.
        distribution: the one with the VPC origin. CloudFront's group may not be there before it is.
        port: of the load balancer.
    """
    question = resources.AwsSdkCall(
        service="ec2",
        action="DescribeSecurityGroups",
        parameters={
            "Filters": [
                {"Name": "vpc-id", "Values": [network.vpc.vpc_id]},
                {"Name": "group-name", "Values": [_GROUP]},
            ]
        },
        physical_resource_id=resources.PhysicalResourceId.of(_GROUP),
        output_paths=["SecurityGroups.0.GroupId"],
    )
    found = resources.AwsCustomResource(
        stack,
        "CloudFrontGroup",
        on_create=question,
        on_update=question,
        install_latest_aws_sdk=False,
        log_group=log_group(stack, "CloudFrontGroupLog"),
        policy=resources.AwsCustomResourcePolicy.from_statements(
            [
                iam.PolicyStatement(
                    # It has no resource to name.
                    actions=["ec2:DescribeSecurityGroups"],
                    resources=["*"],
                )
            ]
        ),
    )
    found.node.add_dependency(distribution)
    ec2.CfnSecurityGroupIngress(
        stack,
        "FromCloudFront",
        group_id=network.balancer_group.security_group_id,
        source_security_group_id=found.get_response_field("SecurityGroups.0.GroupId"),
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description="CloudFront's interfaces in this network",
    )
    accept(
        found,
        "AwsSolutions-IAM5[Resource::*]",
        "ec2:DescribeSecurityGroups has no resource to name; it only reads.",
    )
    # The CDK makes one function for all questions of a stack, under this name.
    name = resources.AwsCustomResource.PROVIDER_FUNCTION_UUID.replace("-", "")
    function = stack.node.find_child(f"AWS{name}")
    accept(function, findings.BASIC_FUNCTION, "A function's own right to write logs.")

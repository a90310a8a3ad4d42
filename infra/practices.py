"""The practices of AWS, as cdk-nag knows them, asked of every stack while it is written."""

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct


def check(app: App) -> None:
    """Have the rules asked when the templates are written; what is found fails that.

    What was accepted is written into the templates, each with its reason, for those who review.
    """
    Validations.of(app).add_plugins(
        AwsSolutionsChecks(app, write_suppressions_to_cloud_formation=True)
    )


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Let a finding stand.

    Args:
        construct: the resource that it is about, or what holds it.
        rule: the rule, such as `AwsSolutions-S1`; where a rule can find several things, with the
            one that is meant: `AwsSolutions-IAM5[Resource::*]`.
        reason: why, in a sentence that convinces who reads it beside the resource.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))

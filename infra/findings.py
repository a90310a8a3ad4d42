"""Names findings of cdk-nag as it names them: only the very finding can be accepted."""

from typing import Any

from aws_cdk import Stack

# The right to write logs that every function of the CDK's own has.
BASIC_FUNCTION = (
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
    "AWSLambdaBasicExecutionRole]"
)


def on_resource(stack: Stack, arn: str) -> str:
    """Return the finding that a right names a resource with a wildcard.

    Args:
        stack: that the right is in.
        arn: the resource, of this stack.
    """
    return f"AwsSolutions-IAM5[Resource::{_shown(stack.resolve(arn))}]"


def imported(owner: Stack, value: str) -> str:
    """Return the name under which a value of another stack is taken over, as findings show it."""
    return str(owner.resolve(owner.export_value(value))["Fn::ImportValue"])


def _shown(value: Any) -> str:
    """Return a resolved value as findings show it: `<Function.Arn>`, `<AWS::AccountId>`."""
    if isinstance(value, str):
        return value
    [(function, arguments)] = value.items()
    if function == "Fn::Join":
        separator, parts = arguments
        return str(separator).join(map(_shown, parts))
    if function == "Fn::GetAtt":
        return f"<{'.'.join(arguments)}>"
    if function == "Ref":
        return f"<{arguments}>"
    raise ValueError(f"It is not known how {function} is shown.")

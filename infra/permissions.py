"""What each process may do on AWS, and for which of its calls.

Nobody may make or change buckets, queues, secrets or tasks: those are this app's.
"""

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra import findings
from infra.practices import accept

# Every key of ours begins so: core/model/object_keys.py.
_KEYS = "videos/*"


def allow(role: iam.IRole, statements: list[iam.PolicyStatement]) -> None:
    """Give a role these rights."""
    for statement in statements:
        role.add_to_principal_policy(statement)


def accept_objects(role: iam.IRole, bucket: s3.IBucket) -> None:
    """Say why the rights on objects name no object."""
    arn = findings.imported(Stack.of(bucket), bucket.bucket_arn)
    accept(
        role,
        f"AwsSolutions-IAM5[Resource::{arn}/{_KEYS}]",
        "Videos come and go: what is named is where all of them lie, and nothing else does.",
    )


def accept_protection(role: iam.IRole, cluster: ecs.ICluster) -> None:
    """Say why the right to guard a task names no task."""
    name = findings.imported(Stack.of(cluster), cluster.cluster_name)
    accept(
        role,
        findings.on_resource(Stack.of(role), tasks_of(Stack.of(role), name)),
        "A task has a name only once it runs; what is named is the cluster, and the agent lets a "
        "task speak for itself only.",
    )


def tasks_of(stack: Stack, cluster_name: str) -> str:
    """Return the ARN of every task of a cluster."""
    return stack.format_arn(service="ecs", resource="task", resource_name=f"{cluster_name}/*")


def of_api(
    bucket: s3.IBucket, queue: sqs.IQueue, database_secret: str
) -> list[iam.PolicyStatement]:
    """Return the rights of the API.

    A presigned URL can do what its signer may, so what browsers do is among them.
    """
    return [
        _statement(
            # core/adapters/s3.py: create_upload, complete_upload, and the parts that browsers send
            "s3:PutObject",
            # head; and the videos that browsers fetch, where there is no distribution for them
            "s3:GetObject",
            # list_parts, abort_upload
            "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload",
            # delete_prefix
            "s3:DeleteObject",
            on=bucket.arn_for_objects(_KEYS),
        ),
        # ping, delete_prefix; and without it head of what is gone is "forbidden", not "not found"
        _statement("s3:ListBucket", on=bucket.bucket_arn),
        # core/adapters/sqs.py: ping. What it queues is sent by control.
        _statement("sqs:GetQueueUrl", "sqs:GetQueueAttributes", on=queue.queue_arn),
        *of_database(database_secret),
    ]  # fmt: skip


def of_control(
    bucket: s3.IBucket,
    queue: sqs.IQueue,
    dead_letters: sqs.IQueue,
    database_secret: str,
    namespace: str,
) -> list[iam.PolicyStatement]:
    """Return the rights of control: it relays, sweeps, removes and counts."""
    return [
        _statement(
            # core/adapters/s3.py: complete_upload
            "s3:PutObject",
            # head
            "s3:GetObject",
            # list_parts, abort_upload
            "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload",
            # delete_prefix
            "s3:DeleteObject",
            on=bucket.arn_for_objects(_KEYS),
        ),
        # delete_prefix, abort_uploads; without the first, head of what is gone is "forbidden"
        _statement("s3:ListBucket", "s3:ListBucketMultipartUploads", on=bucket.bucket_arn),
        # core/adapters/sqs.py: send; backlog
        _statement(
            "sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", on=queue.queue_arn
        ),
        # receive_dead, delete
        _statement(
            "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueUrl", on=dead_letters.queue_arn
        ),
        *of_database(database_secret),
        # control/cloudwatch.py
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],  # there is none to name; the condition does
            conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
        ),
    ]  # fmt: skip


def accept_metrics(role: iam.IRole) -> None:
    """Say why the right to tell figures names no resource."""
    accept(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "Metrics have no ARN; the condition lets in this deployment's own namespace alone.",
    )


def of_tags(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Return the right to say of an original that it is one; core/adapters/s3.py: create_upload."""
    return _statement("s3:PutObjectTagging", on=bucket.arn_for_objects(_KEYS))


def of_worker(
    bucket: s3.IBucket, queue: sqs.IQueue, database_secret: str, cluster: ecs.ICluster
) -> list[iam.PolicyStatement]:
    """Return the rights of a worker. It deletes nothing: the sweeps of control do that."""
    tasks = tasks_of(Stack.of(cluster), cluster.cluster_name)
    return [
        _statement(
            # core/adapters/s3.py: head, read_range
            "s3:GetObject",
            # put, create_upload, upload_part, complete_upload
            "s3:PutObject",
            # abort_upload
            "s3:AbortMultipartUpload",
            on=bucket.arn_for_objects(_KEYS),
        ),
        # head of what is gone
        _statement("s3:ListBucket", on=bucket.bucket_arn),
        _statement(
            # core/adapters/sqs.py: receive, extend, delete
            "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage",
            # send: a task that is given back gets a new message
            "sqs:SendMessage",
            "sqs:GetQueueUrl",
            on=queue.queue_arn,
        ),
        *of_database(database_secret),
        # workers/runtime/protection.py: through the agent of its own task, in the role's name
        _statement("ecs:UpdateTaskProtection", "ecs:GetTaskProtection", on=tasks),
    ]  # fmt: skip


def of_database(secret: str) -> list[iam.PolicyStatement]:
    """Return the right to ask for the database's password; for core/adapters/database_login.py."""
    return [_statement("secretsmanager:GetSecretValue", on=secret)]


def _statement(*actions: str, on: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=[on])

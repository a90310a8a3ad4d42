"""The API: what its tasks are given, what they may do, who reaches them, what comes before them."""

import re
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from core import config
from embedded.bootstrap import ROOT
from infra.accounts import Accounts
from infra.capacity import most_connections
from infra.settings import Media, Places, of_api, of_control, of_migrations, of_worker
from infra.sizes import SIZES
from tests.infra.assembly import Assembly, Template, properties, resources, statements
from tests.infra.conftest import Assemblies, Templates
from tests.infra.values import container, environment, flat
from tests.support.settings import PROCESSES, Settings, variables_of
from workers.main import read_ladder
from workers.media.ladder import MISSION_LADDER

PLACES = Places(
    region="eu-central-1",
    bucket="films",
    queue="tasks",
    dead_letters="dead",
    database_host="postgres.internal",
    database_port="5432",
    database_name="framemill",
    database_user="framemill",
    database_secret="arn:aws:secretsmanager:eu-central-1:111111111111:secret:rds-AbCdEf",
    redis_host="redis.internal",
    redis_port=6379,
)
MEDIA = Media(url="https://media.films.example", key_id="K1")
SECRETS = {
    "REDIS_PASSWORD": "b" * 64,
    "JWT_KEYS": "first:" + "b" * 64,
    "CLOUDFRONT_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
}


def settings_from(variables: dict[str, str], process: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return config.load(PROCESSES[process])


def task(template: Template, starts: str) -> dict[str, Any]:
    return properties(template, "AWS::ECS::TaskDefinition", starts)


def test_the_processes_can_use_what_they_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for process, variables in {
        "migrations": of_migrations(PLACES),
        "control": of_control(PLACES, "Framemill/x"),
        "worker": of_worker(PLACES),
    }.items():
        held = settings_from(variables, process, monkeypatch)
        assert held.database_secret == PLACES.database_secret
    worker = settings_from(of_worker(PLACES, "mission"), "worker", monkeypatch)
    assert read_ladder(worker) == MISSION_LADDER
    api = of_api(
        PLACES,
        replace(SIZES["dev"], source_days=30, worker_disk_gb=21),
        accounts=Accounts("invite", 5),
        proxies="10.0.0.0/16",
        origins=["https://films.example"],
        media=MEDIA,
    )
    held = settings_from(api | SECRETS, "api", monkeypatch)
    assert held.aws_region == "eu-central-1"
    assert (held.s3_bucket, held.sqs_queue, held.sqs_dead_letter_queue) == (
        "films",
        "tasks",
        "dead",
    )
    assert held.database_url == SecretStr(
        "postgresql+asyncpg://framemill@postgres.internal:5432/framemill?ssl=require"
    )
    assert held.redis_url == SecretStr("rediss://redis.internal:6379/0")
    assert held.trusted_proxies == ("10.0.0.0/16",)
    assert held.allowed_origins == ("https://films.example",)
    assert (held.media_url, held.cloudfront_key_id) == (MEDIA.url, MEDIA.key_id)
    assert held.cookie_secure
    assert (held.registration, held.user_quota_bytes) == ("invite", 5 * 1024**3)
    assert (held.service_host, held.service_port) == ("0.0.0.0", 8001)
    assert held.tag_sources
    assert held.upload_max_bytes == 17 * 1024**3  # what fits on the disk
    assert held.framemill_mode == "production"
    assert held.aws_endpoint_url is None


@pytest.mark.parametrize(
    ("stack", "starts", "name"),
    [
        ("api", "Api", "api"),
        ("api", "Control", "control"),
        ("api", "Migrations", "migrations"),
        ("workers", "Worker", "worker"),
    ],
)
def test_every_variable_is_a_setting_of_its_process(
    templates: Templates, stack: str, starts: str, name: str
) -> None:
    for variant in ("small", "own-address"):
        found = container(task(templates(variant)[stack], starts), name)
        names = {*environment(found), *(each["Name"] for each in found.get("Secrets", ()))}
        assert len(names) >= 4
        assert names <= variables_of(name)


def test_no_secret_is_among_the_variables(templates: Templates, every_size: str) -> None:
    found = container(task(templates(every_size)["api"], "Api"), "api")
    assert [each["Name"] for each in found["Secrets"]] == ["REDIS_PASSWORD", "JWT_KEYS"]
    assert flat(found["Secrets"][1]["ValueFrom"]).endswith(":JWT_KEYS::")
    assert not {*environment(found)} & {*SECRETS}
    assert "@" in environment(found)["DATABASE_URL"]
    assert not re.search(r"//[^@]*:[^@]*@", environment(found)["DATABASE_URL"])


def test_films_come_from_cloudfront_where_there_is_a_key(templates: Templates) -> None:
    found = container(task(templates("own-address")["api"], "Api"), "api")
    assert environment(found)["MEDIA_URL"] == "https://media.films.example"
    assert environment(found)["CLOUDFRONT_KEY_ID"].startswith("RefPublicKey")
    [key] = [each for each in found["Secrets"] if each["Name"] == "CLOUDFRONT_PRIVATE_KEY"]
    assert flat(key["ValueFrom"]).endswith("secret:framemill/media-key-AbCdEf")
    assert "MEDIA_URL" not in environment(container(task(templates("small")["api"], "Api"), "api"))


def test_the_api_keeps_connections_longer_than_the_balancer(templates: Templates) -> None:
    template = templates("small")["api"]
    found = environment(container(task(template, "Api"), "api"))
    assert int(found["KEEP_ALIVE_S"]) > int(attributes(template)["idle_timeout.timeout_seconds"])


def test_originals_are_tagged_where_a_rule_expires_them(templates: Templates) -> None:
    for variant, wanted in (("short-lived", True), ("small", False)):
        template = templates(variant)["api"]
        found = environment(container(task(template, "Api"), "api"))
        assert ("TAG_SOURCES" in found) == wanted
        held = rights(template, "ApiTaskTaskRole").values()
        assert any("s3:PutObjectTagging" in each for each in held) == wanted


def test_only_the_network_of_the_balancer_is_trusted(templates: Templates) -> None:
    found = container(task(templates("small")["api"], "Api"), "api")
    assert environment(found)["TRUSTED_PROXIES"].startswith("FnGetAttVpc")
    assert environment(found)["TRUSTED_PROXIES"].endswith(tuple("0123456789ABCDEF"))
    assert attributes(templates("small")["api"])["routing.http.xff_header_processing.mode"] == (
        "preserve"
    )


def attributes(template: Template) -> dict[str, str]:
    balancer = properties(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    return {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}


def test_the_load_balancer_is_not_on_the_internet(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["api"]
    balancer = properties(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internal"
    assert all("private" in flat(subnet) for subnet in balancer["Subnets"])
    assert attributes(template)["access_logs.s3.enabled"] == "true"
    # An event stream is silent for 15 s at the most.
    assert int(attributes(template)["idle_timeout.timeout_seconds"]) > 60
    # Nobody is let in by an address, in any stack.
    for name, each in templates(every_size).items():
        for group in resources(each, "AWS::EC2::SecurityGroup").values():
            rules = group["Properties"].get("SecurityGroupIngress", ())
            assert not [rule for rule in rules if rule.get("CidrIp") == "0.0.0.0/0"], name
        for rule in resources(each, "AWS::EC2::SecurityGroupIngress").values():
            assert "CidrIp" not in rule["Properties"], name


def test_tls_up_to_the_load_balancer_where_it_has_a_certificate(templates: Templates) -> None:
    kind = "AWS::ElasticLoadBalancingV2::Listener"
    assert properties(templates("small")["api"], kind)["Protocol"] == "HTTP"
    own = properties(templates("own-address")["api"], kind)
    assert (own["Protocol"], own["Port"]) == ("HTTPS", 443)
    assert "TLS13" in own["SslPolicy"]


def test_health_is_asked_of_the_process_alone(templates: Templates) -> None:
    target = properties(templates("small")["api"], "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert target["HealthCheckPath"] == "/healthz"
    command = container(task(templates("small")["api"], "Api"), "api")["HealthCheck"]["Command"]
    # Whatever /readyz says, the last word is /healthz's.
    assert command[1].endswith("; exec python -m backend.health.probe /healthz")


@pytest.mark.parametrize(
    ("stack", "starts", "name", "file"),
    [
        ("api", "Api", "api", "backend/Dockerfile"),
        ("api", "Control", "control", "backend/Dockerfile"),
        ("api", "Migrations", "migrations", "backend/Dockerfile"),
        ("workers", "Worker", "worker", "workers/Dockerfile"),
    ],
)
def test_a_container_is_what_its_dockerfile_says(
    templates: Templates, stack: str, starts: str, name: str, file: str
) -> None:
    dockerfile = (ROOT / file).read_text()
    definition = task(templates("small")[stack], starts)
    found = container(definition, name)
    assert f"\nUSER {found['User']}\n" in dockerfile
    assert found["ReadonlyRootFilesystem"] is True
    assert found["LinuxParameters"]["Capabilities"]["Drop"] == ["ALL"]
    for port in found.get("PortMappings", ()):
        number = port["ContainerPort"]
        assert f"\nEXPOSE {number}\n" in dockerfile or f" SERVICE_PORT={number}\n" in dockerfile
    written = {each["ContainerPath"] for each in found["MountPoints"]}
    first = container(definition, "volumes")
    assert first["Command"] == [found["User"], *[each["ContainerPath"] for each in
                                                 first["MountPoints"]]]  # fmt: skip
    assert {each["ContainerPath"] for each in first["MountPoints"]} == written
    assert found["DependsOn"] == [{"Condition": "SUCCESS", "ContainerName": "volumes"}]
    if "SCRATCH_DIR" in dockerfile:
        assert "/var/lib/framemill/scratch" in written
        assert "SCRATCH_DIR=/var/lib/framemill/scratch" in dockerfile
    assert "/tmp" in written


@pytest.mark.parametrize("file", ["backend/Dockerfile", "workers/Dockerfile"])
def test_an_image_is_built_from_what_its_dockerfile_takes_and_nothing_else(
    assemblies: Assemblies, file: str
) -> None:
    wanted = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", (ROOT / file).read_text(), re.MULTILINE)
        for word in line.split()[:-1]
    }
    for folder in _sources(assemblies("small"), file):
        assert {each for each in wanted if not (folder / each).exists()} == set()
        names = {path.relative_to(folder).parts[0] for path in folder.rglob("*")}
        assert names <= {each.split("/")[0] for each in (*wanted, file, ".dockerignore")}
        assert not [
            path
            for path in folder.rglob("*")
            if path.name in {"__pycache__", ".env", "node_modules"}
        ]


def _sources(assembly: Assembly, file: str) -> list[Any]:
    found = [path.parents[1] for path in assembly.folder.glob(f"asset.*/{file}")]
    assert found
    return found


def test_no_role_may_do_more_than_is_named(templates: Templates, every_size: str) -> None:
    # Which have no resource to name, of all that is asked for.
    without = {
        "ecr:GetAuthorizationToken", "ec2:DescribeSecurityGroups",
        # the log delivery of a state machine, and what every ECS instance needs
        "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
        "ecs:DiscoverPollEndpoint", "logs:CreateLogStream", "logs:PutLogEvents",
    }  # fmt: skip
    for name, template in templates(every_size).items():
        for statement in statements(template):
            if statement["Effect"] != "Allow":
                continue
            wide = [each for each in statement["Action"] if each.endswith("*")]
            # The CDK's own policy of ECS instances, with a GPU.
            assert wide in ([], ["ecs:Submit*"]), name
            if "*" in statement["Resource"]:
                narrowed = any(
                    each in str(statement.get("Condition"))
                    for each in ("ecs:cluster", "cloudwatch:namespace")
                )
                assert narrowed or {*statement["Action"]} <= without, name


def rights(template: Template, starts: str) -> dict[str, list[str]]:
    """Return what a role may do, by what it may do it to."""
    [policy] = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for name, each in resources(template, "AWS::IAM::Policy").items()
        if name.startswith(starts)
    ]
    return {
        flat(each["Resource"]): sorted(
            each["Action"] if isinstance(each["Action"], list) else [each["Action"]]
        )
        for each in policy
    }


def test_the_api_may_do_what_it_calls(templates: Templates) -> None:
    found = rights(templates("small")["api"], "ApiTaskTaskRole")
    by_kind = {re.sub(r"[0-9A-F]{8}.*", "", key): value for key, value in found.items()}
    assert by_kind["FnGetAttMedia"] in (["s3:ListBucket"], _API_OBJECTS)
    assert sorted(found.values()) == sorted(
        [
            _API_OBJECTS,
            ["s3:ListBucket"],
            ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
            ["secretsmanager:GetSecretValue"],
        ]
    )
    [objects] = [key for key, value in found.items() if value == _API_OBJECTS]
    assert objects.endswith("/videos/*")


_API_OBJECTS = [
    "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts",
    "s3:PutObject",
]  # fmt: skip


def test_a_deployment_that_fails_is_taken_back(templates: Templates, every_size: str) -> None:
    for stack, name in (("api", "Api"), ("api", "Control"), ("workers", "Workers")):
        service = properties(templates(every_size)[stack], "AWS::ECS::Service", name)
        configuration = service["DeploymentConfiguration"]
        assert configuration["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert (
            service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
        )


def test_the_service_waits_for_the_migrations(templates: Templates) -> None:
    template = templates("small")["api"]
    [name] = resources(template, "Custom::Migrations")
    services = resources(template, "AWS::ECS::Service").values()
    assert len(services) == 2
    for service in services:
        assert name in service["DependsOn"]
    [migrations] = resources(template, "Custom::Migrations").values()
    assert any("MigrationsTaskTaskRoleDefaultPolicy" in each for each in migrations["DependsOn"])
    command = container(task(template, "Migrations"), "migrations")["Command"]
    assert command == ["python", "-m", "core.migrations"]


def test_the_firewall_stands_before_the_load_balancer(
    templates: Templates, every_size: str
) -> None:
    template = templates(every_size)["api"]
    place = properties(template, "AWS::WAFv2::WebACLAssociation")
    assert place["ResourceArn"]["Ref"].startswith("Balancer")
    assert place["WebACLArn"]["Fn::GetAtt"][0].startswith("Firewall")
    rules = properties(template, "AWS::WAFv2::WebACL")["Rules"]
    rate = rules[0]["Statement"]["RateBasedStatement"]
    assert rate["Limit"] == SIZES[every_size].requests_per_5_minutes
    # What CloudFront's function sets, not what a client can make up.
    assert rate["CustomKeys"][0]["Header"]["Name"] == "true-client-ip"
    code = (ROOT / "infra" / "functions" / "edge" / "api.js").read_text()
    assert "request.headers['true-client-ip'] = { value: event.viewer.ip }" in code
    counted = rules[1]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert {each["Name"] for each in counted} >= {
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
    }
    figures = properties(template, "AWS::WAFv2::WebACL")["VisibilityConfig"]["MetricName"]
    assert figures.lower() not in {"all", "default_action"}, "AWS keeps those for itself"
    redacted = properties(template, "AWS::WAFv2::LoggingConfiguration")["RedactedFields"]
    assert {each["SingleHeader"]["Name"] for each in redacted} == {"authorization", "cookie"}
    assert "Authorization" not in str(rules)


def test_the_api_grows_with_its_load(templates: Templates, every_size: str) -> None:
    template, size = templates(every_size)["api"], SIZES[every_size]
    target = properties(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (size.api_tasks, size.api_tasks_max)
    policies = resources(template, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    kinds = {
        each["Properties"]["TargetTrackingScalingPolicyConfiguration"][
            "PredefinedMetricSpecification"
        ]["PredefinedMetricType"]
        for each in policies
    }
    assert kinds == {"ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"}


def test_the_database_has_a_connection_for_everybody(every_size: str) -> None:
    size = SIZES[every_size]
    pool = Settings.model_fields["database_pool_size"].default
    of_a_worker = 3  # workers/main.py: two for each task at once, and one
    # Twice as many while a deployment replaces them.
    wanted = 2 * (size.api_tasks_max * pool + size.worker_max * of_a_worker)
    assert wanted < most_connections(size.database_class)

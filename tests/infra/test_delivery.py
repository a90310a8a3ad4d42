"""What CloudFront serves, from where, to whom, and with which headers."""

import json
import subprocess
from typing import Any

import pytest

from backend.page.policy import guards
from embedded.bootstrap import ROOT
from embedded.node import find_node
from infra import toolchain
from infra.media_key import read_media_key
from tests.infra.assembly import Template, properties, resources
from tests.infra.conftest import ASKED, Assemblies, Templates
from tests.infra.values import actions, container, environment, flat
from tests.support.settings import Settings

SECRET = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:key-AbCdEf"


def distribution(template: Template) -> dict[str, Any]:
    found = properties(template, "AWS::CloudFront::Distribution")["DistributionConfig"]
    assert isinstance(found, dict)
    return found


def behaviors(template: Template) -> dict[str, dict[str, Any]]:
    return {each["PathPattern"]: each for each in distribution(template)["CacheBehaviors"]}


def origin(template: Template, behavior: dict[str, Any]) -> dict[str, Any]:
    [found] = [
        each
        for each in distribution(template)["Origins"]
        if each["Id"] == behavior["TargetOriginId"]
    ]
    assert isinstance(found, dict)
    return found


def test_the_page_comes_from_a_private_bucket(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["delivery"]
    found = origin(template, distribution(template)["DefaultCacheBehavior"])
    assert "Fn::GetAtt" in found["OriginAccessControlId"]
    bucket = properties(template, "AWS::S3::Bucket", "PageFiles")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    policy = properties(template, "AWS::S3::BucketPolicy", "PageFiles")["PolicyDocument"]
    readers = [
        each for each in policy["Statement"]
        if each["Effect"] == "Allow" and "s3:GetObject" in actions(each)
    ]  # fmt: skip
    [reader] = readers
    assert reader["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "AWS:SourceArn" in reader["Condition"]["StringEquals"]


def test_the_api_is_reached_through_the_network(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["delivery"]
    found = behaviors(template)
    assert {*found} == {"/v1/*", "/embed/*", "/docs", "/openapi.json", "/healthz"}
    for behavior in found.values():
        source = origin(template, behavior)
        assert source["VpcOriginConfig"]["OriginReadTimeout"] == 60
        # AWS's own policies: nothing is kept; all that a viewer sends goes on.
        assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behavior["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
        assert "DELETE" in behavior["AllowedMethods"]
        assert behavior["Compress"] is False
        [function] = behavior["FunctionAssociations"]
        assert function["FunctionARN"]["Fn::GetAtt"][0].startswith("WhoAsks")


def test_only_cloudfront_is_let_in(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["delivery"]
    rule = properties(template, "AWS::EC2::SecurityGroupIngress")
    assert rule["SourceSecurityGroupId"]["Fn::GetAtt"][1] == "SecurityGroups.0.GroupId"
    assert flat(rule["GroupId"]).startswith("FnGetAttBalancerGroup")
    question = flat(properties(template, "Custom::AWS")["Create"])
    assert "CloudFront-VPCOrigins-Service-SG" in question
    [lookup] = resources(template, "Custom::AWS").values()
    [made] = resources(template, "AWS::CloudFront::Distribution")
    assert made in lookup["DependsOn"], "asked too early"


def test_no_error_is_the_answer_to_somebody_else(templates: Templates, every_size: str) -> None:
    found = distribution(templates(every_size)["delivery"])["CustomErrorResponses"]
    assert {each["ErrorCode"] for each in found} >= {404, 500, 502, 503, 504}
    for each in found:
        # The answer itself stays as it is.
        assert {*each} == {"ErrorCode", "ErrorCachingMinTTL"}
        assert each["ErrorCachingMinTTL"] == 0


@pytest.mark.parametrize("variant", ["small", "own-address"])
def test_balancer_and_cloudfront_agree_on_the_port(templates: Templates, variant: str) -> None:
    listener = properties(templates(variant)["api"], "AWS::ElasticLoadBalancingV2::Listener")
    rule = properties(templates(variant)["delivery"], "AWS::EC2::SecurityGroupIngress")
    access = properties(templates(variant)["delivery"], "AWS::CloudFront::VpcOrigin")
    assert rule["FromPort"] == rule["ToPort"] == listener["Port"]
    policy = access["VpcOriginEndpointConfig"]["OriginProtocolPolicy"]
    assert policy == ("https-only" if listener["Protocol"] == "HTTPS" else "http-only")


def test_a_change_of_protocol_makes_another_origin(templates: Templates) -> None:
    # CloudFront refuses to change one that a distribution uses.
    found = [
        resources(templates(variant)["delivery"], "AWS::CloudFront::VpcOrigin")
        for variant in ("small", "own-address")
    ]
    assert not {*found[0]} & {*found[1]}
    names = [
        each["Properties"]["VpcOriginEndpointConfig"]["Name"]
        for origins in found
        for each in origins.values()
    ]
    assert len({*names}) == 2


def test_a_name_for_films_can_be_given_later(templates: Templates) -> None:
    # What reads CloudFront's own name is deployed after this stack; see infra/media.py.
    outputs = templates("own-address")["media"]["Outputs"]
    [name] = [name for name in outputs if "DomainName" in name]
    assert "Export" in outputs[name]


@pytest.mark.parametrize("stack", ["delivery", "media"])
def test_under_a_name_of_its_own_tls_is_new(templates: Templates, stack: str) -> None:
    found = distribution(templates("own-address")[stack])
    assert found["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert found["Aliases"] == [
        {"delivery": "films.example", "media": "media.films.example"}[stack]
    ]
    assert "Bucket" in found["Logging"]
    for behavior in (found["DefaultCacheBehavior"], *found.get("CacheBehaviors", ())):
        assert behavior["ViewerProtocolPolicy"] in {"https-only", "redirect-to-https"}


def test_films_are_for_signed_urls_only(templates: Templates) -> None:
    template = templates("own-address")["media"]
    found = distribution(template)
    assert "CacheBehaviors" not in found
    behavior = found["DefaultCacheBehavior"]
    [group] = behavior["TrustedKeyGroups"]
    assert group["Ref"].startswith("Keys")
    keys = properties(template, "AWS::CloudFront::KeyGroup")["KeyGroupConfig"]["Items"]
    assert keys[0]["Ref"].startswith("PublicKey")
    assert behavior["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert "OriginAccessControlId" in origin(template, behavior)
    access = properties(template, "AWS::CloudFront::OriginAccessControl")
    assert access["OriginAccessControlConfig"]["SigningBehavior"] == "always"


def test_a_key_can_be_changed_while_films_are_watched(templates: Templates) -> None:
    deployed = templates("own-address")
    keys = resources(deployed["media"], "AWS::CloudFront::PublicKey")
    pems = [each["Properties"]["PublicKeyConfig"]["EncodedKey"] for each in keys.values()]
    files = ["media_key.pem", "media_key_before.pem"]
    assert pems == [(ROOT / "tests" / "infra" / file).read_text() for file in files]
    group = properties(deployed["media"], "AWS::CloudFront::KeyGroup")["KeyGroupConfig"]["Items"]
    assert [each["Ref"] for each in group] == [*keys]
    # Neither may be taken away as long as the API may read it; it signs with the first.
    assert all(key in str(deployed["media"]["Outputs"]) for key in keys)
    task = properties(deployed["api"], "AWS::ECS::TaskDefinition", "ApiTask")
    new, former = keys
    signs = environment(container(task, "api"))["CLOUDFRONT_KEY_ID"]
    assert new in signs
    assert former not in signs


def test_how_a_film_is_saved_reaches_the_bucket(templates: Templates) -> None:
    policy = properties(templates("own-address")["media"], "AWS::CloudFront::CachePolicy")
    forwarded = policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    strings = forwarded["QueryStringsConfig"]
    # Others are CloudFront's own (Expires, Signature, Key-Pair-Id) and would only miss the cache.
    assert strings["QueryStringBehavior"] == "whitelist"
    assert {*strings["QueryStrings"]} == {"response-content-disposition", "response-content-type"}
    assert "Origin" in forwarded["HeadersConfig"]["Headers"]


def test_the_bucket_lets_distributions_of_this_account_read_films(templates: Templates) -> None:
    policy = properties(templates("own-address")["storage"], "AWS::S3::BucketPolicy", "Media")
    [reader] = [
        each for each in policy["PolicyDocument"]["Statement"] if each.get("Sid") == "Distribution"
    ]
    assert reader["Action"] == "s3:GetObject"
    assert flat(reader["Resource"]).endswith("/videos/*")
    [(operator, condition)] = reader["Condition"].items()
    assert operator == "ArnLike"
    [source] = [flat(each) for each in condition.values()]
    assert source == "arn:aws:cloudfront::AWS::AccountId:distribution/*"
    assert "cloudfront" not in str(templates("small")["storage"])


def test_without_a_key_there_is_no_distribution_of_films(templates: Templates) -> None:
    assert "media" not in templates("small")


@pytest.mark.parametrize("variant", ["small", "own-address"])
def test_the_page_has_the_headers_that_the_api_would_give_it(
    templates: Templates, variant: str
) -> None:
    template = templates(variant)["delivery"]
    config = properties(template, "AWS::CloudFront::ResponseHeadersPolicy")[
        "ResponseHeadersPolicyConfig"
    ]
    security = config["SecurityHeadersConfig"]
    policy = flat(security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    [bucket] = {
        word[8:].split(".s3.")[0] for word in policy.replace(";", "").split() if ".s3." in word
    }
    media: dict[str, Any] = {} if variant == "small" else {
        "media_url": "https://media.films.example", "cloudfront_key_id": "K",
        "cloudfront_private_key": "-",
    }  # fmt: skip
    own = guards(
        Settings(
            database_url="postgresql://postgres",
            redis_url="redis://redis",
            s3_bucket=bucket,
            **media,
        )
    )
    given = {each["Header"]: each["Value"] for each in config["CustomHeadersConfig"]["Items"]}
    assert {"Content-Security-Policy": policy, **given} == own
    # And those of every answer: backend/http/middleware.py.
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000


def ask(file: str, event: dict[str, Any]) -> dict[str, Any]:
    """Run a function of the edge on an event, with Node.js in place of CloudFront."""
    code = (ROOT / "infra" / "functions" / "edge" / file).read_text()
    script = f"{code}\nconsole.log(JSON.stringify(handler({json.dumps(event)})));"
    node = find_node()
    done = subprocess.run(
        [str(node.program), "-e", script], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "/index.html"),
        ("/videos/0193a", "/index.html"),
        ("/settings/", "/index.html"),
        ("/favicon.svg", "/favicon.svg"),
        ("/config.json", "/config.json"),
        ("/assets/index-abc.js", "/assets/index-abc.js"),
        # What is gone from there is not the page.
        ("/assets/gone", "/assets/gone"),
    ],
)
def test_an_address_of_the_page_gets_the_page(address: str, file: str) -> None:
    assert ask("page.js", {"request": {"uri": address, "headers": {}}})["uri"] == file


@pytest.mark.parametrize("address", ["/readyz", "/metrics"])
def test_the_page_is_not_taken_for_what_is_answered_inside(address: str) -> None:
    assert ask("page.js", {"request": {"uri": address, "headers": {}}})["statusCode"] == 404


def test_what_a_client_says_of_its_address_is_written_over() -> None:
    event = {
        "viewer": {"ip": "192.0.2.7"},
        "request": {"uri": "/v1/me", "headers": {"true-client-ip": {"value": "10.0.0.1"}}},
    }
    assert ask("api.js", event)["headers"]["true-client-ip"] == {"value": "192.0.2.7"}


@pytest.mark.parametrize(
    ("public", "secret", "sentence"),
    [
        ("tests/infra/media_key.pem", None, "Give both media_public_key and media_key_secret"),
        ("nowhere.pem", SECRET, "cannot be read"),
        ("README.md", SECRET, "no public key"),
        ("tests/infra/media_key.pem", "framemill/media-key", "must be the whole ARN"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(
    public: str, secret: str | None, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_media_key(public, secret)


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"domain": "films.example"}, "Give both domain and certificate, or neither of them."),
        (
            {"domain": "films.example", "certificate": "arn:aws:acm:eu-west-1:1:certificate/x"},
            "CloudFront takes certificates of us-east-1 only; this one is not.",
        ),
    ],
)
def test_half_an_address_is_refused_in_one_sentence(
    assemblies: Assemblies, tmp_path: Any, context: dict[str, str], sentence: str
) -> None:
    assemblies("small")  # the environment is there
    done = toolchain.synthesize(tmp_path, ASKED | context)
    assert (done.returncode, done.stderr) == (1, f"{sentence}\n")

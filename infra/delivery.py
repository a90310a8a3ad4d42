"""The address that people open: the page from its bucket, the API behind it."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import page_headers
from infra.description import ROOT
from infra.edge import common_settings
from infra.network import NetworkStack
from infra.practices import accept
from infra.sizes import Size
from infra.storage import StorageStack
from infra.vpc_origin import let_in

# What the API answers; all else is the page's. /metrics and /readyz are on the tasks' service port,
# to which nothing leads from here.
_API = ("/v1/*", "/embed/*", "/docs", "/openapi.json", "/healthz")
# Longer than an event stream is silent: one line every 15 s keeps it open. 60 s is the most that
# CloudFront gives without asking for more.
_READ_S = 60
# Errors are kept for ten seconds, for everybody who asks for the same path, whatever a cache policy
# and, of the 5xx, even Cache-Control say: one "too busy" would be the answer to all others.
_NEVER_KEPT = (404, 500, 502, 503, 504)


class DeliveryStack(Stack):
    """The distribution of page and API, which so are one origin to browsers.

    The firewall stands before the load balancer and not here: here it can be made in us-east-1
    only, and what is answered here without the API are files.

    The page's files are put into the bucket by two commands, see docs/deploy-aws.md: `cdk deploy`
    needs no built page, and an upload of the page no deployment.

    Attributes:
        distribution: the distribution.
        page: the bucket of the page's files.
        address: of the page and the API.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        network: NetworkStack,
        storage: StorageStack,
        balancer: elb.IApplicationLoadBalancer,
        media_url: str | None = None,
        domain: str | None = None,
        certificate: str | None = None,
        balancer_tls: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.page = _page_bucket(self, size, storage.log_bucket)
        own_name = bool(domain and certificate)
        store = f"https://{storage.bucket.bucket_name}.s3.{self.region}.amazonaws.com"
        self.distribution = cloudfront.Distribution(
            self,
            "Page",
            comment="Page and API",
            default_root_object="index.html",
            default_behavior=_page(self, self.page, page_headers.content_policy(store, media_url)),
            additional_behaviors=_api(self, balancer, tls=balancer_tls),
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0))
                for status in _NEVER_KEPT
            ],
            **common_settings(self, size, domain, certificate),
        )
        self.distribution.apply_removal_policy(RemovalPolicy.DESTROY)
        let_in(self, network, self.distribution, port=443 if balancer_tls else 80)
        host = domain if domain and certificate else self.distribution.distribution_domain_name
        self.address = f"https://{host}"
        _accept(self.distribution, own_name=own_name)
        CfnOutput(self, "Address", value=self.address, description="Page and API")
        CfnOutput(
            self,
            "DistributionName",
            value=self.distribution.distribution_domain_name,
            description="What a domain of one's own is an alias of",
        )
        CfnOutput(self, "DistributionId", value=self.distribution.distribution_id)
        CfnOutput(self, "PageBucket", value=self.page.bucket_name)


def _page_bucket(stack: Stack, size: Size, log_bucket: s3.IBucket) -> s3.Bucket:
    return s3.Bucket(
        stack,
        "PageFiles",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        # The page before can be put back.
        versioned=size.keep_data,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="forget-former-pages", noncurrent_version_expiration=Duration.days(90)
            )
        ],
        server_access_logs_bucket=log_bucket,
        server_access_logs_prefix="page/",
        # It is built again from the source at any time.
        removal_policy=RemovalPolicy.DESTROY,
        auto_delete_objects=True,
    )


def _page(stack: Stack, bucket: s3.IBucket, policy: str) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origins.S3BucketOrigin.with_origin_access_control(bucket),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        compress=True,
        # Each file says by its Cache-Control how long it may be kept.
        cache_policy=cloudfront.CachePolicy(
            stack,
            "AsSaid",
            comment="The page's files, as long as they say",
            default_ttl=Duration.seconds(0),
            min_ttl=Duration.seconds(0),
            max_ttl=Duration.days(365),
            enable_accept_encoding_brotli=True,
            enable_accept_encoding_gzip=True,
        ),
        response_headers_policy=_headers(stack, policy),
        function_associations=[_function(stack, "PageAddresses", "page.js")],
    )


def _headers(stack: Stack, policy: str) -> cloudfront.ResponseHeadersPolicy:
    return cloudfront.ResponseHeadersPolicy(
        stack,
        "PageHeaders",
        comment="What a browser may do with the page",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(365), override=True
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                for name, value in page_headers.FURTHER.items()
            ]
        ),
    )


def _api(
    stack: Stack, balancer: elb.IApplicationLoadBalancer, *, tls: bool
) -> Mapping[str, cloudfront.BehaviorOptions]:
    policy = (
        cloudfront.OriginProtocolPolicy.HTTPS_ONLY
        if tls
        else cloudfront.OriginProtocolPolicy.HTTP_ONLY
    )
    access = cloudfront.VpcOrigin(
        stack,
        # One that a distribution uses cannot be changed: with TLS it is another one.
        "BalancerTls" if tls else "Balancer",
        endpoint=cloudfront.VpcOriginEndpoint.application_load_balancer(balancer),
        protocol_policy=policy,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
    )
    behavior = cloudfront.BehaviorOptions(
        origin=origins.VpcOrigin.with_vpc_origin(
            access,
            read_timeout=Duration.seconds(_READ_S),
            keepalive_timeout=Duration.seconds(60),
        ),
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        # Nothing of the API may be kept (its answers say so too), and an event must not wait for
        # enough of its like to be worth packing.
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        compress=False,
        # All of them: Authorization, Host, Origin, Last-Event-ID, the cookie, the query.
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER,
        function_associations=[_function(stack, "WhoAsks", "api.js")],
    )
    return dict.fromkeys(_API, behavior)


def _function(stack: Stack, name: str, file: str) -> cloudfront.FunctionAssociation:
    return cloudfront.FunctionAssociation(
        event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
        function=cloudfront.Function(
            stack,
            name,
            code=cloudfront.FunctionCode.from_file(
                file_path=str(ROOT / "infra" / "functions" / "edge" / file)
            ),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        ),
    )


def _accept(distribution: cloudfront.Distribution, *, own_name: bool) -> None:
    accept(distribution, "AwsSolutions-CFR1", "Whoever has an account may use it, wherever.")
    accept(
        distribution,
        "AwsSolutions-CFR2",
        "The firewall stands before the API's load balancer, in every region; the page is files.",
    )
    if not own_name:
        accept(
            distribution,
            "AwsSolutions-CFR4",
            "Under CloudFront's own name TLS cannot be chosen; with a domain it is 1.2 or newer.",
        )

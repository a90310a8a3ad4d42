"""The firewall before the API: how much one address may ask, and what nobody needs to ask."""

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf

from infra.sizes import Size

# Set by CloudFront, by the function of infra/delivery.py, over whatever a client says. The address
# that the firewall itself sees is CloudFront's, and the first one in X-Forwarded-For is whatever a
# client made up.
ADDRESS_HEADER = "true-client-ip"

# Rules that read bodies as if they were forms: a title with a tag in it, or the ten thousand parts
# of an upload, would be refused. Bodies here are JSON of at most 1 MiB, checked field by field.
_NOT_FOR_JSON = (
    "SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY",
    "EC2MetaDataSSRF_BODY",
)  # fmt: skip


def firewall(stack: Stack, size: Size, balancer_arn: str) -> waf.CfnWebACL:
    """Make the firewall and put it before a load balancer."""
    acl = waf.CfnWebACL(
        stack,
        "Firewall",
        scope="REGIONAL",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        visibility_config=_figures("firewall"),  # "All" is a name of AWS's own
        rules=[
            waf.CfnWebACL.RuleProperty(
                name="rate",
                priority=0,
                action=waf.CfnWebACL.RuleActionProperty(
                    block=waf.CfnWebACL.BlockActionProperty(
                        custom_response=waf.CfnWebACL.CustomResponseProperty(
                            response_code=429,
                            response_headers=[
                                waf.CfnWebACL.CustomHTTPHeaderProperty(
                                    name="Retry-After", value="60"
                                )
                            ],
                        )
                    )
                ),
                statement=_rate(size.requests_per_5_minutes),
                visibility_config=_figures("rate"),
            ),
            _managed("AWSManagedRulesCommonRuleSet", 1, only_counted=_NOT_FOR_JSON),
            _managed("AWSManagedRulesKnownBadInputsRuleSet", 2),
        ],
    )
    waf.CfnWebACLAssociation(
        stack, "FirewallPlace", resource_arn=balancer_arn, web_acl_arn=acl.attr_arn
    )
    _log(stack, acl)
    return acl


def _rate(most: int) -> waf.CfnWebACL.StatementProperty:
    header = waf.CfnWebACL.RateLimitHeaderProperty(
        name=ADDRESS_HEADER,
        text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
    return waf.CfnWebACL.StatementProperty(
        rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
            aggregate_key_type="CUSTOM_KEYS",
            custom_keys=[waf.CfnWebACL.RateBasedStatementCustomKeyProperty(header=header)],
            limit=most,
            evaluation_window_sec=300,
        )
    )


def _managed(
    name: str, priority: int, only_counted: tuple[str, ...] = ()
) -> waf.CfnWebACL.RuleProperty:
    """Return a group of AWS's own rules; of those that are only counted, what they find goes on."""
    counted = waf.CfnWebACL.RuleActionProperty(count={})
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(name=each, action_to_use=counted)
                    for each in only_counted
                ]
                or None,
            )
        ),
        visibility_config=_figures(name),
    )


def _figures(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        metric_name=name,
        # A sample shows every header of a request, the token of its session too.
        sampled_requests_enabled=False,
    )


def _log(stack: Stack, acl: waf.CfnWebACL) -> None:
    """Note what was refused or counted, without what would open a session."""
    group = logs.LogGroup(
        stack,
        "FirewallLog",
        log_group_name=f"aws-waf-logs-{stack.stack_name}",  # it writes to none of another name
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
    waf.CfnLoggingConfiguration(
        stack,
        "FirewallLogging",
        resource_arn=acl.attr_arn,
        log_destination_configs=[
            stack.format_arn(
                service="logs",
                resource="log-group",
                resource_name=group.log_group_name,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
        ],
        redacted_fields=[
            waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
            for name in ("authorization", "cookie")
        ],
        logging_filter={
            "DefaultBehavior": "DROP",
            "Filters": [
                {
                    "Behavior": "KEEP",
                    "Requirement": "MEETS_ANY",
                    "Conditions": [
                        {"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")
                    ],
                }
            ],
        },
    ).node.add_dependency(group)

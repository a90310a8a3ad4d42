"""The network: who can be reached from where."""

from itertools import pairwise
from typing import Any

from infra.sizes import SIZES
from tests.infra.assembly import Template, resources
from tests.infra.conftest import Templates


def _group(template: Template, start: str) -> str:
    [name] = [
        name for name in resources(template, "AWS::EC2::SecurityGroup") if name.startswith(start)
    ]
    return name


def _doors(template: Template, kind: str) -> set[tuple[str, str, int]]:
    """Return who may reach whom at which port, as one end of the connection has it."""
    names = {
        name: name.partition("Group")[0] for name in resources(template, "AWS::EC2::SecurityGroup")
    }
    other = {
        "AWS::EC2::SecurityGroupIngress": "SourceSecurityGroupId",
        "AWS::EC2::SecurityGroupEgress": "DestinationSecurityGroupId",
    }[kind]

    def name(reference: dict[str, Any]) -> str:
        return names[reference["Fn::GetAtt"][0]]

    found = set()
    for resource in resources(template, kind).values():
        rule = resource["Properties"]
        ends = (name(rule[other]), name(rule["GroupId"]))
        client, server = ends if "Ingress" in kind else ends[::-1]
        assert rule["FromPort"] == rule["ToPort"]
        found.add((client, server, rule["FromPort"]))
    return found


_DOORS = {
    ("Balancer", "Api", 8000),
    ("Api", "Database", 5432),
    ("Control", "Database", 5432),
    ("Worker", "Database", 5432),
    ("Migrations", "Database", 5432),
    ("Api", "Redis", 6379),
    ("Control", "Redis", 6379),
    ("Worker", "Redis", 6379),
}


def test_only_who_must_reaches_the_parts(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["network"]
    assert _doors(template, "AWS::EC2::SecurityGroupIngress") >= _DOORS
    extra = _doors(template, "AWS::EC2::SecurityGroupIngress") - _DOORS
    # What runs behind the balancer may be reached by it at no other port either.
    assert not {
        door for door in extra if door[1] in {"Database", "Redis", "Api", "Control", "Worker"}
    }
    assert _doors(template, "AWS::EC2::SecurityGroupEgress") >= _DOORS


def test_tasks_go_out_over_https_only_and_data_not_at_all(
    templates: Templates, every_size: str
) -> None:
    template = templates(every_size)["network"]
    groups = resources(template, "AWS::EC2::SecurityGroup")
    for start in ("ApiGroup", "ControlGroup", "WorkerGroup", "MigrationsGroup"):
        rules = groups[_group(template, start)]["Properties"]["SecurityGroupEgress"]
        anywhere = [rule for rule in rules if rule.get("CidrIp") == "0.0.0.0/0"]
        assert [(rule["FromPort"], rule["ToPort"]) for rule in anywhere] == [(443, 443)]
    for start in ("DatabaseGroup", "RedisGroup"):
        [rule] = groups[_group(template, start)]["Properties"]["SecurityGroupEgress"]
        assert rule["CidrIp"] == "255.255.255.255/32"  # how CloudFormation says: nowhere


def test_the_isolated_subnets_have_no_way_out(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["network"]
    routes = resources(template, "AWS::EC2::Route")
    assert routes
    assert not [name for name in routes if "isolated" in name.lower()]


def test_each_size_has_its_zones_and_ways_out(templates: Templates, every_size: str) -> None:
    size, template = SIZES[every_size], templates(every_size)["network"]
    assert len(resources(template, "AWS::EC2::Subnet")) == 3 * size.zones
    assert len(resources(template, "AWS::EC2::NatGateway")) == size.nat_gateways
    assert len(resources(template, "AWS::EC2::Instance")) == (0 if size.nat_gateways else 1)


def test_the_way_out_of_dev_is_tried_until_it_is_there(templates: Templates) -> None:
    [instance] = resources(templates("dev")["network"], "AWS::EC2::Instance").values()
    commands = instance["Properties"]["UserData"]["Fn::Base64"].splitlines()
    assert commands[1].startswith("until dnf install -y iptables-services")
    assert any("MASQUERADE" in command for command in commands[2:])
    assert instance["Properties"]["SourceDestCheck"] is False


def test_a_larger_size_leaves_the_subnets_where_they_are(templates: Templates) -> None:
    ranges = [
        {
            name: subnet["Properties"]["CidrBlock"]
            for name, subnet in resources(templates(size)["network"], "AWS::EC2::Subnet").items()
        }
        for size in ("dev", "small", "medium", "large")
    ]
    for smaller, larger in pairwise(ranges):
        assert smaller.items() <= larger.items()


def test_zones_are_those_of_the_region_it_is_put_in(templates: Templates) -> None:
    zones = [
        subnet["Properties"]["AvailabilityZone"]
        for subnet in resources(templates("large")["network"], "AWS::EC2::Subnet").values()
    ]
    assert [zone["Fn::Select"][0] for zone in zones] == [0, 1, 2] * 3


def test_zones_can_be_chosen(templates: Templates) -> None:
    zones = [
        subnet["Properties"]["AvailabilityZone"]
        for subnet in resources(templates("own-address")["network"], "AWS::EC2::Subnet").values()
    ]
    assert zones == ["us-east-1b", "us-east-1d"] * 3


def test_films_reach_s3_without_a_way_out(templates: Templates, every_size: str) -> None:
    [endpoint] = resources(templates(every_size)["network"], "AWS::EC2::VPCEndpoint").values()
    assert endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    assert len(endpoint["Properties"]["RouteTableIds"]) >= 2 * SIZES[every_size].zones


def test_what_was_refused_is_logged_for_a_month(templates: Templates) -> None:
    template = templates("small")["network"]
    [log] = resources(template, "AWS::EC2::FlowLog").values()
    assert log["Properties"]["TrafficType"] == "REJECT"
    [group] = resources(template, "AWS::Logs::LogGroup").values()
    assert group["Properties"]["RetentionInDays"] == 30

"""What judges the templates: cfn-lint, the practices of cdk-nag, and how the app refuses."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.bootstrap import ROOT
from infra import toolchain
from infra.sizes import SIZES
from tests.infra.assembly import Assembly
from tests.infra.conftest import ASKED, VARIANTS, Assemblies, Templates

# W3005: what the CDK itself makes to empty a bucket says twice what it waits for.
_NOT_OURS = "W3005"
_LINT = ROOT / ".venv-infra" / "bin" / "cfn-lint"


def test_cfn_lint_finds_nothing(
    assemblies: Assemblies, figure: Callable[[str, object], None]
) -> None:
    files = [
        str(path) for name in SIZES for path in assemblies(name).folder.glob("*.template.json")
    ]
    assert len(files) >= 4 * len(SIZES)
    begun = time.monotonic()
    done = subprocess.run(
        [str(_LINT), "--ignore-checks", _NOT_OURS, "--regions", "us-east-1", "--", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    figure(f"cfn-lint over {len(files)} templates, in s", round(time.monotonic() - begun, 1))
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_the_practices_are_kept(assemblies: Assemblies, every_size: str) -> None:
    report = json.loads((assemblies(every_size).folder / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def test_what_is_accepted_has_a_reason(
    templates: Templates, every_size: str, figure: Callable[[str, object], None]
) -> None:
    accepted = [
        (rule["id"], rule["reason"])
        for template in templates(every_size).values()
        for resource in template["Resources"].values()
        for rule in resource.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", ())
        if "AwsSolutions" in rule["id"]  # the CDK accepts findings of its own about itself
    ]
    figure(f"accepted findings of {every_size}", f"{len(accepted)}, {len({*accepted})} different")
    assert accepted
    for rule, reason in accepted:
        assert reason.endswith("."), rule
        assert len(reason.split()) >= 5, rule


def test_the_resources_are_counted(
    templates: Templates, every_size: str, figure: Callable[[str, object], None]
) -> None:
    counts = {name: len(each["Resources"]) for name, each in templates(every_size).items()}
    figure(f"resources of {every_size}", f"{sum(counts.values())} in {len(counts)} stacks")
    # CloudFormation takes 500 in one stack.
    assert max(counts.values()) < 400


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"size": "huge"}, "There is no size 'huge'; choose one of dev, small, medium, large."),
        ({"origins": "*"}, "The origin '*' must look like https://films.example"),
        ({"ladder": "mine"}, "The ladder 'mine' is none of default, mission."),
        ({"source_days": "soon"}, "'soon' is not a number of days."),
        ({"zones": "eu-west-1a"}, "The size small needs 2 zones, and not 'eu-west-1a'."),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(
    assemblies: Assemblies, tmp_path: Path, context: dict[str, str], sentence: str
) -> None:
    done = toolchain.synthesize(tmp_path, ASKED | context)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
    assert not [*tmp_path.glob("*.template.json")]


def test_a_practice_that_is_not_kept_stops_the_templates(
    assemblies: Assemblies, tmp_path: Path
) -> None:
    script = (
        "import sys; from aws_cdk import App, Stack, aws_s3; from infra import practices; "
        "app = App(outdir=sys.argv[1]); aws_s3.Bucket(Stack(app, 'bad'), 'Bucket'); "
        "practices.check(app); app.synth()"
    )
    done = subprocess.run(
        [str(toolchain.PYTHON), "-c", script, str(tmp_path)],
        env=toolchain.environment(), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "AwsSolutions-S1" in done.stderr
    assert "AwsSolutions-S10" in done.stderr


def test_no_way_from_one_deployment_to_another_takes_an_export_away(
    assemblies: Assemblies, every_size: str
) -> None:
    """What another stack imports cannot be taken away: CloudFormation would refuse the update."""
    kept = _exports(assemblies("small"))
    assert kept
    for name in (every_size, *VARIANTS):
        assert kept <= _exports(assemblies(name)), name


def _exports(assembly: Assembly) -> set[tuple[str, str]]:
    return {
        (stack, str(output["Export"]["Name"]))
        for stack, template in assembly.templates.items()
        for output in template.get("Outputs", {}).values()
        if "Export" in output
    }

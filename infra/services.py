"""The stacks that run on the base: cluster, videos, API, workers, delivery, what watches them.

Further context:
    media_public_key: path of the public key for videos through CloudFront; while it is changed, a
        comma list of the new one's and the former one's.
    media_key_secret: ARN of the secret with the private one.
    media_domain: name of the videos' distribution, covered by the certificate.
    balancer_certificate: ARN of a certificate of the deployment's own region; with it CloudFront
        speaks TLS to the load balancer too. It must cover the domain.
    database_secret: ARN of the secret of a database that was put in the place of the one that was
        made here, see docs/deploy-aws.md.
"""

from typing import TYPE_CHECKING, Any

from aws_cdk import App, Stack

from infra.api import ApiStack
from infra.cluster import ClusterStack
from infra.control import namespace_of
from infra.delivery import DeliveryStack
from infra.media import MediaStack
from infra.media_key import read_media_key
from infra.observability import ObservabilityStack
from infra.workers import WorkerStack

if TYPE_CHECKING:
    from infra.app import Base, Request


def add_services(app: App, request: "Request", base: "Base", common: dict[str, Any]) -> list[Stack]:
    """Add them; return them in the order in which they can be created.

    Raises:
        ValueError: what was asked for cannot be used; the message is one sentence for the operator.
    """

    def text(name: str) -> str | None:
        return str(app.node.try_get_context(name) or "").strip() or None

    def named(part: str) -> str:
        return f"{request.name}-{part}"

    balancer_certificate = text("balancer_certificate")
    _check(request, balancer_certificate)
    size = request.size
    own_name = {"domain": request.domain, "certificate": request.certificate}
    key = read_media_key(text("media_public_key"), text("media_key_secret"))
    media = None
    if key is not None:
        media = MediaStack(
            app,
            named("media"),
            size=size,
            storage=base.storage,
            key=key,
            domain=text("media_domain"),
            certificate=request.certificate,
            **common,
        )
    namespace = namespace_of(request.name)
    cluster = ClusterStack(app, named("cluster"), size=size, vpc=base.network.vpc, **common)
    parts: dict[str, Any] = {
        "size": size,
        "cluster": cluster.cluster,
        "network": base.network,
        "storage": base.storage,
        "messaging": base.messaging,
        "data": base.data,
        **common,
    }
    api = ApiStack(
        app,
        named("api"),
        media=media,
        accounts=request.accounts,
        namespace=namespace,
        origins=request.origins,
        certificate=balancer_certificate,
        database_secret=text("database_secret"),
        **parts,
    )
    workers = WorkerStack(app, named("workers"), places=api.places, namespace=namespace, **parts)
    # A worker may need what the migrations have made.
    workers.add_stack_dependency(api)
    delivery = DeliveryStack(
        app,
        named("delivery"),
        size=size,
        network=base.network,
        storage=base.storage,
        balancer=api.balancer,
        media_url=media.settings.url if media else None,
        balancer_tls=balancer_certificate is not None,
        **own_name,
        **common,
    )
    observability = ObservabilityStack(
        app,
        named("observability"),
        size=size,
        messaging=base.messaging,
        data=base.data,
        api=api,
        workers=workers,
        cluster_name=cluster.cluster.cluster_name,
        figures=namespace,
        alarm_email=request.alarm_email,
        **common,
    )
    return [*([media] if media else []), cluster, api, workers, delivery, observability]


def _check(request: "Request", balancer_certificate: str | None) -> None:
    """Refuse half of what belongs together.

    Raises:
        ValueError: the message is one sentence for the operator.
    """
    if bool(request.domain) != bool(request.certificate):
        raise ValueError("Give both domain and certificate, or neither of them.")
    if request.certificate and ":us-east-1:" not in request.certificate:
        raise ValueError("CloudFront takes certificates of us-east-1 only; this one is not.")
    if balancer_certificate and not request.domain:
        raise ValueError("With a balancer_certificate give the domain that it is for, too.")

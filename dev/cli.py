"""The commands of `python -m dev`: argument parsing only."""

import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Annotated, NoReturn

import typer

from dev.binaries import prepared
from dev.chart import write as write_chart
from dev.cluster import Choice
from dev.demo import demo as run_demo
from dev.demo import up as run_up
from dev.documents import write as write_documents
from dev.images import build_all as build_images
from dev.judges import judges
from dev.manifests import write as write_manifests
from dev.progress import progress

app = typer.Typer(
    help="The whole system on this machine: a real Kubernetes API, Postgres and every process.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Cluster = Annotated[
    Choice,
    typer.Option(
        help="existing: the current KUBECONFIG. kind: a new kind cluster (KIND_NODE_IMAGE and"
        " KIND_CONFIG are used). apiserver: our own kube-apiserver and etcd."
        " auto: what starts fastest of the last two."
    ),
]


@app.command()
def prepare() -> None:
    """Get what the tests start ready: found, or built once and kept for this user.

    That is kube-apiserver and etcd, from KUBEBUILDER_ASSETS, PATH or the cache, and two small
    programs that judge our status. Then everything else starts in seconds.

    Example: python -m dev prepare
    """
    with progress() as shown:
        binaries = prepared(shown)
        judges(shown)
    print(binaries.apiserver.parent)


@app.command()
def demo(
    cluster: Cluster = Choice.AUTO,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running until Ctrl-C.")] = False,
) -> None:
    """Start everything, apply the samples, watch them finish and show the best results.

    Examples: python -m dev demo · python -m dev demo --keep · python -m dev demo --cluster=kind
    """
    run_demo(cluster, keep=keep)


@app.command()
def up(cluster: Cluster = Choice.AUTO) -> None:
    """Start everything without samples, and leave it running until Ctrl-C.

    Example: python -m dev up
    """
    run_up(cluster)


@app.command()
def images(tag: Annotated[str, typer.Option(help="What both are tagged with.")] = "dev") -> None:
    """Build both images with the Docker engine that is there, print sizes, list contents.

    PYTHON_BASE_IMAGE, where set, is the base.

    Example: python -m dev images --tag dev
    """
    build_images(tag)


@app.command()
def chart() -> None:
    """Write what is generated in the Helm chart: its values' schema, README and CRD.

    Example: python -m dev chart
    """
    write_chart()


@app.command()
def manifests() -> None:
    """Write manifests/base/install.yaml from the chart, by a helm of our own.

    Example: python -m dev manifests
    """
    write_manifests()


@app.command()
def docs() -> None:
    """Write what is generated in the documents.

    Example: python -m dev docs
    """
    write_documents()


def main() -> None:
    """Run a command; whatever ends it, what it started is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except RuntimeError as error:
        # Every error of `dev/` is one, and says what to do: no stack of calls would say more.
        print(f"\n{error}", file=sys.stderr)
        sys.exit(1)


def _end(number: int, _: FrameType | None) -> NoReturn:
    # Once only: a second signal must not cut the stopping short.
    with suppress(ValueError):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)

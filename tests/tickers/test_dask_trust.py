"""Who may be in a cluster, what it is told, and what is believed of it."""

import pickle
from pathlib import Path

import pytest
import trustme
from distributed import Security
from pydantic import ValidationError

from tests.tickers.cluster import a_cluster, answered, asked, built
from tradingapi.contract import SweepRequest
from tradingapi.dask_cluster.client import DaskTickers
from tradingapi.dask_cluster.folder import job_folder
from tradingapi.dask_cluster.task import Done, Order, sweep_ticker
from tradingapi.gathering import ClusterError
from tradingapi.settings import Settings
from tradingapi.sources import SourceSettings


def test_a_cluster_elsewhere_is_spoken_to_by_tls_with_certificates(tmp_path: Path) -> None:
    """The scheduler lets nobody in without one that the same authority signed."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "cert", "key")}
    authority.cert_pem.write_to_path(files["ca"])
    issued.private_key_pem.write_to_path(files["key"])
    issued.cert_chain_pems[0].write_to_path(files["cert"])
    ours = {f"dask_{name}_file": file for name, file in files.items()}
    theirs = Security(
        require_encryption=True,
        tls_ca_file=str(files["ca"]),
        **{
            f"tls_{role}_{kind}": str(files[kind])
            for role in ("scheduler", "worker", "client")
            for kind in ("cert", "key")
        },
    )
    with (
        a_cluster(tmp_path / "dask", workers=1, security=theirs, protocol="tls://") as cluster,
        built(tmp_path / "data", dask=cluster.scheduler_address, **ours) as there,
    ):
        assert cluster.scheduler_address.startswith("tls://")
        assert 2 == len(answered(there, asked(2)).content.summary["portfolio"]["pair"].split("/"))


@pytest.mark.parametrize(
    "address",
    [
        "tcp://10.0.0.1:8786",
        "tcp://dask.svc:8786",
        "tcp://0.0.0.0:8786",
        "http://127.0.0.1:8786",
        "127.0.0.1:8786",
        "tls://127.0.0.1",
        "tls://user@dask:8786",
        "tls://dask:0",
        "tls://dask:99999",
        "tls://dask:8786/path",
        "tcp://127.0.0.1:8786,tcp://10.0.0.1:8786",
    ],
)
def test_a_scheduler_elsewhere_without_tls_is_refused_at_the_start(address: str) -> None:
    """Whoever answered there could run anything here."""
    with pytest.raises(ValidationError, match="dask: tls://host:port; tcp:// only to this machine"):
        Settings(dev=True, dask=address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://[::1]:1", "tcp://localhost:9"])
def test_this_machine_needs_no_tls(address: str) -> None:
    """Nothing leaves it."""
    assert address == Settings(dev=True, dask=address).dask


def test_tls_needs_its_three_files(tmp_path: Path) -> None:
    """The first that is missing is named."""
    with pytest.raises(ValidationError, match="dask_ca_file: a file"):
        Settings(dev=True, dask="tls://dask:8786")
    with pytest.raises(ValidationError, match="dask_cert_file: a file"):
        Settings(
            dev=True, dask="tls://dask:8786", dask_ca_file=Path(__file__), dask_cert_file=tmp_path
        )


def an_order(tickers: DaskTickers, request: SweepRequest) -> Order:
    """Write the first order of a request."""
    assert request.tickers is not None
    return tickers._orders(request, request.tickers, "parts/x/job")[0]


def test_an_order_holds_no_secret(tmp_path: Path) -> None:
    """Whoever is in the cluster reads it."""
    hook, key = "https://receiver.example/hook/T0KEN", "K3Y-0123456789abcdef"
    settings = Settings(keys=[key], dask="tcp://127.0.0.1:1", data_dir=tmp_path)
    with built(tmp_path / "data") as parts:
        tickers = DaskTickers(settings, SourceSettings.of(settings), parts.library, owner="x")
        sent = pickle.dumps(an_order(tickers, asked(1, webhook_url=hook)))

    assert b"SYN:000" in sent
    assert all(secret not in sent for secret in (b"T0KEN", b"K3Y"))


def test_what_a_worker_did_not_write_is_not_believed(tmp_path: Path) -> None:
    """A file that is not there, one that was changed, and a worker of another version."""
    settings = Settings(dev=True, dask="tcp://127.0.0.1:1", data_dir=tmp_path)
    with built(tmp_path / "data") as parts:
        tickers = DaskTickers(settings, SourceSettings.of(settings), parts.library, owner="x")
        order = an_order(tickers, asked(1, fast_range="[5, 6]", slow_range="[10, 11]"))
        file = tmp_path / order.file
        file.parent.mkdir(parents=True)
        done = sweep_ticker(order)
        assert isinstance(done, Done)

        assert 4 == len(tickers._places(order, done, 4))
        with pytest.raises(ClusterError, match="no places of these pairs"):
            tickers._places(order, done, 5)
        file.write_bytes(file.read_bytes() + b"x")
        with pytest.raises(ClusterError, match="not the one that a worker wrote"):
            tickers._places(order, done, 4)
        file.unlink()
        with pytest.raises(ClusterError, match="dask_dir: must be one folder"):
            tickers._places(order, done, 4)


def test_a_job_that_ended_gets_no_file_any_more(tmp_path: Path) -> None:
    """Its task may run on, and leaves nothing: neither in the folder nor in a new one."""
    settings = Settings(dev=True, dask="tcp://127.0.0.1:1", data_dir=tmp_path)
    with built(tmp_path / "data") as parts:
        tickers = DaskTickers(settings, SourceSettings.of(settings), parts.library, owner="x")
        order = an_order(tickers, asked(1, fast_range="[5, 6]", slow_range="[10, 11]"))
        job = (tmp_path / order.file).parent
        with job_folder(job):
            (job / "0001.unfinished").touch()
        with pytest.raises(FileNotFoundError):
            sweep_ticker(order)

        assert [] == list(job.parent.iterdir())

"""Keys and certificates of one control plane, made for it and gone with it."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """One authority and one certificate by it, for 127.0.0.1, as server and as client."""

    authority: Path
    certificate: Path
    key: Path
    """Its private key, which also signs service accounts' tokens."""


def issue(folder: Path) -> Certificates:
    """Write a new authority's certificate and one issued by it into a folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="tradingsweep local stack")
    issued = authority.issue_cert("127.0.0.1", "localhost", common_name="local-stack")
    certificates = Certificates(folder / "ca.crt", folder / "server.crt", folder / "server.key")
    authority.cert_pem.write_to_path(certificates.authority)
    for part in issued.cert_chain_pems:
        part.write_to_path(certificates.certificate, append=True)
    issued.private_key_pem.write_to_path(certificates.key)
    certificates.key.chmod(0o600)
    return certificates

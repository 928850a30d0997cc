"""The two images: built by the Docker engine that is there, and what each adds to its base."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BASE = "python:3.11-slim-bookworm"
"""The Dockerfile's own default; PYTHON_BASE_IMAGE goes before."""
_BUILD_WITHIN = 1800.0
"""Seconds."""
_ASK_WITHIN = 60.0
"""Seconds."""
SBOM = ROOT / "build" / "sbom"
"""Where the images' own lists of what they hold are put, in CycloneDX."""
_LARGEST = 10
"""Packages that are listed."""


class ImageError(RuntimeError):
    """The engine could not build or read an image; the message ends with its own words."""


@dataclass(frozen=True)
class Image:
    """One target of the Dockerfile."""

    target: str
    folder: str
    """Where its Python environment is."""

    def named(self, tag: str) -> str:
        """Return its name under a tag."""
        return f"{'tradingsweep' if self.target == 'operator' else self.target}:{tag}"


IMAGES = (Image("operator", "/opt/tradingsweep"), Image("tradingapi", "/opt/tradingapi"))


@dataclass(frozen=True)
class Size:
    """What an image adds to its base, in MB (millions of bytes)."""

    added: float
    largest: tuple[tuple[str, float], ...]
    """The largest packages, with their sizes on disk."""


def build(image: Image, tag: str) -> str:
    """Build a target from this checkout and return the image's name.

    Raises:
        ImageError: the engine is missing, or the build failed.
    """
    name = image.named(tag)
    arguments = ["build", "--target", image.target, "--tag", name]
    arguments += ["--build-arg", f"REVISION={_revision()}"]
    if base := os.environ.get("PYTHON_BASE_IMAGE"):
        arguments += ["--build-arg", f"PYTHON_BASE_IMAGE={base}"]
    docker(*arguments, str(ROOT), within=_BUILD_WITHIN)
    return name


def size(image: Image, name: str) -> Size:
    """Measure an image that was built here."""
    base = os.environ.get("PYTHON_BASE_IMAGE") or BASE
    ours, its = (int(docker("image", "inspect", "-f", "{{.Size}}", i)) for i in (name, base))
    packages = f"du -sk {image.folder}/lib/python3*/site-packages/* | sort -rn | head -{_LARGEST}"
    lines = docker("run", "--rm", "--network=none", "--entrypoint", "sh", name, "-c", packages)
    rows = (line.split() for line in lines.splitlines())
    return Size(
        (ours - its) / 1e6, tuple((Path(path).name, int(kib) * 1024 / 1e6) for kib, path in rows)
    )


def sbom(image: Image, name: str) -> str:
    """Return an image's own list of the packages that it holds."""
    file = f"{image.folder}/sbom.cdx.json"
    return docker("run", "--rm", "--network=none", "--entrypoint", "cat", name, file)


def docker(*arguments: str, within: float = _ASK_WITHIN) -> str:
    """Run one docker command and return its output.

    Raises:
        ImageError: it failed or took too long.
    """
    try:
        answer = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=within, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ImageError(f"docker {arguments[0]}: {error}") from error
    if answer.returncode != 0:
        said = (answer.stdout + answer.stderr).strip().splitlines()[-20:]
        raise ImageError("\n".join([f"docker {arguments[0]} failed:", *said]))
    return answer.stdout.strip()


def build_all(tag: str) -> None:
    """Build both images, list what each holds, and print what each adds to its base."""
    SBOM.mkdir(parents=True, exist_ok=True)
    for image in IMAGES:
        name = build(image, tag)
        (SBOM / f"{image.target}.cdx.json").write_text(sbom(image, name), "utf-8")
        found = size(image, name)
        print(f"{name} adds {found.added:.0f} MB to its base; its largest packages:")
        for package, megabytes in found.largest:
            print(f"  {megabytes:6.1f} MB  {package}")
        sys.stdout.flush()


def _revision() -> str:
    answer = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_ASK_WITHIN,
        check=False,
    )
    return answer.stdout.strip() or "unknown"

"""How many threads a machine, or its container, has for us."""

import os
from pathlib import Path

import pytest

from tradingapi.engine.cpu import processors

ALLOWED = len(os.sched_getaffinity(0))


def a_machine(root: Path, groups: str, **files: str) -> Path:
    """Lay out the files of a kernel that has control groups."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name.replace("__", "/").replace("--", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_machine_without_groups_has_what_it_is_allowed(tmp_path: Path) -> None:
    """Affinity counts, not the processors of the node."""
    assert ALLOWED == processors(tmp_path)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("max 100000", ALLOWED),
        ("9900000 100000", ALLOWED),
        ("garbage", ALLOWED),
        ("", ALLOWED),
        ("100000 0", ALLOWED),
    ],
)
def test_a_quota_of_version_2_bounds_it(tmp_path: Path, quota: str, expected: int) -> None:
    """A part of a processor is one thread; what cannot be read bounds nothing."""
    root = a_machine(tmp_path, "0::/pod/box\n", **{"pod__box__cpu--max": quota})

    assert expected == processors(root)


def test_a_group_above_bounds_those_below(tmp_path: Path) -> None:
    """The pod's quota counts although the container has none."""
    files = {"pod__cpu--max": "100000 100000", "pod__box__cpu--max": "max 100000"}

    assert 1 == processors(a_machine(tmp_path, "0::/pod/box\n", **files))


def test_inside_a_container_the_mount_is_the_group(tmp_path: Path) -> None:
    """The path of the node does not exist there, the quota does."""
    root = a_machine(tmp_path, "0::/kubepods/pod7/box\n", **{"cpu--max": "100000 100000"})

    assert 1 == processors(root)


@pytest.mark.parametrize(("quota", "expected"), [("100000", 1), ("-1", ALLOWED)])
def test_a_quota_of_version_1_bounds_it(tmp_path: Path, quota: str, expected: int) -> None:
    """-1 is none."""
    files = {"cpu__box__cpu--cfs_quota_us": quota, "cpu__box__cpu--cfs_period_us": "100000"}

    assert expected == processors(a_machine(tmp_path, "3:cpu,cpuacct:/box\n0::/\n", **files))

"""What a library loads at its first use: the image's bytecode is made of what imports load."""

import subprocess
import sys

CONNECTED = """
import asyncio, sys
import tradingsweep.running
from kubernetes.aio.client import ApiClient, Configuration
from tradingsweep.adapters.kube import KubeCluster

async def connect():
    async with ApiClient(Configuration()) as api:
        KubeCluster(api, "holder", ())

before = set(sys.modules)
asyncio.run(connect())
print(*(name for name in set(sys.modules) - before if name.startswith("kubernetes.")))
"""


def test_connecting_loads_nothing_more_of_the_kubernetes_client() -> None:
    """It would be compiled at every start of a pod, which takes time and 80 MiB."""
    answer = subprocess.run(
        [sys.executable, "-c", CONNECTED], capture_output=True, text=True, check=True
    )

    assert [] == answer.stdout.split()

"""How the API server is reached: as who, and through which proxy."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kubernetes.aio import client, config

from tradingsweep.adapters.kube_requests import Asked, counting
from tradingsweep.errors import ConfigurationError


async def access(kubeconfig: str | None, asked: Asked | None) -> client.Configuration:
    """Return the settings of the pod's service account, or those of a kubeconfig.

    Args:
        kubeconfig: its path; None: the current one.
        asked: told of every request.

    Raises:
        ConfigurationError: there is neither.
    """
    settings = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=settings)
    except config.ConfigException:
        try:
            await config.load_kube_config(kubeconfig, client_configuration=settings)
        except (config.ConfigException, OSError) as error:
            raise ConfigurationError(
                f"no cluster: not in a pod, and no usable KUBECONFIG ({error})"
            ) from error
    if asked is not None:
        settings.trace_configs = [counting(asked)]
    # Trusted with the environment, aiohttp would also look into ~/.netrc, for each request anew,
    # and send whoever asks the API server's address what a `default` entry there says.
    settings.client_session_kwargs = {"trust_env": False}
    settings.proxy = settings.proxy or proxy_to(settings.host)
    return settings


def proxy_to(address: str) -> str | None:
    """Return the proxy that the environment names for an address, if any."""
    parts = urlsplit(address)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)

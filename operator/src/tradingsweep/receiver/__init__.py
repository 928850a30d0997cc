"""The callback receiver: a process that writes what it hears into the inbox, and decides nothing.

It has no Kubernetes client, and its Postgres role can execute the inbox functions and no more.
"""

from tradingsweep.receiver.routes import app
from tradingsweep.receiver.server import serve
from tradingsweep.receiver.settings import ReceiverSettings

__all__ = ["ReceiverSettings", "app", "serve"]

"""Rules that let the server act, and kill who asked before it hears the answer."""

from collections.abc import Callable
from typing import Any

from tests.faults.effects import Effect
from tests.faults.http_proxy import Asked, Forward, HttpProxy, Reply, Rule

SUBMIT = r"/api/v1/strategy/sweep$"


class Traps:
    """The traps of one system; each catches once."""

    def __init__(self, kube: HttpProxy, trading: HttpProxy) -> None:
        self._kube, self._trading = kube, trading
        self._armed: list[tuple[HttpProxy, Rule]] = []

    def arm(self, asked: dict[str, Any], caught: Callable[[], None]) -> None:
        """Set a trap for the effect that a question describes."""
        proxy, rule = self._rule(asked)

        async def act(_: Asked, forward: Forward) -> Reply | None:
            reply = await forward()
            if not reply.is_success:
                return reply
            caught()
            return None

        rule.act, rule.times = act, 1
        self._armed.append((proxy, rule))
        proxy.rules.insert(0, rule)

    def disarm(self) -> None:
        """Take away every trap that has caught nothing."""
        for proxy, rule in self._armed:
            if rule in proxy.rules:
                proxy.rules.remove(rule)
        self._armed.clear()

    def _rule(self, asked: dict[str, Any]) -> tuple[HttpProxy, Rule]:
        name = asked["sweep"]
        match Effect(asked["effect"]):
            case Effect.POST:
                key = asked["key"].encode()
                return self._trading, Rule(_nothing, "POST", SUBMIT, contains=key)
            case Effect.CANCEL:
                return self._trading, Rule(_nothing, "POST", rf"/api/v1/jobs/{asked['job']}/cancel")
            case Effect.EVENT:
                said = asked["event"].encode()
                return self._kube, Rule(_nothing, "POST", r"/apis/events", contains=said)
            case Effect.DELETE:
                return self._kube, Rule(_nothing, "DELETE", rf".*/tradingsweeps/{name}\b")
            case _:
                return self._kube, Rule(_nothing, "PATCH", rf".*/tradingsweeps/{name}/status\b")


async def _nothing(_: Asked, forward: Forward) -> Reply:
    return await forward()

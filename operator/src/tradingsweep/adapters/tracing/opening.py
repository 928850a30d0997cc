"""Whether a process traces: only where OpenTelemetry's own variable names a collector."""

import os
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from tradingsweep.adapters.tracing.telemetry import Telemetry

log = structlog.get_logger()

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Read by OpenTelemetry's library, as its other variables are: headers, sampler, attributes, …"""


def open_telemetry(process: str) -> "Telemetry | None":
    """Open what traces a process, `operator` or `receiver`; None where it does not trace.

    Without the extra one line says so, and the process works as it does untraced: nobody's sweeps
    wait for somebody's traces.
    """
    if not any(os.environ.get(name, "").strip() for name in ENDPOINTS):
        return None
    try:
        from tradingsweep.adapters.tracing.telemetry import Telemetry
    except ModuleNotFoundError as error:
        log.warning(
            "traces_off",
            problem=f"a collector is named, but {error.name} is not installed",
            advice=f"install tradingsweep[tracing], or unset {' and '.join(ENDPOINTS)}",
        )
        return None
    return Telemetry(process)

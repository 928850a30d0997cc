# One file, two images: `--target operator` (operator, receiver, migration) and
# `--target tradingapi`. BuildKit and the classic builder both take it: no mounts, no heredocs.
# `make image` builds both, and says what each adds to its base.
ARG PYTHON_BASE_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_BASE_IMAGE} AS builder
ARG UV_VERSION=0.13.9
ENV UV_FROZEN=1 \
    UV_LINK_MODE=copy \
    UV_NO_DEV=1 \
    UV_PYTHON=python3 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PREVIEW_FEATURES=sbom-export
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --quiet "uv==${UV_VERSION}"
ENV PATH=/opt/uv/bin:$PATH
WORKDIR /src
COPY pyproject.toml uv.lock ./
COPY operator/pyproject.toml operator/
COPY tradingapi/pyproject.toml tradingapi/

# Libraries first: they change seldom. Then our own package, then what makes it start quickly.
FROM builder AS operator-build
ENV UV_PROJECT_ENVIRONMENT=/opt/tradingsweep
RUN uv sync --package tradingsweep --extra tracing --no-install-workspace
COPY LICENSE ./
COPY operator operator
COPY dev/image dev/image
RUN uv sync --package tradingsweep --extra tracing --no-editable \
 && uv export --package tradingsweep --extra tracing --format cyclonedx1.5 --quiet \
      | /opt/tradingsweep/bin/python dev/image/sbom.py > /opt/tradingsweep/sbom.cdx.json \
 && sh dev/image/trim.sh /opt/tradingsweep \
 && /opt/tradingsweep/bin/python dev/image/bytecode.py \
      tradingsweep.cli tradingsweep.running tradingsweep.receiver.server \
      tradingsweep.adapters.tracing.telemetry \
      httpcore httpcore._backends.anyio anyio._backends._asyncio

FROM ${PYTHON_BASE_IMAGE} AS runtime
COPY dev/image/bare.sh /tmp/bare.sh
RUN sh /tmp/bare.sh && rm /tmp/bare.sh
# No user has this number, and libraries (kopf) ask for the user's name.
ENV HOME=/tmp LOGNAME=tradingsweep PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 65532:65532

FROM runtime AS operator
COPY --from=operator-build /opt/tradingsweep /opt/tradingsweep
ENV PATH=/opt/tradingsweep/bin:$PATH
EXPOSE 8080 3000
ENTRYPOINT ["tradingsweep"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tradingsweep" \
      org.opencontainers.image.description="Operator and callback receiver of TradingSweep resources" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# Of arch only the price files are wanted; what its models need (150 MB) stays out.
FROM builder AS tradingapi-build
ARG NUMBA_CPU_NAME=x86-64-v3
ENV UV_PROJECT_ENVIRONMENT=/opt/tradingapi \
    NUMBA_CPU_NAME=${NUMBA_CPU_NAME} \
    NUMBA_CPU_FEATURES=
RUN uv sync --package tradingapi --extra arch --extra bayes --extra dask --no-install-workspace \
      --no-install-package formulaic --no-install-package interface-meta \
      --no-install-package narwhals --no-install-package patsy --no-install-package scipy \
      --no-install-package statsmodels --no-install-package wrapt
COPY LICENSE ./
COPY tradingapi tradingapi
COPY dev/image dev/image
RUN uv sync --package tradingapi --extra arch --extra bayes --extra dask --no-editable --inexact \
      --no-install-package formulaic --no-install-package interface-meta \
      --no-install-package narwhals --no-install-package patsy --no-install-package scipy \
      --no-install-package statsmodels --no-install-package wrapt \
 && uv export --package tradingapi --extra arch --extra bayes --extra dask --format cyclonedx1.5 --quiet \
      | /opt/tradingapi/bin/python dev/image/sbom.py > /opt/tradingapi/sbom.cdx.json \
 && sh dev/image/trim.sh /opt/tradingapi \
 && /opt/tradingapi/bin/python dev/image/bytecode.py \
      tradingapi.cli tradingapi.server tradingapi.prices.arch_data \
 && XDG_CACHE_HOME=/opt/tradingapi/kernels /opt/tradingapi/bin/python dev/image/kernels.py

# Compiled kernels are for one kind of processor: the same name is needed to find them again.
FROM runtime AS tradingapi
ARG NUMBA_CPU_NAME=x86-64-v3
COPY --from=tradingapi-build /opt/tradingapi /opt/tradingapi
ENV PATH=/opt/tradingapi/bin:$PATH \
    NUMBA_CPU_NAME=${NUMBA_CPU_NAME} \
    NUMBA_CPU_FEATURES= \
    TRADING_API_DATA_DIR=/data \
    TRADING_API_KERNELS=/opt/tradingapi/kernels/tradingapi \
    XDG_CACHE_HOME=/tmp/cache
EXPOSE 8000
ENTRYPOINT ["tradingapi"]
CMD ["serve", "--host", "0.0.0.0"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tradingapi" \
      org.opencontainers.image.description="Reference Trading API: parameter-sweep backtests over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# Backfeed in a container. Three targets:
#   base   the engine and bubblewrap: `docker build --target base -t backfeed .`
#   tools  base, with the languages' own tool chains
#   test   tools, with the repository and its tests
# Programs run in bubblewrap inside, for which a container must be started with
#   docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined ...
# (no capability is needed, and any user will do), or in containers beside it, with
#   docker run -v /var/run/docker.sock:/var/run/docker.sock ... --sandbox docker
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates git python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml README.md LICENSE /opt/backfeed/
COPY src/backfeed/*.py src/backfeed/py.typed /opt/backfeed/src/backfeed/
COPY engine /opt/backfeed/engine
COPY analyzers /opt/backfeed/analyzers
COPY sandboxes /opt/backfeed/sandboxes
COPY grammars /opt/backfeed/grammars
COPY plugins /opt/backfeed/plugins
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --only-binary=:all: '/opt/backfeed[docker]'
# The launcher of the sandbox is made beside its source; the compiler does not stay.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && /opt/venv/bin/python -m backfeed.sandboxes._launcher \
    && apt-get purge -y --auto-remove gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /data
ENTRYPOINT ["backfeed"]

FROM base AS tools
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        bats default-jdk-headless g++ gcc golang-go nodejs npm php-cli ruby rustc shellcheck \
    && rm -rf /var/lib/apt/lists/*

FROM tools AS test
RUN apt-get update \
    && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src
RUN make venv
ENTRYPOINT []
CMD [".venv/bin/pytest"]

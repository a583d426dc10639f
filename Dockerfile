# Backfeed in a container.
#   docker build -t backfeed .                                    with Python alone
#   docker build -t backfeed --build-arg BASE=backfeed-tools .    with the tool chains of all languages
# BASE is any Debian; where no registry of images answers, `make images` makes backfeed-base and
# backfeed-tools, and --network host is needed with an engine that `make engine` started. PIP_INDEX_URL
# is the package index, if it is not PyPI.
# Programs run in bubblewrap inside, for which a container must be started with
#   docker run --security-opt seccomp=sandboxes/seccomp.json --security-opt systempaths=unconfined ...
# (no capability is needed, and any user will do), or in containers beside it, with
#   docker run -v /var/run/docker.sock:/var/run/docker.sock ... --sandbox docker
ARG BASE=debian:bookworm-slim

FROM ${BASE}
ARG PIP_INDEX_URL
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates git python3 python3-venv \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml README.md LICENSE /opt/backfeed/
COPY src/backfeed/*.py src/backfeed/py.typed /opt/backfeed/src/backfeed/
COPY engine /opt/backfeed/engine
COPY analyzers /opt/backfeed/analyzers
COPY sandboxes /opt/backfeed/sandboxes
COPY grammars /opt/backfeed/grammars
COPY plugins /opt/backfeed/plugins
RUN python3 -m venv /opt/venv \
    && PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
        /opt/venv/bin/pip install --no-cache-dir --only-binary=:all: '/opt/backfeed[docker,openai]'
# The launcher of the sandbox is made beside its source; a compiler that was not there does not stay.
RUN make="/opt/venv/bin/python -m backfeed.sandboxes._launcher"; \
    if command -v gcc; then $make; else \
        apt-get update \
        && apt-get install -y --no-install-recommends gcc libc6-dev \
        && $make \
        && apt-get purge -y --auto-remove gcc libc6-dev \
        && apt-get clean \
        && rm -rf /var/lib/apt/lists/*; \
    fi
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /data
ENTRYPOINT ["backfeed"]

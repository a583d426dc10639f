# Go (a later one where the distribution's is old); its library and testify compiled ahead.
#   docker build --build-arg BASE=IMAGE -t backfeed-go -f sandboxes/images/go.Dockerfile tools
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY toolchains.sh /tmp/
RUN sh /tmp/toolchains.sh python go \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/* /tmp/*
CMD ["python3"]

# The tool chains of all families in one image.
#   docker build --build-arg BASE=IMAGE -t backfeed-tools -f sandboxes/images/tools.Dockerfile tools
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY toolchains.sh /tmp/
RUN sh /tmp/toolchains.sh \
    && apt-get purge -y -qq --auto-remove npm >/dev/null \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/* /tmp/*
CMD ["python3"]

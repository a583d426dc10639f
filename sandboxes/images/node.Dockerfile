# JavaScript and TypeScript: node, jest, TypeScript and esbuild.
#   docker build --build-arg BASE=IMAGE -t backfeed-node -f sandboxes/images/node.Dockerfile tools
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY toolchains.sh /tmp/
RUN sh /tmp/toolchains.sh python node \
    && apt-get purge -y -qq --auto-remove npm >/dev/null \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/* /tmp/*
CMD ["python3"]

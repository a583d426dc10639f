# Bash, Lua, Perl, PHP and Ruby, with their frameworks of tests.
#   docker build --build-arg BASE=IMAGE -t backfeed-scripts -f sandboxes/images/scripts.Dockerfile tools
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY toolchains.sh /tmp/
RUN sh /tmp/toolchains.sh python scripts \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/* /tmp/*
CMD ["python3"]

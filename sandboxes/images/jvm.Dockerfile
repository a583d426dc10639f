# Java: a JDK without windows, JUnit 5 and AssertJ.
#   docker build --build-arg BASE=IMAGE -t backfeed-jvm -f sandboxes/images/jvm.Dockerfile tools
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY toolchains.sh /tmp/
RUN sh /tmp/toolchains.sh python jvm \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/* /tmp/*
CMD ["python3"]

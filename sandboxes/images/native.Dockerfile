# C and C++: gcc, g++, Boost and OpenSSL.
#   docker build --build-arg BASE=IMAGE -t backfeed-native -f sandboxes/images/native.Dockerfile tools
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY toolchains.sh /tmp/
RUN sh /tmp/toolchains.sh python native \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/* /tmp/*
CMD ["python3"]

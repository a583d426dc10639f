# Rust, and the crates md5, rand and regex compiled ahead.
#   docker build --build-arg BASE=IMAGE -t backfeed-rust -f sandboxes/images/rust.Dockerfile tools
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY toolchains.sh /tmp/
RUN sh /tmp/toolchains.sh python rust \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/* /tmp/*
CMD ["python3"]

# hadolint global ignore=DL3006,DL3048
FROM scratch
COPY nats-server /nats-server
ENTRYPOINT ["/nats-server"]

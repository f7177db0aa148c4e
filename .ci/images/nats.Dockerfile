# hadolint global ignore=DL3007
FROM csm-local/python:latest
COPY nats-server /usr/local/bin/nats-server
# The health check of docker-compose.yml asks with wget, which the official image has.
RUN ln -s /bin/busybox /usr/local/bin/wget
ENTRYPOINT ["nats-server"]

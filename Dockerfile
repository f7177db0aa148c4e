# Every image of CSM, one target each:  docker build --target classifier .
# The base may be any image with Python 3.11 or newer as python3 and its venv module.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

# ---- the members as wheels, built with the pinned tools
FROM ${PYTHON_IMAGE} AS build
SHELL ["/bin/sh", "-euxc"]
WORKDIR /source
COPY requirements-bootstrap.lock requirements.lock ./
# Constraints carry their hashes: uv refuses a file that is not the locked one.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never \
    UV_CONSTRAINT=/source/requirements.lock UV_COMPILE_BYTECODE=1 UV_NO_SOURCES=1
RUN python3 -m venv /tools; \
    /tools/bin/pip install --quiet --require-hashes -r requirements-bootstrap.lock; \
    /tools/bin/uv pip install --quiet --python /tools/bin/python uv-build
# What all services share comes first: one layer that is built once.
COPY libs/common/pyproject.toml libs/common/pyproject.toml
RUN python3 -m venv --without-pip /app; \
    /tools/bin/uv pip install --quiet --python /app/bin/python -r libs/common/pyproject.toml
COPY libs libs
COPY services services
COPY tests/simulators tests/simulators
RUN for member in libs/* services/* tests/simulators; do \
        /tools/bin/uv build --quiet --wheel --no-build-isolation --python /tools/bin/python \
            --out-dir /wheels "$member"; \
    done
ENV UV_PYTHON=/app/bin/python

# A member and what it imports. Members are named as files: an index may have others of their name.
FROM build AS install-gmail_ingest
# Of 611 discovery documents (110 MB) Gmail's is the one that is read.
RUN /tools/bin/uv pip install --quiet /wheels/csm_common-*.whl /wheels/gmail_ingest-*.whl; \
    find /app -path '*/discovery_cache/documents/*' ! -name gmail.v1.json -delete
FROM build AS install-webhook_gateway
RUN /tools/bin/uv pip install --quiet /wheels/csm_common-*.whl /wheels/webhook_gateway-*.whl
FROM build AS install-classifier
RUN /tools/bin/uv pip install --quiet /wheels/csm_common-*.whl /wheels/classifier-*.whl
FROM build AS install-draft_writer
RUN /tools/bin/uv pip install --quiet /wheels/csm_common-*.whl /wheels/draft_writer-*.whl
FROM build AS install-followups
RUN /tools/bin/uv pip install --quiet /wheels/csm_common-*.whl /wheels/followups-*.whl
FROM build AS install-simulators
# They know nothing of what they test, and bring nothing of it.
RUN python3 -m venv --without-pip --clear /app; \
    /tools/bin/uv pip install --quiet /wheels/simulators-*.whl
FROM build AS install-cli
RUN rm /wheels/simulators-*.whl; \
    /tools/bin/uv pip install --quiet /wheels/*.whl; \
    find /app -path '*/discovery_cache/documents/*' ! -name gmail.v1.json -delete

# ---- what runs: Python, one folder of packages, no tools, no root
FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="CSM" \
      org.opencontainers.image.description="Takes the mail of a Gmail mailbox into a FreeScout help desk, exactly once" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CSM_CONFIG=/etc/csm/csm.toml CSM_STATE_DIR=/var/lib/csm CSM_HEALTH_HOST=0.0.0.0
# The only folder it writes to, beside /tmp: a volume there inherits the owner.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/csm
WORKDIR /var/lib/csm
USER 10001:10001
STOPSIGNAL SIGTERM

FROM runtime AS gmail_ingest
COPY --from=install-gmail_ingest /app /app
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s CMD ["python", "-m", "csm.probe", "8081"]
EXPOSE 8081
ENTRYPOINT ["python", "-m", "gmail_ingest"]

FROM runtime AS webhook_gateway
COPY --from=install-webhook_gateway /app /app
ENV CSM_WEBHOOK_GATEWAY__WEBHOOK_HOST=0.0.0.0
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s CMD ["python", "-m", "csm.probe", "8082"]
EXPOSE 8082 8000
ENTRYPOINT ["python", "-m", "webhook_gateway"]

FROM runtime AS classifier
COPY --from=install-classifier /app /app
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s CMD ["python", "-m", "csm.probe", "8083"]
EXPOSE 8083
ENTRYPOINT ["python", "-m", "classifier"]

FROM runtime AS draft_writer
COPY --from=install-draft_writer /app /app
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s CMD ["python", "-m", "csm.probe", "8084"]
EXPOSE 8084
ENTRYPOINT ["python", "-m", "draft_writer"]

FROM runtime AS followups
COPY --from=install-followups /app /app
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s CMD ["python", "-m", "csm.probe", "8085"]
EXPOSE 8085
ENTRYPOINT ["python", "-m", "followups"]

# Never part of an installation: a FreeScout, a Gmail and a model to try CSM on.
FROM runtime AS simulators
COPY --from=install-simulators /app /app
ENTRYPOINT ["python", "-m", "simulators"]

FROM runtime AS cli
COPY --from=install-cli /app /app
ENTRYPOINT ["csm"]
CMD ["--help"]

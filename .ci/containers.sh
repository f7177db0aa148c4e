#!/usr/bin/env bash
# Builds every image on a base made here, starts the Compose project with what images there are,
# takes one mail all the way through, and ends everything again.
# Without a Docker daemon, and none to be started, it is skipped in one loud line; never with
# CSM_REQUIRE_CONTAINERS=1. Needs a .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

skip() {
    if [ "${CSM_REQUIRE_CONTAINERS:-0}" = 1 ]; then
        echo "CONTAINERS REQUIRED (CSM_REQUIRE_CONTAINERS=1), but $1"
        exit 1
    fi
    echo "!!!! CONTAINER STAGE SKIPPED: $1 !!!!"
    exit 0
}

work="$(mktemp -d)"
daemon=""
compose=()
finish() {
    local code=$?
    trap - EXIT
    if [ "${#compose[@]}" -gt 0 ]; then
        [ "$code" -eq 0 ] || "${compose[@]}" --profile demo logs --tail 30 2> /dev/null || true
        "${compose[@]}" --profile demo --profile tools down --volumes --remove-orphans \
            --timeout 5 > /dev/null 2>&1 || true
    fi
    if [ -n "$daemon" ]; then
        kill "$daemon" 2> /dev/null || true
        wait "$daemon" 2> /dev/null || true
    fi
    rm -rf "$work" var/ci-secrets
    exit "$code"
}
trap finish EXIT
trap 'exit 143' TERM INT

packages() {  # the Debian packages that bring these commands, if this machine may install them
    command -v "$1" > /dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 1
    apt-get update -qq > "$work/apt" 2>&1 \
        && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            docker.io debootstrap iptables >> "$work/apt" 2>&1
}

if ! docker info > /dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || skip "no Docker daemon answers, and only root can start one"
    packages dockerd || skip "no Docker daemon answers, and docker.io cannot be installed"
    dockerd > "$work/dockerd.log" 2>&1 &
    daemon=$!
    for _ in $(seq 100); do
        docker info > /dev/null 2>&1 && break
        kill -0 "$daemon" 2> /dev/null || break
        sleep 0.2
    done
    docker info > /dev/null 2>&1 || {
        why="$(tail -n 1 "$work/dockerd.log")"
        skip "dockerd does not start: $why"
    }
fi
if ! docker image inspect csm-local/python > /dev/null 2>&1; then
    packages debootstrap || skip "there is no base image, and no debootstrap to make one"
fi
make --no-print-directory ship-tools
.ci/local_images.sh

export COMPOSE_PROJECT_NAME=csm-ci CSM_SECRETS=./var/ci-secrets OTEL_EXPORTER_OTLP_ENDPOINT=
export PYTHON_IMAGE=csm-local/python NATS_IMAGE=csm-local/nats POSTGRES_IMAGE=csm-local/postgres
export CSM_WEBHOOK_PORT=18000 CSM_DEMO_GMAIL_PORT=18091 CSM_DEMO_DESK_PORT=18092
compose=(.venv-ship/bin/docker-compose)
mapfile -t services < <(.venv/bin/python -c 'from csm_cli import services; print(*services.names(), sep="\n")')
.venv/bin/csm secrets "$CSM_SECRETS" --containers --demo > /dev/null
"${compose[@]}" --profile demo build --quiet provision gmail "${services[@]}"
"${compose[@]}" --profile demo up --detach --wait --quiet-pull \
    nats postgres gmail freescout llm "${services[@]}"
printf '%s\r\n' 'From: Ann <ann@customers.example>' 'To: support@desk.example' \
    'Subject: Order 4412 has not arrived' 'Message-ID: <ci@customers.example>' \
    'Date: Wed, 04 Nov 2026 10:00:00 +0000' '' 'Where is my order?' > "$work/mail.eml"
COMPOSE="${compose[*]}" .venv/bin/python tests/compose_demo.py --mail "$work/mail.eml"
docker images --format '{{.Repository}} {{.Size}}' 'csm/*' | sort -u

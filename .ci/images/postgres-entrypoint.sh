#!/bin/sh
# As much of the official image's entrypoint as docker-compose.yml relies on.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="${POSTGRES_USER:-postgres}" --pwfile="$POSTGRES_PASSWORD_FILE" \
        --auth=scram-sha-256 --encoding=UTF8 > /dev/null
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    PGPASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")"
    export PGPASSWORD
    pg_ctl -w start -o "-c listen_addresses= -k /tmp" > /dev/null
    for script in /docker-entrypoint-initdb.d/*; do
        PGHOST=/tmp PGUSER="${POSTGRES_USER:-postgres}" sh "$script"
    done
    pg_ctl -w -m fast stop > /dev/null
    unset PGPASSWORD
fi
exec "$@" -c listen_addresses='*' -k /tmp

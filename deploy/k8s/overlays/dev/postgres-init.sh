#!/bin/sh
# One role and one database per service; its password stands in the service's own address.
set -eu
for file in /run/secrets/*-database-url; do
    address="$(cat "$file")"
    account="${address#*://}"
    role="${account%%:*}"
    password="${account#*:}"
    psql -v ON_ERROR_STOP=1 --quiet <<SQL
CREATE ROLE "$role" LOGIN PASSWORD '${password%%@*}';
CREATE DATABASE "$role" OWNER "$role";
REVOKE CONNECT ON DATABASE "$role" FROM PUBLIC;
SQL
done

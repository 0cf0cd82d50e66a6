#!/bin/sh
# PostgreSQL, kept where quay.io/sclorg's images keep it: the data below data/userdata of the home, and in the home itself what is
# written anew at each start. Made at the first start, with one user and its database.
set -eu
export HOME=/var/lib/pgsql PGDATA=/var/lib/pgsql/data/userdata
user=$POSTGRESQL_USER database=$POSTGRESQL_DATABASE password=$POSTGRESQL_PASSWORD

printf '%s\n' "listen_addresses = '*'" "shared_buffers = 16MB" "jit = off" >"$HOME/server.conf"
# One that was ended while it was being made is made anew.
if [ ! -f "$PGDATA/made" ]; then
  rm -rf "$PGDATA"
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  initdb --no-sync -U postgres -E UTF8 --locale=C --auth-local=trust --auth-host=scram-sha-256
  echo "include '$HOME/server.conf'" >>"$PGDATA/postgresql.conf"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  printf '%s\n' "create role \"$user\" login password '$password'" "create database \"$database\" owner \"$user\"" | postgres --single postgres
  : >"$PGDATA/made"
fi
unset POSTGRESQL_USER POSTGRESQL_DATABASE POSTGRESQL_PASSWORD user database password
exec postgres

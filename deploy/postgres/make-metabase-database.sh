#!/bin/sh
# Run once, when the volume is empty: a database and an account for what Metabase itself keeps.
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=password="$METABASE_DB_PASSWORD" <<'SQL'
create role metabase login password :'password';
create database metabase owner metabase;
revoke connect on database :"DBNAME" from public;
SQL

#!/bin/sh
# First start of PostgreSQL: a role for each service that may connect and owns the schema of its own name, no more.
# Passwords come from the environment, BK_DATABASE_PASSWORD_<SERVICE>.
set -eu

psql --set=ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname "$POSTGRES_DB" \
    --set=alerting="$BK_DATABASE_PASSWORD_ALERTING" \
    --set=gateway="$BK_DATABASE_PASSWORD_GATEWAY" \
    --set=intercom="$BK_DATABASE_PASSWORD_INTERCOM" \
    --set=recorder="$BK_DATABASE_PASSWORD_RECORDER" \
    --set=database="$POSTGRES_DB" <<'SQL'
begin;
revoke all on database :"database" from public;
revoke all on schema public from public;
create role alerting login nosuperuser nocreatedb nocreaterole password :'alerting';
create role gateway login nosuperuser nocreatedb nocreaterole password :'gateway';
create role intercom login nosuperuser nocreatedb nocreaterole password :'intercom';
create role recorder login nosuperuser nocreatedb nocreaterole password :'recorder';
grant connect, temporary on database :"database" to alerting, gateway, intercom, recorder;
create schema alerting authorization alerting;
create schema gateway authorization gateway;
create schema intercom authorization intercom;
create schema recorder authorization recorder;
commit;
SQL

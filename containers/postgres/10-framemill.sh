#!/bin/sh
# Makes the services' role and database, or brings the role's password up to date. Run by the image
# when the cluster is new, and by hand after the password was renewed:
#   docker compose exec postgres /docker-entrypoint-initdb.d/10-framemill.sh
set -eu

# The services' role owns its database and is no superuser. The password never stands in a command
# line, where any process could read it.
password=$(cat /var/lib/framemill/secrets/database-password)
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
SET log_statement = 'none';
SELECT 'CREATE ROLE framemill' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'framemill') \gexec
ALTER ROLE framemill LOGIN PASSWORD '$password';
SELECT 'CREATE DATABASE framemill OWNER framemill' WHERE NOT EXISTS
    (SELECT FROM pg_database WHERE datname = 'framemill') \gexec
SQL

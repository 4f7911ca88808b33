#!/bin/sh
# Prints the Secrets that k8s/base and k8s/overlays/demo name, with values generated here and kept nowhere else.
#
#   sh k8s/make-secrets.sh | kubectl create -f -
#
# `create`, not `apply`: it refuses to replace passwords that the data already lives by. With a database of your own
# set DATABASE (host:port/name) and put its roles' passwords into the Secrets afterwards.
set -eu

database=${DATABASE:-postgres:5432/bright_kitchen}

random() { head -c "$1" /dev/urandom; }
hex() { random "$1" | od -An -v -tx1 | tr -d ' \n'; }
# A letter first: nats-server reads a variable as a value, and 12e4 would be a number.
password() { printf 'p%s' "$(hex 24)"; }

# secret NAME KEY VALUE [KEY VALUE ...]
secret() {
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: bright-kitchen\nstringData:\n' "$1"
    shift
    while [ $# -gt 0 ]; do
        printf '  %s: "%s"\n' "$1" "$2"
        shift 2
    done
}

# url ROLE PASSWORD
url() { printf 'postgresql+asyncpg://%s:%s@%s' "$1" "$2" "$database"; }

alerting=$(password) detector=$(password) gateway=$(password)
ingest=$(password) intercom=$(password) recorder=$(password)
secret nats \
    BK_NATS_PASSWORD_ALERTING "$alerting" BK_NATS_PASSWORD_DETECTOR "$detector" BK_NATS_PASSWORD_GATEWAY "$gateway" \
    BK_NATS_PASSWORD_INGEST "$ingest" BK_NATS_PASSWORD_INTERCOM "$intercom" BK_NATS_PASSWORD_RECORDER "$recorder"

db_alerting=$(password) db_gateway=$(password) db_intercom=$(password) db_recorder=$(password)
secret alerting nats-password "$alerting" database-url "$(url alerting "$db_alerting")"
secret detector nats-password "$detector"
secret gateway nats-password "$gateway" database-url "$(url gateway "$db_gateway")"
secret ingest nats-password "$ingest"
secret intercom nats-password "$intercom" database-url "$(url intercom "$db_intercom")"
secret recorder nats-password "$recorder" database-url "$(url recorder "$db_recorder")" \
    evidence-key "$(random 32 | base64)"
secret sealing secret-key "$(random 32 | base64)"
# The TURN servers are given the same (coturn: use-auth-secret, static-auth-secret).
secret turn secret "$(password)"
secret objects access-key "$(hex 10)" secret-key "$(password)"

# Only overlays/demo reads these two.
secret postgres POSTGRES_PASSWORD "$(password)" BK_DATABASE_PASSWORD_ALERTING "$db_alerting" \
    BK_DATABASE_PASSWORD_GATEWAY "$db_gateway" BK_DATABASE_PASSWORD_INTERCOM "$db_intercom" \
    BK_DATABASE_PASSWORD_RECORDER "$db_recorder"
secret demo-camera password "$(password)"

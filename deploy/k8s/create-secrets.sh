#!/bin/sh
# Makes the Secrets that the manifests name from a folder of `csm secrets`.
# Usage: deploy/k8s/create-secrets.sh secrets [kubectl options]
set -eu
folder="$1"
shift
make() {  # name, keys...
    name="$1"
    shift
    files=""
    for key in "$@"; do files="$files --from-file=$key=$folder/$key"; done
    # shellcheck disable=SC2086  # one word per option; no name holds a space
    kubectl create secret generic "$name" --namespace csm --dry-run=client -o yaml $files \
        | kubectl apply $options -f -
}
options="$*"
kubectl create namespace csm --dry-run=client -o yaml | kubectl apply $options -f -
kubectl create secret generic csm-nats-keys --namespace csm --dry-run=client -o yaml \
    --from-env-file="$folder/nkeys.env" | kubectl apply $options -f -
make csm-shared install.key freescout-api-key llm-api-key
make csm-provision provision.nk operator.nk
make csm-postgres postgres-password
make csm-gmail-ingest gmail_ingest.nk gmail_ingest-database-url gmail-token.json
make csm-webhook-gateway webhook_gateway.nk webhook_gateway-database-url webhook-secret
make csm-classifier classifier.nk classifier-database-url
make csm-draft-writer draft_writer.nk draft_writer-database-url
make csm-followups followups.nk followups-database-url

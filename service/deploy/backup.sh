#!/bin/sh
# Copies a data folder whose service is stopped: backup.sh DATA DESTINATION
# Writes DESTINATION/data.tar (everything but the keys), DESTINATION/keys.tar and DESTINATION/SHA256SUMS.
set -eu
umask 077
data=$1 to=$2
[ -f "$data/zaichang.sqlite3" ] || { echo "backup: $data is no data folder" >&2; exit 3; }
mkdir -p "$to"
exec 9>>"$data/lock"
flock -n 9 || { echo "backup: a service runs on $data; stop it first" >&2; exit 3; }
tar -C "$data" -cf "$to/data.tar" --exclude=./lock --exclude=./media --exclude=./keys .
tar -C "$data" -cf "$to/keys.tar" ./keys
(cd "$to" && sha256sum data.tar keys.tar > SHA256SUMS)
echo "backup: $to/data.tar and, to be kept apart, $to/keys.tar"

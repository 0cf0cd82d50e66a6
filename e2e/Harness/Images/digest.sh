#!/bin/sh
# digest WORD...: the SHA-256 of its words, as the message that Kubernetes keeps of a container that ended.
# It hashes for five seconds: a container that is gone before Prometheus has looked at it once has no measured use, and pays nothing.
now() { read -r uptime _ </proc/uptime; seconds=${uptime%.*}; }

now
end=$((seconds + 5))
while [ "$seconds" -lt "$end" ]; do
  hash=$(printf '%s' "$*" | sha256sum)
  now
done
printf '%s' "${hash%% *}" >/dev/termination-log

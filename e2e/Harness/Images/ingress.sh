#!/bin/sh
# ingress FILE: nginx as FILE says, and anew whenever FILE says something else.
file=$1
trap 'kill -QUIT "$(cat /tmp/nginx.pid)"; exit 0' TERM INT
until [ -s "$file" ]; do sleep 0.2; done
before=$(cat "$file")
nginx -e stderr -c "$file" || exit 1
while sleep 0.3; do
  now=$(cat "$file")
  [ "$now" = "$before" ] && continue
  before=$now
  nginx -e stderr -c "$file" -s reload || before=
done

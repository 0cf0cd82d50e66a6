#!/usr/bin/env bash
# Gets the Solidity sources that the contracts import, and the linter, unless they are there already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
contracts=$(cd "$here/../../../contracts" && pwd)
[ -f "$contracts/package-lock.json" ] || exit 0
# npm writes its own list last: older than the lock file, or missing, it tells of an incomplete or outdated install.
if [ ! "$contracts/node_modules/.package-lock.json" -nt "$contracts/package-lock.json" ]; then
  say 'getting the Solidity sources that the contracts import'
  (cd "$contracts" && npm ci --ignore-scripts --include=dev --no-progress --no-audit --no-fund --loglevel=error </dev/null)
  touch "$contracts/node_modules/.package-lock.json"
fi

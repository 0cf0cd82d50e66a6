#!/usr/bin/env bash
# Builds the Kubernetes 1.20.2 server and node programs from Debian 12's own source package into
# $XDG_CACHE_HOME/federation/kubernetes/bin. About 12 min on 2 cores the first time; an interrupted build goes on where
# it was. With KUBE_ASSETS set to a folder of such programs nothing is built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
version='1.20.5+really1.20.2-1.1+deb12u1'
key=1.20.2-deb12u1-go1.19-1 # the last number counts changes of the recipe below

if [ -n "${KUBE_ASSETS:-}" ]; then
  [ -d "$KUBE_ASSETS" ] || die "KUBE_ASSETS is $KUBE_ASSETS, which is no folder"
  for program in "${programs[@]}"; do
    [ -x "$KUBE_ASSETS/$program" ] || die "KUBE_ASSETS is $KUBE_ASSETS, but there is no executable $program in it"
  done
  say "Kubernetes programs are taken from KUBE_ASSETS, $KUBE_ASSETS"
  exit 0
fi

home=$cache/kubernetes
finish() { point "$home/bin" "$key"; say "Kubernetes programs are in $home/bin"; exit 0; }
[ ! -x "$home/$key/kube-proxy" ] || finish

[ "$(id -u)" = 0 ] || die 'building Kubernetes installs Debian packages, which only root can do: run as root, or set KUBE_ASSETS'
need_space "$home" 6000 'building Kubernetes'
lock "$home" 'Kubernetes'
[ ! -x "$home/$key/kube-proxy" ] || finish
packages golang-1.19-go gcc make jq rsync xz-utils dpkg-dev golang-github-modern-go-reflect2-dev golang-github-json-iterator-go-dev

work=$home/$key.building
tree=$work/tree
mkdir -p "$work"

# A private apt state with source packages on, from the machine's own Debian sources, which stay as they are.
download() {
  say "getting Debian's source package of Kubernetes"
  local apt=$work/apt origin=() keyring=()
  mkdir -p "$apt"/{lists,cache/archives}/partial
  if [ -f /etc/apt/sources.list.d/debian.sources ]; then
    mapfile -t origin < <(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -1)
    mapfile -t keyring < <(sed -n 's/^Signed-By: */Signed-By: /p' /etc/apt/sources.list.d/debian.sources | head -1)
  else
    mapfile -t origin < <(awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}' /etc/apt/sources.list)
  fi
  [ -n "${origin[*]}" ] || die 'no Debian source is set up in /etc/apt'
  printf '%s\n' 'Types: deb-src' "URIs: ${origin[0]}" 'Suites: bookworm bookworm-updates' 'Components: main' "${keyring[@]}" >"$apt/src.sources"
  local private=(-o "Dir::Etc::sourcelist=$apt/src.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${private[@]}" update -qq </dev/null
  (cd "$work" && apt-get "${private[@]}" source --download-only -qq "kubernetes=$version" </dev/null)
}

unpack() {
  say 'unpacking'
  rm -rf "$tree" && mkdir "$tree"
  tar xzf "$work"/kubernetes_*.orig.tar.gz -C "$tree" --strip-components=1
  # The vendored reflect2 and json-iterator predate Go 1.18, and crash the API server when a client patches a status:
  # lay Debian's newer ones over them.
  local vendor=$tree/vendor/github.com packaged=/usr/share/gocode/src/github.com
  rm -f "$vendor"/modern-go/reflect2/*.{go,s}
  cp "$packaged"/modern-go/reflect2/*.{go,s} "$vendor/modern-go/reflect2/"
  cp "$packaged"/json-iterator/go/*.go "$vendor/json-iterator/go/"
  rm -f "$vendor"/modern-go/reflect2/*_test.go "$vendor"/json-iterator/go/*_test.go
  mkdir -p "$tree/.go/src/k8s.io" && ln -s ../../.. "$tree/.go/src/k8s.io/kubernetes"
  touch "$work/unpacked"
}

compile() {
  say 'building kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and kube-proxy: about 12 min on 2 cores'
  (cd "$tree" && env PATH="/usr/lib/go-1.19/bin:$PATH" GOPATH="$tree/.go" GOCACHE="$work/gocache" GO111MODULE=off CGO_ENABLED=0 \
    GOLDFLAGS='-s -w' FORCE_HOST_GO=y KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20 \
    KUBE_GIT_COMMIT=debian KUBE_GIT_TREE_STATE=clean make WHAT="${programs[*]/#/cmd/}" </dev/null 2>&1) |
    tee "$work/build.log" | while read -r line; do say "  $line"; done
}

[ -f "$work/unpacked" ] || { download && unpack; }
compile || die "the build failed; its log is $work/build.log, and the next run goes on from here"
rm -rf "$work/out" && mkdir "$work/out"
for program in "${programs[@]}"; do install -m 755 "$tree/_output/local/bin/linux/amd64/$program" "$work/out/$program"; done
mv -T "$work/out" "$home/$key"
rm -rf "$work"
finish

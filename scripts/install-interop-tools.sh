#!/usr/bin/env bash
# Installs what `npm run test:interop` drives and this machine lacks. Needs Go 1.25 or newer, and Python 3.9 or newer with its
# venv module; on Debian and Ubuntu, run as root, it installs the packages too, elsewhere it names them. Google's Pub/Sub
# emulator and Java come with the machine.
set -euo pipefail

# renovate: datasource=go depName=github.com/google/go-containerregistry
CRANE=github.com/google/go-containerregistry/cmd/crane@v0.22.1
GCRANE=${CRANE/cmd\/crane/cmd\/gcrane}
# renovate: datasource=go depName=github.com/sigstore/cosign/v3
COSIGN=github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3
# renovate: datasource=go depName=oras.land/oras
ORAS=oras.land/oras/cmd/oras@v1.3.6
# renovate: datasource=go depName=github.com/regclient/regclient
REGCTL=github.com/regclient/regclient/cmd/regctl@v0.11.7
# renovate: datasource=go depName=github.com/fsouza/fake-gcs-server
FAKE_GCS=github.com/fsouza/fake-gcs-server@v1.56.1
# No releases: the commit is part of the version.
CONFORMANCE=github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111

# renovate: datasource=pypi depName=kfp
KFP=2.17.3

bin="$(go env GOBIN)"
bin="${bin:-$(go env GOPATH)/bin}"

install_go_tool() {
  local package="${1%@*}" version="${1#*@}"
  local tool="$bin/${package##*/}"
  if [[ -x $tool ]] && go version -m "$tool" | grep -qP "^\tmod\t\S+\t\Q$version\E\b"; then
    echo "${package##*/} $version: installed"
    return
  fi
  echo "${package##*/} $version: go install"
  # Without C and symbols, a build takes an eighth less.
  CGO_ENABLED=0 go install -ldflags='-s -w' "$1"
}

# In a virtual environment of its own, where test/interop/tools.ts finds it.
install_kfp() {
  local folder="${XDG_DATA_HOME:-$HOME/.local/share}/registry-relay/kfp"
  if [[ $("$folder/bin/python" -c 'import kfp; print(kfp.__version__)' 2>/dev/null) == "$KFP" ]]; then
    echo "kfp $KFP: installed"
    return
  fi
  echo "kfp $KFP: pip install"
  python3 -m venv --clear "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "kfp==$KFP"
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    command -v "$package" >/dev/null || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo "$*: installed"
  elif [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "${missing[*]}: apt-get install"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "Please install ${missing[*]} (Debian packages of these names)." >&2
    return 1
  fi
}

command -v go >/dev/null || {
  echo "Go is missing: crane, cosign, oras, regctl, fake-gcs-server and the conformance suite are built with it." >&2
  exit 1
}
install_packages chromium docker-registry fish skopeo zsh
for tool in "$CRANE" "$GCRANE" "$COSIGN" "$ORAS" "$REGCTL" "$FAKE_GCS" "$CONFORMANCE"; do
  install_go_tool "$tool"
done
install_kfp

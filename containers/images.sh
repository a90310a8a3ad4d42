#!/bin/sh
# What is in the images (SBOM, SPDX JSON below build/sbom), and what is known to be wrong with it:
#   containers/images.sh sbom|scan
# SYFT and TRIVY name the programs; TAG the images.
set -eu
cd "$(dirname "$0")/.."
tag=${TAG:-local}

need() { # PROGRAM URL
    command -v "$1" >/dev/null || {
        echo "framemill: $1 is not on PATH; see $2" >&2
        exit 1
    }
}

case ${1:-} in
    sbom)
        need "${SYFT:=syft}" https://github.com/anchore/syft
        mkdir -p build/sbom
        for image in backend worker frontend; do
            "$SYFT" scan "docker:framemill/$image:$tag" --output "spdx-json=build/sbom/$image.json"
        done
        ;;
    scan)
        need "${TRIVY:=trivy}" https://github.com/aquasecurity/trivy
        for image in backend worker frontend; do
            # What has no fix yet cannot be mended by building again.
            "$TRIVY" image --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 \
                "framemill/$image:$tag"
        done
        ;;
    *)
        echo "usage: containers/images.sh sbom|scan" >&2
        exit 2
        ;;
esac

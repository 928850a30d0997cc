#!/bin/sh
# Takes pip and its like out of a base image: a container installs nothing.
set -eu
for place in /usr/lib/python3 /usr/lib/python3.* /usr/local/lib/python3.*; do
  rm -rf "$place"/ensurepip "$place"/dist-packages/pip* "$place"/dist-packages/setuptools* \
    "$place"/dist-packages/wheel* "$place"/site-packages/pip* "$place"/site-packages/setuptools* \
    "$place"/site-packages/wheel*
done
rm -f /usr/bin/pip* /usr/bin/wheel* /usr/local/bin/pip* /usr/local/bin/wheel*
rm -rf /usr/share/python-wheels
mkdir -p /data
chown 65532:65532 /data

#!/bin/sh
# Puts a program, the shared libraries it needs, root certificates and one unprivileged user into a folder that can be the
# whole of an image: collect-image.sh PROGRAM FOLDER
set -eu
program=$1
image=$2

mkdir -p "$image/bin" "$image/etc/ssl/certs"
cp "$program" "$image/bin/"
ldd "$program" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
  mkdir -p "$image$(dirname "$library")"
  cp -L "$library" "$image$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$image/etc/ssl/certs/"
# Where Debian's OpenSSL looks for them.
mkdir -p "$image/usr/lib/ssl"
ln -s /etc/ssl/certs "$image/usr/lib/ssl/certs"
ln -s certs/ca-certificates.crt "$image/etc/ssl/cert.pem"
ln -s /etc/ssl/cert.pem "$image/usr/lib/ssl/cert.pem"
echo 'promcast:x:65532:65532:promcast:/:/bin/promcast' >"$image/etc/passwd"
echo 'promcast:x:65532:' >"$image/etc/group"
echo 'hosts: files dns' >"$image/etc/nsswitch.conf"

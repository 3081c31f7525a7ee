#!/bin/sh
# Bring the programs that the tests open files with. Where they cannot be installed from here, say how; the tests that
# need one are then skipped, each naming the command. With CI set a missing program fails them.
set -eu

# Program, and the Debian packages that bring it.
PROGRAMS='soffice:libreoffice-calc-nogui libreoffice-writer-nogui fonts-liberation
pdftotext:poppler-utils
openssl:openssl
certtool:gnutls-bin
chromium-headless-shell:chromium-headless-shell fonts-noto-core fonts-noto-color-emoji
systemd-analyze:systemd
strace:strace'
# What the program and the examples in deploy are tried with. These are unpacked beside the tests, never installed: an
# installed one would be started on this machine.
UNPACKED='nginx:nginx
caddy:caddy
nats-server:nats-server
pgbouncer:pgbouncer
prometheus:prometheus
promtool:prometheus'
folder=${0%/*}/../.venv/unpacked

missing=$(echo "$PROGRAMS" | while IFS=: read -r program packages; do
	command -v "$program" >/dev/null 2>&1 || printf ' %s' "$packages"
done)
absent=$(echo "$UNPACKED" | while IFS=: read -r program package; do
	PATH="$PATH:$folder/usr/bin:$folder/usr/sbin" command -v "$program" >/dev/null 2>&1 || printf ' %s' "$package"
done)
[ -n "$missing$absent" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	as_root='sudo -n'
	$as_root true 2>/dev/null || as_root=none
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$as_root" = none ]; then
	echo "Some tests will be skipped. To run them all: sudo apt-get install$missing$absent" >&2
	exit 0
fi
unpack() (
	mkdir -p "$folder" && cd "$folder" || exit 1
	# Libraries whose names differ from one release to the next.
	libraries=$(apt-cache depends --important pgbouncer 2>/dev/null | sed -n 's/.*Depends: \(libc-ares.*\|libevent.*\)/\1/p')
	case $absent in *pgbouncer*) absent="$absent $libraries" ;; esac
	# shellcheck disable=SC2086 # words are meant to split
	apt-get download --quiet --quiet $absent 2>/dev/null || exit 1
	for package in *.deb; do
		dpkg-deb --extract "$package" . && rm "$package"
	done
)
if [ -n "$absent" ] && ! { unpack || { $as_root apt-get update --quiet --quiet && unpack; }; }; then
	echo "These could not be unpacked; tests that need them will be skipped, or fail where CI is set:$absent" >&2
fi
[ -n "$missing" ] || exit 0
echo "Installing what the tests open files with:$missing" >&2
install() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "$@" >/dev/null
}
$as_root apt-get update --quiet --quiet || true
# shellcheck disable=SC2086 # words are meant to split
install $missing && exit 0
for package in $missing; do # a system that lacks one package must not go without the others
	install "$package" || echo "$package could not be installed; tests that need it will be skipped, or fail where CI is set." >&2
done

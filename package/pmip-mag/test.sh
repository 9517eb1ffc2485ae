#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the feed's continuous integration runs in a container with the package installed:
# test.sh PACKAGE VERSION

case "$1" in
pmip-mag | pmip-mag-python3) ;;
*) exit 0 ;;
esac

set -e
pmip-mag -h | grep -q '^usage: pmip-mag'
pmip -h | grep -q '^usage: pmip '
grep -qF "${2%-r*}" /usr/lib/pmip-mag/mag_lite/__init__.*

# Without a configuration it says which option is missing.
if pmip-mag -t 2> /tmp/pmip-mag.said; then
	exit 1
fi
grep -q 'option lma is missing' /tmp/pmip-mag.said
printf '%s\n' "config mag" "option lma 192.0.2.1" "config access" "option device eth0" \
	> /tmp/pmip
pmip-mag -t -c /tmp/pmip

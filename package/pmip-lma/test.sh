#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the feed's continuous integration runs in a container with the package installed:
# test.sh PACKAGE VERSION

case "$1" in
pmip-lma | pmip-lma-python3) ;;
*) exit 0 ;;
esac

set -e
pmip-lma -h | grep -q '^usage: pmip-lma'
grep -qF "${2%-r*}" /usr/lib/pmip-lma/mag_lite/__init__.*

# Without a configuration it says what is missing.
if pmip-lma check > /tmp/pmip-lma.said; then
	exit 1
fi
grep -q "there is no section 'pool'" /tmp/pmip-lma.said

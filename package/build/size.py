# SPDX-License-Identifier: GPL-2.0-or-later
"""Print how large the packages are, and what they take when they are installed."""

import sys

import apk
import contents
import ipk
import metadata

_LIMIT = 120_000


def main() -> int:
    """Print a line for each package; return 1 if the gateway's is too large."""
    largest = 0
    for package in metadata.packages():
        files = contents.files(package.source)
        sizes = len(ipk.build(package)), len(apk.build(package))
        installed = sum(len(file.content) for file in files.values())
        print(f"{package.name:<18}ipk {sizes[0] / 1000:6.1f} kB   apk {sizes[1] / 1000:6.1f} kB   "
              f"installed {installed / 1000:6.1f} kB in {len(files)} files (uncompressed)")
        if package.source == "pmip-mag":
            largest = max(largest, *sizes)
    print(f"{'PASS' if largest <= _LIMIT else 'FAIL'}  pmip-mag has at most {_LIMIT // 1000} kB")
    return int(largest > _LIMIT)


if __name__ == "__main__":
    sys.exit(main())

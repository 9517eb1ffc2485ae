# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/protocol.md says what the tables say."""
import sys

DOCS = (__file__[: __file__.rfind("/")] if "/" in __file__ else ".") + "/../../docs"


def test_the_document_is_not_stale():
    sys.path.insert(0, DOCS)
    import generate_protocol

    with open(generate_protocol.FILE) as file:
        assert file.read() == generate_protocol.document(), "run python3 docs/generate_protocol.py"

# SPDX-License-Identifier: GPL-2.0-or-later
"""What the README says of the configuration is what the daemons obey."""

from lma_lite import configuration as lma
from mag_lite import configuration as mag
from mag_lite.system.settings import describe


def test_the_configuration_tables_are_those_of_the_code():
    with open("README.md") as file:
        readme = file.read()
    for name, schema in (("pmip", mag.SCHEMA), ("pmip-lma", lma.SCHEMA)):
        table = "<!-- %s options -->\n%s\n<!-- end -->" % (name, "\n".join(describe(schema)))
        assert table in readme, "the table of %s should be:\n%s" % (name, table)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Every mobility option and message that an RFC defines, for those who decode what others send."""
from . import (
    mobility_messages,
    mobility_options_access,
    mobility_options_distributed,
    mobility_options_flow,
    mobility_options_mobile_node,
    mobility_options_multicast,
    mobility_options_qos,
    mobility_options_session,
)

MODULES = (mobility_options_access, mobility_options_distributed, mobility_options_flow,
           mobility_options_mobile_node, mobility_options_multicast, mobility_options_qos,
           mobility_options_session, mobility_messages)

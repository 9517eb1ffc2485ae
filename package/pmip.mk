# SPDX-License-Identifier: GPL-2.0-or-later
# What the packages have in common, for OpenWrt's buildroot and SDK (opkg and apk alike).
#
# The sources are those of the work tree that this directory belongs to.  It becomes a feed with
# a line "src-link pmip /path/to/work/tree/package" in feeds.conf.

PMIP_TREE:=$(abspath $(CURDIR)/../..)

PKG_VERSION:=0.1.0
PKG_RELEASE:=1
PKG_LICENSE:=GPL-2.0-or-later
PKG_LICENSE_FILES:=LICENSE
PKG_MAINTAINER:=pmip-mag maintainers <pmip-mag@localhost>
PKG_BUILD_DEPENDS:=python3/host

# Nothing is built: Python's wheels have no place here.
PYTHON3_PKG_BUILD:=0

include $(INCLUDE_DIR)/package.mk
include $(TOPDIR)/feeds/packages/lang/python/python3-package.mk

define Package/pmip/Default
  SECTION:=net
  CATEGORY:=Network
  SUBMENU:=Routing and Redirection
  PKGARCH:=all
endef

# What both programs' packages need of the kernel: tunnels over IPv4 and IPv6, the packet filter.
PMIP_DEPENDS:=+kmod-gre +kmod-gre6 +kmod-sit +kmod-ip6-tunnel +kmod-nft-core +nftables

define Build/Prepare
	$(CP) $(PMIP_TREE)/LICENSE $(PKG_BUILD_DIR)/
endef

define Build/Compile
	SOURCE_DATE_EPOCH=$(PKG_SOURCE_DATE_EPOCH) \
		python3 $(PMIP_TREE)/package/build/build.py tree $(PKG_NAME) $(PKG_BUILD_DIR)/tree
endef

# Sources, which MicroPython reads.
define PmipInstall
	$(CP) $(PKG_BUILD_DIR)/tree/. $(1)/
endef

# Byte code of the CPython that goes with it.
define PmipInstallCompiled
	$(call PmipInstall,$(1))
	$(call Python3/CompileAll,$(1)/usr/lib/$(PKG_NAME))
	$(call Python3/DeleteSourceFiles,$(1)/usr/lib/$(PKG_NAME))
endef

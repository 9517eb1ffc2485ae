# SPDX-License-Identifier: GPL-2.0-or-later
"""Both Pythons' sockets, made one.

CPython wants addresses as tuples and names many constants; MicroPython wants raw sockaddr bytes
and names few.  Linux on MIPS numbers some constants differently from every other architecture.
Nothing else in this project needs to know.

A MicroPython socket that is dropped is never closed, and closing one twice may close somebody
else's: each socket has one owner, which closes it once and forgets it.
"""

import errno
import socket
import struct
import sys

MICROPYTHON = sys.implementation.name == "micropython"
MIPS = socket.SOL_SOCKET == 0xFFFF

AF_UNIX = 1
AF_INET = 2
AF_INET6 = 10
AF_NETLINK = 16
AF_PACKET = 17

SOCK_STREAM = socket.SOCK_STREAM
SOCK_DGRAM = socket.SOCK_DGRAM
SOCK_RAW = 3

SOL_SOCKET = socket.SOL_SOCKET
SO_REUSEADDR = socket.SO_REUSEADDR
SO_ATTACH_FILTER = 26

IPPROTO_IP = 0
IPPROTO_IPV6 = 41
IPV6_CHECKSUM = 7
IPV6_UNICAST_HOPS = 16
SOL_PACKET = 263
PACKET_IGNORE_OUTGOING = 23
SOL_NETLINK = 270


def _error_number(name: str, number: int, on_mips: int) -> int:
    return getattr(errno, name, on_mips if MIPS else number)


EPERM = 1
ENOENT = 2
ESRCH = 3
EAGAIN = 11
EACCES = 13
EBUSY = 16
EEXIST = 17
ENODEV = 19
EINVAL = 22
ENOSPC = 28
EPIPE = 32
EMSGSIZE = _error_number("EMSGSIZE", 90, 97)
ENOPROTOOPT = _error_number("ENOPROTOOPT", 92, 99)
EOPNOTSUPP = _error_number("EOPNOTSUPP", 95, 122)
EADDRINUSE = _error_number("EADDRINUSE", 98, 125)
EADDRNOTAVAIL = _error_number("EADDRNOTAVAIL", 99, 126)
ENETDOWN = _error_number("ENETDOWN", 100, 127)
ENETUNREACH = _error_number("ENETUNREACH", 101, 128)
ECONNRESET = _error_number("ECONNRESET", 104, 131)
ENOBUFS = _error_number("ENOBUFS", 105, 132)
ENOTCONN = _error_number("ENOTCONN", 107, 134)
ECONNREFUSED = _error_number("ECONNREFUSED", 111, 146)
EHOSTUNREACH = _error_number("EHOSTUNREACH", 113, 148)


_REASONS = {
    EPERM: "not permitted",
    ENOENT: "no such file",
    EACCES: "access denied",
    ENODEV: "no such interface",
    EMSGSIZE: "too long for the path",
    ENOPROTOOPT: "not in this kernel",
    EADDRINUSE: "address already in use",
    EADDRNOTAVAIL: "not an address of this machine",
    ENETDOWN: "network is down",
    ENETUNREACH: "network unreachable",
    ECONNRESET: "connection reset",
    ENOBUFS: "no buffer space",
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "host unreachable",
}


def reason(error: OSError) -> str:
    """What went wrong, in words."""
    return _REASONS.get(error.errno) or "error %s" % error.errno


def interface_index(interface: str) -> int:
    """Number of a network interface of our namespace; OSError ENODEV when there is none."""
    try:
        with open("/sys/class/net/%s/ifindex" % interface) as file:
            return int(file.read())
    except OSError:
        pass
    raise OSError(ENODEV, "there is no interface %s" % interface)


if MICROPYTHON:
    import uctypes

    def internet_address(address: bytes, port: int = 0):
        """A socket's address from 4 (IPv4) or 16 (IPv6) bytes and a port."""
        if len(address) == 4:
            return struct.pack("H", AF_INET) + struct.pack("!H", port) + address + bytes(8)
        return struct.pack("H", AF_INET6) + struct.pack("!HI", port, 0) + address + bytes(4)

    def internet_peer(peer):
        """(address bytes, port) of what recvfrom() called the sender."""
        port = struct.unpack_from("!H", peer, 2)[0]
        if struct.unpack_from("H", peer, 0)[0] == AF_INET:
            return bytes(peer[4:8]), port
        return bytes(peer[8:24]), port

    def unix_address(path: str):
        """Address of a Unix socket; a path that begins with NUL is an abstract name, and bind()
        to an empty one takes an abstract name of the kernel's choice."""
        end = b"" if path[:1] in ("", "\0") else b"\0"
        return struct.pack("H", AF_UNIX) + path.encode() + end

    def netlink_address(groups: int = 0):
        """Our own address on a netlink socket (the kernel chooses the port)."""
        return struct.pack("HHII", AF_NETLINK, 0, 0, groups)

    def packet_address(interface: str, protocol: int):
        """Address of a packet socket; OSError ENODEV when there is no such interface."""
        index = interface_index(interface)
        head = struct.pack("H", AF_PACKET) + struct.pack("!H", protocol)
        return head + struct.pack("IH", index, 0) + bytes(10)

    def _memory_address(code) -> int:
        return uctypes.addressof(code)

else:
    from array import array

    def internet_address(address: bytes, port: int = 0):
        """A socket's address from 4 (IPv4) or 16 (IPv6) bytes and a port."""
        family = AF_INET if len(address) == 4 else AF_INET6
        return socket.inet_ntop(family, address), port

    def internet_peer(peer):
        """(address bytes, port) of what recvfrom() called the sender."""
        host = peer[0].partition("%")[0]
        return socket.inet_pton(AF_INET6 if ":" in host else AF_INET, host), peer[1]

    def unix_address(path: str):
        """Address of a Unix socket; a path that begins with NUL is an abstract name, and bind()
        to an empty one takes an abstract name of the kernel's choice."""
        return path

    def netlink_address(groups: int = 0):
        """Our own address on a netlink socket (the kernel chooses the port)."""
        return 0, groups

    def packet_address(interface: str, protocol: int):
        """Address of a packet socket (bind() says ENODEV when there is no such interface)."""
        return interface, protocol

    def _memory_address(code) -> int:
        return code.buffer_info()[0]


def receive(sock, size: int):
    """One datagram (or what a stream has), at most `size` bytes; None when there is none now.

    OSError otherwise.  Never read(): on MicroPython that glues datagrams together.
    """
    try:
        return sock.recv(size)
    except OSError as error:
        if error.errno == EAGAIN:
            return None
        raise


def receive_from(sock, size: int):
    """(data, sender) of one datagram, or None when there is none now; OSError otherwise."""
    try:
        return sock.recvfrom(size)
    except OSError as error:
        if error.errno == EAGAIN:
            return None
        raise


def attach_filter(sock, instructions) -> None:
    """Let the kernel drop what a classic BPF program, [(code, jt, jf, k)], does not accept."""
    program = b""
    for instruction in instructions:
        program += struct.pack("HBBI", *instruction)
    code = bytearray(program) if MICROPYTHON else array("B", program)
    head = struct.pack("HP", len(instructions), _memory_address(code))
    sock.setsockopt(SOL_SOCKET, SO_ATTACH_FILTER, head)

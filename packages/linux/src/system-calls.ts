/** The C library's socket and namespace calls, synchronous and on the calling thread. */
import koffi from 'koffi';
import { LinuxError } from './linux-error';

/** Error numbers of Linux (asm-generic/errno.h) that callers tell apart. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EAGAIN: 11,
  EACCES: 13,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
  ENETUNREACH: 101,
  ECONNRESET: 104,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EINPROGRESS: 115,
} as const;

// bits/socket.h, linux/in.h, sys/epoll.h, linux/sched.h of Linux on every 64-bit architecture that Node runs on.
/** IPv4. */
export const AF_INET = 2;
/** IPv6. */
export const AF_INET6 = 10;
/** A socket of connections. */
export const SOCK_STREAM = 1;
/** A socket of datagrams. */
export const SOCK_DGRAM = 2;
/** A socket of IP packets. */
export const SOCK_RAW = 3;
/** There is something to read. */
export const EPOLLIN = 0x1;
/** There is room to write. */
export const EPOLLOUT = 0x4;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_LINGER = 13;
const SO_RCVBUFFORCE = 33;
const SO_NETNS_COOKIE = 71;
const SOL_IPV6 = 41;
const IPV6_V6ONLY = 26;
const MSG_NOSIGNAL = 0x4000;
const CLONE_NEWNET = 0x40000000;
const SIOCGIFFLAGS = 0x8913;
/** `struct ifreq` begins with the interface's name. */
const INTERFACE_REQUEST_BYTES = 40;
const INTERFACE_NAME_BYTES = 16;
/** `struct epoll_event`: packed on x86-64 only. */
const EPOLL_EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const EPOLL_DATA_OFFSET = EPOLL_EVENT_BYTES - 8;

/** A C function; pointers are Buffers, which the kernel reads and writes in place. */
type NativeCall = (...args: readonly (number | Buffer | null)[]) => number;

const native = loadNativeCalls();

/** A call's result, or the negated error number: the kernel's own convention. */
export type CallResult = number;

/** Opens a non-blocking socket in the calling thread's network namespace. */
export function openSocket(family: number, type: number, protocol = 0): CallResult {
  return result(native.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

/** Gives a socket its own address. */
export function bindSocket(fd: number, address: Buffer): CallResult {
  return result(native.bind(fd, address, address.length));
}

/** Connects a socket; one that does not block says EINPROGRESS first. */
export function connectSocket(fd: number, address: Buffer): CallResult {
  return result(native.connect(fd, address, address.length));
}

/** Makes a socket take connections. */
export function listenOn(fd: number, backlog: number): CallResult {
  return result(native.listen(fd, backlog));
}

/** Accepts a connection; the peer's address is written into `peer`. */
export function acceptConnection(fd: number, peer: Buffer): CallResult {
  return result(native.accept4(fd, peer, lengthOf(peer), SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** Sends to the connected peer, or to `to`. A closed connection gives an error number, no signal. */
export function sendTo(fd: number, data: Buffer, to: Buffer | null): CallResult {
  return result(native.sendto(fd, data, data.length, MSG_NOSIGNAL, to, to === null ? 0 : to.length));
}

/** Receives into `data`; the sender's address is written into `from`. */
export function receiveFrom(fd: number, data: Buffer, from: Buffer): CallResult {
  return result(native.recvfrom(fd, data, data.length, 0, from, lengthOf(from)));
}

/** Takes the error that waits on a socket; 0 if there is none. */
export function takeSocketError(fd: number): number {
  const value = Buffer.alloc(4);
  must('getsockopt(SO_ERROR)', result(native.getsockopt(fd, SOL_SOCKET, SO_ERROR, value, lengthOf(value))));
  return value.readInt32LE();
}

/** The number by which the kernel knows the socket's network namespace, and no other since it was started. */
export function readNamespaceCookie(fd: number): bigint {
  const value = Buffer.alloc(8);
  must(
    'getsockopt(SO_NETNS_COOKIE)',
    result(native.getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, value, lengthOf(value))),
  );
  return value.readBigUInt64LE();
}

/** Lets a port be bound again at once. */
export function allowAddressReuse(fd: number): void {
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, int32(1));
}

/** Makes `closeFd` end the connection with RST, so that neither side keeps a trace of it. */
export function resetOnClose(fd: number): void {
  setOption(fd, SOL_SOCKET, SO_LINGER, Buffer.concat([int32(1), int32(0)]));
}

/** Gives what comes in more room than the host's usual limit. */
export function enlargeReceiveBuffer(fd: number, bytes: number): void {
  setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, int32(bytes));
}

/** Keeps an IPv6 socket from taking IPv4 too. */
export function restrictToIpv6(fd: number): void {
  setOption(fd, SOL_IPV6, IPV6_V6ONLY, int32(1));
}

/** The flags of an interface (linux/if.h) in the namespace of the socket `fd`. */
export function readInterfaceFlags(fd: number, interfaceName: string): number {
  const request = Buffer.alloc(INTERFACE_REQUEST_BYTES);
  request.write(interfaceName, 0, INTERFACE_NAME_BYTES - 1, 'utf8');
  must(`SIOCGIFFLAGS ${interfaceName}`, result(native.ioctl(fd, SIOCGIFFLAGS, request)));
  return request.readUInt16LE(INTERFACE_NAME_BYTES);
}

/** Closes a descriptor. */
export function closeFd(fd: number): void {
  native.close(fd);
}

/** A new epoll instance. */
export function createEpoll(): number {
  return must('epoll_create1', result(native.epoll_create1(EPOLL_CLOEXEC)));
}

/** Adds a descriptor to an epoll instance, level-triggered. Closing it takes it out again. */
export function addToEpoll(epoll: number, fd: number, events: number): void {
  must('epoll_ctl', result(native.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, epollEvent(fd, events))));
}

/** Waits for other events of a descriptor that is in the instance. */
export function changeInEpoll(epoll: number, fd: number, events: number): void {
  must('epoll_ctl', result(native.epoll_ctl(epoll, EPOLL_CTL_MOD, fd, epollEvent(fd, events))));
}

const readyEvents = Buffer.alloc(256 * EPOLL_EVENT_BYTES);

/** The descriptors that are ready now; does not wait. */
export function readReady(epoll: number): readonly number[] {
  const count = result(native.epoll_wait(epoll, readyEvents, readyEvents.length / EPOLL_EVENT_BYTES, 0));
  if (count === -ERRNO.EINTR) return [];
  must('epoll_wait', count);
  return Array.from({ length: count }, (_, index) =>
    readyEvents.readInt32LE(index * EPOLL_EVENT_BYTES + EPOLL_DATA_OFFSET),
  );
}

/** Moves the calling thread into a new, empty network namespace. */
export function enterNewNetworkNamespace(): CallResult {
  return result(native.unshare(CLONE_NEWNET));
}

/** Moves the calling thread into the network namespace behind `fd`. */
export function enterNetworkNamespace(fd: number): CallResult {
  return result(native.setns(fd, CLONE_NEWNET));
}

/**
 * The result, unless it is an error.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function must(call: string, value: CallResult): number {
  if (value >= 0) return value;
  throw new LinuxError('PP_LINUX_SYSTEM_CALL', `${call}: ${formatErrno(-value)}`);
}

/** The error number's name, where it is one of {@link ERRNO}. */
export function formatErrno(errno: number): string {
  return Object.entries(ERRNO).find(([, number]) => number === errno)?.[0] ?? `error number ${errno}`;
}

function setOption(fd: number, level: number, option: number, value: Buffer): void {
  must(`setsockopt(${level}, ${option})`, result(native.setsockopt(fd, level, option, value, value.length)));
}

function result(value: number): CallResult {
  return value < 0 ? -koffi.errno() : value;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** A `socklen_t` that holds the buffer's size. */
function lengthOf(buffer: Buffer): Buffer {
  return int32(buffer.length);
}

function epollEvent(fd: number, events: number): Buffer {
  const event = Buffer.alloc(EPOLL_EVENT_BYTES);
  event.writeUInt32LE(events);
  event.writeInt32LE(fd, EPOLL_DATA_OFFSET);
  return event;
}

/** The functions of the C library that this process runs on, whichever that is. */
function loadNativeCalls() {
  const library = koffi.load(null);
  const declare = (definition: string): NativeCall => library.func(definition);
  return {
    unshare: declare('int unshare(int flags)'),
    setns: declare('int setns(int fd, int type)'),
    socket: declare('int socket(int domain, int type, int protocol)'),
    bind: declare('int bind(int fd, void *address, uint32_t length)'),
    connect: declare('int connect(int fd, void *address, uint32_t length)'),
    listen: declare('int listen(int fd, int backlog)'),
    accept4: declare('int accept4(int fd, void *address, void *length, int flags)'),
    sendto: declare(
      'int64_t sendto(int fd, void *data, size_t length, int flags, void *address, uint32_t addressLength)',
    ),
    recvfrom: declare(
      'int64_t recvfrom(int fd, void *data, size_t length, int flags, void *address, void *addressLength)',
    ),
    getsockopt: declare('int getsockopt(int fd, int level, int option, void *value, void *length)'),
    setsockopt: declare('int setsockopt(int fd, int level, int option, void *value, uint32_t length)'),
    ioctl: declare('int ioctl(int fd, unsigned long request, void *argument)'),
    close: declare('int close(int fd)'),
    epoll_create1: declare('int epoll_create1(int flags)'),
    epoll_ctl: declare('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
    epoll_wait: declare('int epoll_wait(int epoll, void *events, int capacity, int timeout)'),
  };
}

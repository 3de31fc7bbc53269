// SPDX-License-Identifier: GPL-2.0
/* A socket that listens: at an address, or one that systemd hands over. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "export.h"

/* The first descriptor that systemd hands over; see sd_listen_fds(3). */
#define HANDED_OVER	3

static bool is_number(const char *name, long number)
{
	const char *text = getenv(name);

	return text && strtol(text, NULL, 10) == number;
}

static int take_systemd_socket(void)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (!is_number("LISTEN_PID", getpid()) || !is_number("LISTEN_FDS", 1))
		die(STATUS_USAGE, "systemd has not handed over one socket: start "
		    "exitstat-exporter.socket, or take --listen ADDRESS:PORT");
	if (getsockopt(HANDED_OVER, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) || !listens)
		die(STATUS_USAGE, "what systemd has handed over does not listen: the socket's unit "
		    "is to have ListenStream= and Accept=no");
	fcntl(HANDED_OVER, F_SETFD, FD_CLOEXEC);
	return HANDED_OVER;
}

static int bind_to(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, address->ai_addr, address->ai_addrlen) && !listen(fd, SOMAXCONN))
		return fd;
	close(fd);
	return -1;
}

/* ADDRESS:PORT, [ADDRESS]:PORT or :PORT, in place. */
static struct addrinfo *resolve(const char *where, char *host)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *addresses;
	char *port = strrchr(host, ':');
	size_t length;
	int err;

	if (!port || !port[1])
		die(STATUS_USAGE, "--listen is to be ADDRESS:PORT, as localhost:10283, :10283 for "
		    "all addresses, or systemd, not '%s'", where);
	*port++ = 0;
	length = strlen(host);
	if (*host == '[' && host[length - 1] == ']') {
		host[length - 1] = 0;
		host++;
	}
	err = getaddrinfo(*host ? host : NULL, port, &hints, &addresses);
	if (err)
		die(STATUS_USAGE, "cannot listen on '%s': %s", where, gai_strerror(err));
	return addresses;
}

int listen_on(const char *where)
{
	struct addrinfo *addresses;
	char *host;
	int fd;

	if (!strcmp(where, "systemd"))
		return take_systemd_socket();
	host = strdup(where);
	if (!host)
		die(STATUS_FAILED, "out of memory");
	addresses = resolve(where, host);
	fd = bind_to(addresses);
	if (fd < 0)
		die(STATUS_FAILED, "cannot listen on '%s': %s", where, strerror(errno));
	freeaddrinfo(addresses);
	free(host);
	return fd;
}

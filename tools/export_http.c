// SPDX-License-Identifier: GPL-2.0
/*
 * exitstat export --listen: HTTP by libmicrohttpd, which is loaded only then. In a guest nobody
 * is to need it, nor the TLS library that comes with it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "export.h"

#define LIBRARY	"libmicrohttpd.so.12"

/* A Prometheus or two, and a person; whoever else comes may not take all. */
#define MAX_CONNECTIONS		64
#define MAX_OF_ONE_ADDRESS	8
#define TIMEOUT_SECONDS		10
#define MAX_REQUEST_BYTES	16384

static const char front_page[] =
	"<!DOCTYPE html>\n<html><head><title>exitstat</title></head><body>\n"
	"<h1>exitstat</h1>\n<p>VM exits, for Prometheus: <a href=\"/metrics\">metrics</a></p>\n"
	"</body></html>\n";

static struct {
	typeof(MHD_start_daemon) *start_daemon;
	typeof(MHD_stop_daemon) *stop_daemon;
	typeof(MHD_create_response_from_buffer) *create_response;
	typeof(MHD_add_response_header) *add_header;
	typeof(MHD_queue_response) *queue_response;
	typeof(MHD_destroy_response) *destroy_response;
} mhd;

static void *find(void *library, const char *name)
{
	void *function = library ? dlsym(library, name) : NULL;

	if (!function)
		die(STATUS_FAILED, "cannot serve HTTP: %s; install libmicrohttpd12, or take "
		    "--textfile", dlerror());
	return function;
}

static void load_library(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW);

	mhd.start_daemon = find(library, "MHD_start_daemon");
	mhd.stop_daemon = find(library, "MHD_stop_daemon");
	mhd.create_response = find(library, "MHD_create_response_from_buffer");
	mhd.add_header = find(library, "MHD_add_response_header");
	mhd.queue_response = find(library, "MHD_queue_response");
	mhd.destroy_response = find(library, "MHD_destroy_response");
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      const char *type, const char *text, size_t size,
			      enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = mhd.create_response(size, (void *)text, mode);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	mhd.add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		mhd.add_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = mhd.queue_response(connection, status, response);
	mhd.destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *type, const char *text)
{
	return answer(connection, status, type, text, strlen(text), MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection, const struct tool *tool)
{
	size_t size;
	int err;
	char *text = scrape(tool, &size, &err);

	return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text,
		      size, MHD_RESPMEM_MUST_FREE);
}

/* Called when there is a head, and again when the body has come, which nobody wants. */
static enum MHD_Result on_request(void *tool, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	static int seen;

	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain",
				   "GET and HEAD only\n");
	if (!*request || *upload_size) {
		*request = &seen;
		*upload_size = 0;
		return MHD_YES;
	}
	if (!strcmp(url, "/metrics"))
		return answer_metrics(connection, tool);
	if (!strcmp(url, "/"))
		return answer_text(connection, MHD_HTTP_OK, "text/html", front_page);
	return answer_text(connection, MHD_HTTP_NOT_FOUND, "text/plain",
			   "not here: see /metrics\n");
}

static struct MHD_Daemon *start(const struct tool *tool, int fd)
{
	return mhd.start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL,
				on_request, (void *)tool,
				MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, MAX_OF_ONE_ADDRESS,
				MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_SECONDS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MAX_REQUEST_BYTES,
				MHD_OPTION_END);
}

/* Blocked, it would be waited for even if it is ignored. */
static void add_signal(sigset_t *signals, int signal)
{
	if (!is_ignored(signal))
		sigaddset(signals, signal);
}

int serve_http(const struct tool *tool)
{
	struct MHD_Daemon *daemon;
	sigset_t end;
	int fd, signal;

	load_library();
	fd = listen_on(tool->listen);
	sigemptyset(&end);
	add_signal(&end, SIGINT);
	add_signal(&end, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &end, NULL);
	daemon = start(tool, fd);
	if (!daemon)
		die(STATUS_FAILED, "cannot serve HTTP: %s", strerror(errno));
	sigwait(&end, &signal);
	mhd.stop_daemon(daemon);
	return 0;
}

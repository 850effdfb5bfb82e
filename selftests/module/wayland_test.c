// SPDX-License-Identifier: GPL-2.0-only
/*
 * A compositor as they are: libwayland-server, unmodified, with wl_shm pools,
 * and a surface whose buffer it reads at each commit. A hostile client passes
 * every kind of handle in every state as a pool, and does to the region all
 * that it can; then it dies. The server lives, and serves an honest client
 * after each of them (G15).
 */
#include <wayland-client.h>
#include <wayland-server.h>

#include "hostile.h"
#include "harness.h"

/* A buffer of one huge page and more, for both kinds of entries. */
#define WIDTH 1024
#define HEIGHT 513
#define STRIDE (4 * WIDTH)
#define SIZE ((size_t)STRIDE * HEIGHT)

#define SOCKET "shmregion-wayland-test"

/*
 * The server: one global, wl_compositor, whose surfaces know two requests.
 */

static void nop_destroy(struct wl_client *client, struct wl_resource *resource)
{
	(void)client;
	wl_resource_destroy(resource);
}

static void attach(struct wl_client *client, struct wl_resource *surface,
		   struct wl_resource *buffer, int32_t x, int32_t y)
{
	(void)client;
	(void)x;
	(void)y;
	wl_resource_set_user_data(surface, buffer);
}

/* Reads all of it, under the guard that libwayland has for that. */
static void commit(struct wl_client *client, struct wl_resource *surface)
{
	struct wl_resource *resource = wl_resource_get_user_data(surface);
	struct wl_shm_buffer *buffer;
	volatile uint8_t *pixels;
	uint8_t sum = 0;
	size_t i;

	(void)client;
	buffer = resource ? wl_shm_buffer_get(resource) : NULL;
	if (!buffer)
		return;
	wl_shm_buffer_begin_access(buffer);
	pixels = wl_shm_buffer_get_data(buffer);
	for (i = 0; i < SIZE; i += 4096)
		sum |= pixels[i];
	wl_shm_buffer_end_access(buffer);
	wl_buffer_send_release(resource);
}

static const struct wl_surface_interface surface_requests = {
	.destroy = nop_destroy,
	.attach = attach,
	.commit = commit,
};

static void create_surface(struct wl_client *client,
			   struct wl_resource *compositor, uint32_t id)
{
	struct wl_resource *surface;

	surface = wl_resource_create(client, &wl_surface_interface,
				     wl_resource_get_version(compositor), id);
	if (surface)
		wl_resource_set_implementation(surface, &surface_requests, NULL,
					       NULL);
}

static const struct wl_compositor_interface compositor_requests = {
	.create_surface = create_surface,
};

static void bind_compositor(struct wl_client *client, void *data,
			    uint32_t version, uint32_t id)
{
	struct wl_resource *compositor;

	(void)data;
	compositor = wl_resource_create(client, &wl_compositor_interface,
					version, id);
	if (compositor)
		wl_resource_set_implementation(compositor, &compositor_requests,
					       NULL, NULL);
}

/* Tells by the pipe that clients can come. */
static int run_server(int ready)
{
	struct wl_display *display = wl_display_create();

	if (!display || wl_display_init_shm(display) ||
	    !wl_global_create(display, &wl_compositor_interface, 1, NULL,
			      bind_compositor) ||
	    wl_display_add_socket(display, SOCKET) ||
	    write(ready, "r", 1) != 1)
		return 1;
	wl_display_run(display);
	return 0;
}

/*
 * Clients.
 */

struct client {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_surface *surface;
	struct wl_buffer *buffer;
	bool released;
};

static void announce(void *data, struct wl_registry *registry, uint32_t name,
		     const char *interface, uint32_t version)
{
	struct client *client = data;

	(void)version;
	if (!strcmp(interface, wl_compositor_interface.name))
		client->compositor = wl_registry_bind(registry, name,
						      &wl_compositor_interface,
						      1);
	if (!strcmp(interface, wl_shm_interface.name))
		client->shm = wl_registry_bind(registry, name,
					       &wl_shm_interface, 1);
}

static void remove_global(void *data, struct wl_registry *registry,
			  uint32_t name)
{
	(void)data;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_events = {
	announce, remove_global,
};

static void release_buffer(void *data, struct wl_buffer *buffer)
{
	struct client *client = data;

	(void)buffer;
	client->released = true;
}

static const struct wl_buffer_listener buffer_events = { release_buffer };

static bool client_connect(struct client *client)
{
	struct wl_registry *registry;

	*client = (struct client){};
	client->display = wl_display_connect(SOCKET);
	if (!client->display)
		return false;
	registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(registry, &registry_events, client);
	return wl_display_roundtrip(client->display) >= 0 &&
	       client->compositor && client->shm;
}

/* False when the server has ended the connection over it. */
static bool client_make_buffer(struct client *client, int fd)
{
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, SIZE);

	client->buffer = wl_shm_pool_create_buffer(pool, 0, WIDTH, HEIGHT,
						   STRIDE,
						   WL_SHM_FORMAT_XRGB8888);
	wl_buffer_add_listener(client->buffer, &buffer_events, client);
	client->surface = wl_compositor_create_surface(client->compositor);
	return wl_display_roundtrip(client->display) >= 0;
}

/* Whether the server has read the buffer to its end. */
static bool client_show(struct client *client)
{
	client->released = false;
	wl_surface_attach(client->surface, client->buffer, 0, 0);
	wl_surface_commit(client->surface);
	return wl_display_roundtrip(client->display) >= 0 && client->released;
}

FIXTURE(compositor)
{
	pid_t server;
	char directory[32];
};

/* What libwayland says of clients that it throws out is expected. */
static void say_nothing(const char *format, va_list args)
{
	(void)format;
	(void)args;
}

FIXTURE_SETUP(compositor)
{
	int ready[2];
	char byte;

	wl_log_set_handler_server(say_nothing);
	wl_log_set_handler_client(say_nothing);
	snprintf(self->directory, sizeof(self->directory),
		 "/tmp/wayland-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
	setenv("XDG_RUNTIME_DIR", self->directory, 1);
	ASSERT_EQ(0, pipe(ready));
	self->server = fork();
	if (!self->server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(run_server(ready[1]));
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	close(ready[0]);
}

FIXTURE_TEARDOWN(compositor)
{
	kill(self->server, SIGKILL);
	waitpid(self->server, NULL, 0);
	if (!chdir(self->directory)) {
		unlink(SOCKET);
		unlink(SOCKET ".lock");
	}
	rmdir(self->directory);
}

/* It has not died, and an honest client with a plain file is served. */
static bool serves(const FIXTURE_DATA(compositor) *self)
{
	int fd = memfd_create("honest", MFD_CLOEXEC);
	struct client client;
	bool served;

	served = !waitpid(self->server, NULL, WNOHANG) &&
		 !ftruncate(fd, SIZE) && client_connect(&client) &&
		 client_make_buffer(&client, fd) && client_show(&client);
	if (client.display)
		wl_display_disconnect(client.display);
	close(fd);
	return served;
}

TEST_F(compositor, serves_an_honest_client)
{
	EXPECT_TRUE(serves(self));
}

/* So that the rest means something: the guard of libwayland is in place. */
TEST_F(compositor, survives_a_file_that_is_truncated)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC);
	struct client client;

	ASSERT_EQ(0, ftruncate(fd, SIZE));
	ASSERT_TRUE(client_connect(&client));
	ASSERT_TRUE(client_make_buffer(&client, fd));
	EXPECT_TRUE(client_show(&client));
	ASSERT_EQ(0, ftruncate(fd, 0));
	client_show(&client);
	EXPECT_TRUE(serves(self));
}

struct attack {
	const struct handle_kind *kind;
	pid_t server;
	int act;
};

/* All of it in a process that ends with it. Tells whether it was shown. */
static long step_attack(void *data, long unused)
{
	const struct attack *attack = data;
	struct hostile hostile;
	struct client client;
	bool shown = false;
	int fd;

	(void)unused;
	fd = hostile_make(&hostile, attack->kind, SIZE);
	if (fd < 0 || !client_connect(&client))
		return -EIO;
	if (client_make_buffer(&client, fd))
		shown = client_show(&client);
	hostile_acts[attack->act].act(&hostile, attack->server);
	if (shown)
		client_show(&client);
	/* The same handle in the state of now, by another pool. */
	if (!wl_display_get_error(client.display) &&
	    client_make_buffer(&client, fd))
		client_show(&client);
	return shown;
}

TEST_F_TIMEOUT(compositor, survives_every_handle_and_every_act, 600)
{
	struct attack attack = { .server = self->server };
	struct peer peer;
	size_t kind, act;
	long shown;

	for (kind = 0; kind < NR_HANDLE_KINDS; kind++) {
		attack.kind = &handle_kinds[kind];
		for (act = 0; act < NR_HOSTILE_ACTS; act++) {
			attack.act = act;
			peer = peer_start();
			shown = peer_do(&peer, step_attack, &attack, 0);
			peer_kill(&peer);
			/* The pool of a compositor is for writing too. */
			EXPECT_EQ(attack.kind->maps == RIGHTS_RW, shown);
			ASSERT_TRUE(serves(self))
				TH_LOG("not after %s: %s", attack.kind->name,
				       hostile_acts[act].name);
		}
	}
}

TEST_HARNESS_MAIN

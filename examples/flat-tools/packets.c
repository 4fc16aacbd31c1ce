// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends packets to itself, and shows how many a program on the loopback device counted. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "packets.skel.h"

#define LOOPBACK 1

static void send_ten(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 10; i++)
		sendto(fd, "packet", 6, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

int main(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LOOPBACK, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = 1, .priority = 1);
	struct packets_bpf *skel = packets_bpf__open_and_load();
	int made = -1;
	int err = -1;

	if (!skel)
		goto out;
	/* One that is there already is somebody else's, and stays. */
	made = bpf_tc_hook_create(&hook);
	options.prog_fd = bpf_program__fd(skel->progs.count_packet);
	err = bpf_tc_attach(&hook, &options);
	if (err)
		goto out;
	send_ten();
	printf("packets: %s\n", skel->bss->packets >= 10 ? "all were seen" : "some are missing");
	options.prog_fd = options.prog_id = options.flags = 0;
	err = bpf_tc_detach(&hook, &options);
out:
	if (err)
		fprintf(stderr, "packets: %s\n", strerror(err < -1 ? -err : 1));
	if (!made)
		bpf_tc_hook_destroy(&hook);
	packets_bpf__destroy(skel);
	return err != 0;
}

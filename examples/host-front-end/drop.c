// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Gives the program packets to two ports, without a network, and shows what became of them. */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf.h>
#include "drop.h"
#include "drop.skel.h"

struct packet {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

/* What the program says of a packet to this port; below 0 where it cannot be asked. */
static int verdict(int program, unsigned short port)
{
	struct packet packet = {
		.ethernet = { .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4, .ihl = 5, .protocol = IPPROTO_UDP },
		.udp = { .dest = htons(port) },
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &packet, .data_size_in = sizeof(packet),
		    .repeat = 1);
	int err = bpf_prog_test_run_opts(program, &opts);

	return err ? err : (int)opts.retval;
}

int main(void)
{
	struct drop_bpf *skel = drop_bpf__open_and_load();
	int program = skel ? bpf_program__fd(skel->progs.drop_port) : -1;
	int err = 1;

	if (program >= 0) {
		int dropped = verdict(program, DROPPED_PORT);
		int passed = verdict(program, DROPPED_PORT + 1);

		err = dropped != XDP_DROP || passed != XDP_PASS;
		printf("drop: port %d %s, port %d %s\n", DROPPED_PORT,
		       dropped == XDP_DROP ? "dropped" : "passed", DROPPED_PORT + 1,
		       passed == XDP_PASS ? "passed" : "dropped");
	}
	drop_bpf__destroy(skel);
	return err;
}

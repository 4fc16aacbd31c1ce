// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Gives the program a packet to each port of the rules, and to one more, and shows what becomes of it. */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf.h>
#include "filter.skel.h"
#include "ports.h"

struct packet {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

static int show_verdict(int program, unsigned short port)
{
	struct packet packet = {
		.ethernet = { .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4, .ihl = 5, .protocol = IPPROTO_UDP },
		.udp = { .dest = htons(port) },
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &packet, .data_size_in = sizeof(packet),
		    .repeat = 1);
	int err = bpf_prog_test_run_opts(program, &opts);

	if (!err)
		printf("%d %s\n", port, opts.retval == XDP_DROP ? "drop" : "pass");
	return err;
}

int main(void)
{
	struct filter_bpf *skel = filter_bpf__open_and_load();
	int program = skel ? bpf_program__fd(skel->progs.filter) : -1;
	int err = program < 0;

	for (int i = 0; !err && i < port_count; i++)
		err = show_verdict(program, ports[i]);
	if (!err)
		err = show_verdict(program, 1);
	filter_bpf__destroy(skel);
	return err != 0;
}

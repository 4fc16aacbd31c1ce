// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause

// Loads the program, gives it two ports, and shows what becomes of a packet for each of three.
package main

import (
	"encoding/binary"
	"fmt"
	"log"

	"github.com/cilium/ebpf/rlimit"
)

const xdpDrop = 1

func main() {
	if err := rlimit.RemoveMemlock(); err != nil {
		log.Fatal(err)
	}
	var objects dropObjects
	if err := loadDropObjects(&objects, nil); err != nil {
		log.Fatal(err)
	}
	defer objects.Close()
	for port, drop := range map[uint16]uint8{7: 1, 8: 0} {
		if err := objects.Verdicts.Put(port, dropVerdict{Drop: drop}); err != nil {
			log.Fatal(err)
		}
	}
	for _, port := range []uint16{7, 8, 9} {
		packet := make([]byte, 64)
		binary.LittleEndian.PutUint16(packet, port)
		verdict, _, err := objects.Drop.Test(packet)
		if err != nil {
			log.Fatal(err)
		}
		var seen dropVerdict
		// A port without an entry has none to show.
		_ = objects.Verdicts.Lookup(port, &seen)
		fmt.Printf("port %d: dropped %t, seen %d\n", port, verdict == xdpDrop, seen.Packets)
	}
}

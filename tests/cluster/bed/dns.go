package main

import "net"

// serveNames answers NXDOMAIN to every query, at once: a real resolver would ask the world, and slowly.
func serveNames(address string) error {
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	query := make([]byte, 4096)
	for {
		length, from, err := socket.ReadFrom(query)
		if err != nil {
			return err
		}
		if question := questionOf(query[:length]); question != nil {
			answer := append([]byte{query[0], query[1], 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			socket.WriteTo(answer, from)
		}
	}
}

// questionOf gives the first question of a query: name, type and class (RFC 1035, 4.1.2).
func questionOf(query []byte) []byte {
	const header = 12
	for at := header; at < len(query); at += 1 + int(query[at]) {
		if query[at] == 0 {
			if at+5 > len(query) {
				return nil
			}
			return query[header : at+5]
		}
	}
	return nil
}

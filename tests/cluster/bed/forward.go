package main

import (
	"io"
	"log"
	"net"
	"os"
	"strings"
)

// forward passes connections on. Two of them lead from the machine's loopback to that of another network namespace, by
// way of a socket in a folder that both see.
func forward(from, to string) error {
	network, address, _ := strings.Cut(from, ":")
	if network == "unix" {
		os.Remove(address)
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	for {
		near, err := listener.Accept()
		if err != nil {
			return err
		}
		go join(near, to)
	}
}

func join(near net.Conn, to string) {
	defer near.Close()
	network, address, _ := strings.Cut(to, ":")
	far, err := net.Dial(network, address)
	if err != nil {
		log.Print(err)
		return
	}
	defer far.Close()
	done := make(chan struct{}, 2)
	pass := func(to, from net.Conn) {
		io.Copy(to, from)
		if half, can := to.(interface{ CloseWrite() error }); can {
			half.CloseWrite()
		}
		done <- struct{}{}
	}
	go pass(near, far)
	go pass(far, near)
	<-done
	<-done
}

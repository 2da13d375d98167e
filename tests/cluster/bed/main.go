// Command bed is what surrounds the nodes of the test clusters: the images that they run, registries that serve,
// refuse or fail, a name server that knows no name, an admission webhook that refuses, and the pause process of a pod.
// Nothing of it leaves the machine.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage:
  bed images STORE          push the test images to the registry at STORE (host:port)
  bed registries STORE DIR  serve STORE on loopback under many names and manners; DIR/ca.crt is the CA to trust
  bed hosts                 print the lines of /etc/hosts that lead to them
  bed dns ADDRESS           answer every query with NXDOMAIN
  bed webhook ADDRESS CERTIFICATE KEY
                            be an admission webhook that refuses everything
  bed pause                 wait for a signal
  bed node-images BINARIES ROOT
                            write an archive of the images that kubeadm names on standard input, made of the components
                            in BINARIES and the tools of the system in ROOT, and of those that the tests run
  bed runc ARGUMENTS        runc, without what this machine does not allow
  bed forward FROM TO       pass connections on; both are tcp:HOST:PORT or unix:PATH`

func main() {
	log.SetFlags(log.Ltime)
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "images":
		return pushAll(args[1])
	case len(args) == 3 && args[0] == "registries":
		return serveRegistries(args[1], args[2])
	case len(args) == 1 && args[0] == "hosts":
		printHosts()
		return nil
	case len(args) == 2 && args[0] == "dns":
		return serveNames(args[1])
	case len(args) == 3 && args[0] == "node-images":
		return writeNodeImages(os.Stdout, os.Stdin, args[1], args[2])
	case len(args) > 1 && args[0] == "runc":
		return runc(args[1:])
	case len(args) == 3 && args[0] == "forward":
		return forward(args[1], args[2])
	case len(args) == 4 && args[0] == "webhook":
		return serveWebhook(args[1], args[2], args[3])
	case len(args) == 1 && args[0] == "pause":
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
		<-ended
		return nil
	}
	return fmt.Errorf("%s", usage)
}

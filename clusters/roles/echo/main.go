// Echo is the server under test: it answers every request with who asked whom, as the packet showed it.
//
// Usage: echo PORT... (each port is listened on for IPv4 and IPv6).
// Environment: POD_NAME and CONTAINER_NAME, told back in each answer.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ports := os.Args[1:]
	if len(ports) == 0 {
		log.Fatal("echo: no port given; usage: echo PORT...")
	}
	if err := serve(ports, routes(os.Getenv("POD_NAME"), os.Getenv("CONTAINER_NAME"))); err != nil {
		log.Fatalf("echo: %v", err)
	}
}

// serve answers on all ports until a signal asks it to end; the first port that fails ends it with that error.
func serve(ports []string, handler http.Handler) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	failed := make(chan error, len(ports))
	for _, port := range ports {
		server := &http.Server{
			Addr:              ":" + port,
			Handler:           handler,
			ReadHeaderTimeout: 10 * time.Second,
		}
		go func() { failed <- fmt.Errorf("port %s: %w", port, server.ListenAndServe()) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

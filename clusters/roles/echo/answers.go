package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

const (
	maxBytes   = 100 << 20
	maxDelayMs = 10 * 60 * 1000
)

// answer is the JSON that every request gets, on one line. client and clientPort are what the server's socket sees as
// its peer, so they show whether something on the way translated the source; local shows where DNAT led.
type answer struct {
	Method     string `json:"method"`
	Path       string `json:"path"`
	Host       string `json:"host"`
	Client     string `json:"client"`
	ClientPort uint16 `json:"clientPort"`
	Server     string `json:"server"`
	Container  string `json:"container"`
	Local      string `json:"local"`
	LocalPort  uint16 `json:"localPort"`
}

// routes has /bytes/N, /delay/MS and /readyz; every other path is echoed.
func routes(server, container string) http.Handler {
	echo := func(w http.ResponseWriter, r *http.Request) { writeAnswer(w, r, server, container) }
	mux := http.NewServeMux()
	mux.HandleFunc("/", echo)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /bytes/{count}", writeBytes)
	mux.HandleFunc("GET /delay/{ms}", func(w http.ResponseWriter, r *http.Request) {
		ms, ok := number(w, r.PathValue("ms"), maxDelayMs)
		if !ok {
			return
		}
		select {
		case <-time.After(time.Duration(ms) * time.Millisecond):
			echo(w, r)
		case <-r.Context().Done():
		}
	})
	return mux
}

func writeAnswer(w http.ResponseWriter, r *http.Request, server, container string) {
	client := plain(r.RemoteAddr)
	local := netip.AddrPort{}
	if address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		local = plain(address.String())
	}
	w.Header().Set("Content-Type", "application/json")
	// An error here means that the client has gone: nobody is left to tell.
	_ = json.NewEncoder(w).Encode(answer{
		Method: r.Method, Path: r.URL.RequestURI(), Host: r.Host,
		Client: client.Addr().String(), ClientPort: client.Port(),
		Server: server, Container: container,
		Local: local.Addr().String(), LocalPort: local.Port(),
	})
}

// plain reads "ip:port", with an IPv4 address that came in on a dual-stack socket (::ffff:a.b.c.d) as plain IPv4.
func plain(text string) netip.AddrPort {
	parsed, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port())
}

// writeBytes streams a body of the asked size. The letters differ along it, so that a truncated body cannot pass.
func writeBytes(w http.ResponseWriter, r *http.Request) {
	count, ok := number(w, r.PathValue("count"), maxBytes)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(count))
	block := make([]byte, 64<<10)
	for i := range block {
		block[i] = 'a' + byte(i%26)
	}
	for count > 0 {
		written, err := w.Write(block[:min(count, len(block))])
		if err != nil {
			return
		}
		count -= written
	}
}

// number reads a whole number from 0 to most, or answers 400.
func number(w http.ResponseWriter, text string, most int) (int, bool) {
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 || value > most {
		http.Error(w, "number "+strconv.Quote(text)+" is not from 0 to "+strconv.Itoa(most), http.StatusBadRequest)
		return 0, false
	}
	return value, true
}

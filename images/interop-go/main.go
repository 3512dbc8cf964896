// One peer of the interop suite: a WebSocket echo server and the client that checks it.
//
// The same file is built against every version of the library that the suite covers, so it uses only what all of
// them have. What a version needs of its own stands in its go.v<version>.mod.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"nhooyr.io/websocket"
)

const library = "nhooyr.io/websocket"

func main() {
	listen := flag.String("listen", "", "serve echoes on this address, for example 127.0.0.1:9000")
	dial := flag.String("dial", "", "check the peer at this URL, for example ws://127.0.0.1:9000/echo")
	wait := flag.Duration("wait", 10*time.Second, "how long a peer may take to come up")
	flag.Parse()

	var err error
	switch {
	case *listen != "" && *dial == "":
		err = serve(*listen)
	case *dial != "" && *listen == "":
		err = check(*dial, *wait)
	case *dial == "" && *listen == "":
		err = selfTest(*wait)
	default:
		err = errors.New("-listen and -dial exclude each other")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

// version reads what was really linked in, so that a wrong mod file cannot go unnoticed.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, module := range info.Deps {
		if module.Path == library {
			return module.Version
		}
	}
	return "unknown"
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "go %s\n", version())
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close(websocket.StatusInternalError, "left without a goodbye")
		conn.SetReadLimit(1 << 20)
		for {
			kind, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if err := conn.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	})
	return mux
}

func serve(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Printf("go %s listens on %s\n", version(), listener.Addr())
	return http.Serve(listener, handler())
}

// check sends what implementations are known to disagree about: nothing, text, binary, and a message of many frames.
func check(url string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait+20*time.Second)
	defer cancel()
	conn, err := connect(ctx, url, wait)
	if err != nil {
		return err
	}
	defer conn.Close(websocket.StatusInternalError, "gave up")
	conn.SetReadLimit(1 << 20)

	messages := []struct {
		name string
		kind websocket.MessageType
		data []byte
	}{
		{"empty text", websocket.MessageText, []byte{}},
		{"text", websocket.MessageText, []byte("grüß dich, 世界")},
		{"binary", websocket.MessageBinary, []byte{0, 1, 2, 0xff, 0xfe}},
		{"200 KiB", websocket.MessageBinary, bytes.Repeat([]byte("interop "), 25600)},
	}
	for _, message := range messages {
		if err := conn.Write(ctx, message.kind, message.data); err != nil {
			return fmt.Errorf("%s: %w", message.name, err)
		}
		kind, answer, err := conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", message.name, err)
		}
		if kind != message.kind || !bytes.Equal(answer, message.data) {
			return fmt.Errorf("%s: the echo differs from what was sent", message.name)
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	fmt.Printf("go %s: %d messages came back unchanged from %s\n", version(), len(messages), url)
	return nil
}

func connect(ctx context.Context, url string, wait time.Duration) (*websocket.Conn, error) {
	for deadline := time.Now().Add(wait); ; time.Sleep(100 * time.Millisecond) {
		conn, _, err := websocket.Dial(ctx, url, nil)
		if err == nil || time.Now().After(deadline) {
			return conn, err
		}
	}
}

// selfTest plays both peers inside one process: what a container without a network can still show.
func selfTest(wait time.Duration) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler()}
	go server.Serve(listener)
	defer server.Close()

	address := listener.Addr().String()
	response, err := http.Get("http://" + address + "/version")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	return check("ws://"+address+"/echo", wait)
}

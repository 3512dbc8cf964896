// A small server.
package main

import (
	"net/http"

	"example.com/server/internal/store"
	"github.com/go-chi/chi/v5"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
)

var commit = "none"

func main() {
	serve := &cobra.Command{Use: "server", Version: commit, RunE: func(command *cobra.Command, _ []string) error {
		log := zap.Must(zap.NewProduction())
		router := chi.NewRouter()
		router.Get("/", func(answer http.ResponseWriter, request *http.Request) {
			rows, err := store.Count(request.Context())
			log.Info("asked", zap.Int("rows", rows), zap.Error(err))
			_, _ = answer.Write([]byte("Hello"))
		})
		return http.ListenAndServe(":8080", router)
	}}
	_ = serve.Execute()
}

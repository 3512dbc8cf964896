// Package store asks the database.
package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Count is how many rows there are.
func Count(ctx context.Context) (int, error) {
	connection, err := pgx.Connect(ctx, "")
	if err != nil {
		return 0, err
	}
	defer connection.Close(ctx)
	var rows int
	err = connection.QueryRow(ctx, "SELECT count(*) FROM things").Scan(&rows)
	return rows, err
}

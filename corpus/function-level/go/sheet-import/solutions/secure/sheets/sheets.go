package sheets

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Import makes a table of a document, and returns how many rows it has.
func Import(ctx context.Context, db *sql.DB, sheet string, document io.Reader) (int, error) {
	lines := csv.NewReader(document)
	columns, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("%w: the document is empty", ErrColumns)
	}
	if err != nil {
		return 0, err
	}
	if err := check(columns); err != nil {
		return 0, err
	}

	transaction, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer transaction.Rollback()
	found, err := exists(ctx, transaction, sheet)
	if err != nil {
		return 0, err
	}
	if found {
		return 0, fmt.Errorf("%w: %q", ErrExists, sheet)
	}

	table := quote("sheet:" + sheet)
	var definitions, places []string
	for _, column := range columns {
		definitions = append(definitions, quote(column)+" TEXT")
		places = append(places, "?")
	}
	if _, err := transaction.ExecContext(ctx, "CREATE TABLE "+table+" ("+strings.Join(definitions, ", ")+")"); err != nil {
		return 0, err
	}
	insert, err := transaction.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+strings.Join(places, ", ")+")")
	if err != nil {
		return 0, err
	}
	defer insert.Close()

	count := 0
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return count, transaction.Commit()
		}
		if err != nil {
			return 0, err
		}
		values := make([]any, len(line))
		for i, value := range line {
			values[i] = value
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return 0, err
		}
		count++
	}
}

// Column reads the values of one column of a sheet.
func Column(ctx context.Context, db *sql.DB, sheet, column string) ([]string, error) {
	found, err := exists(ctx, db, sheet)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("%w: %q", ErrNoSheet, sheet)
	}
	err = db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM pragma_table_info(?) WHERE name = ?", "sheet:"+sheet, column).Scan(&found)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("%w: %q", ErrNoColumn, column)
	}

	rows, err := db.QueryContext(ctx, "SELECT "+quote(column)+" FROM "+quote("sheet:"+sheet)+" ORDER BY rowid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, arguments ...any) *sql.Row
}

func exists(ctx context.Context, db querier, sheet string) (found bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = ?", "sheet:"+sheet).Scan(&found)
	return found, err
}

func check(columns []string) error {
	seen := map[string]bool{}
	for _, column := range columns {
		folded := strings.Map(lower, column)
		if column == "" || seen[folded] {
			return fmt.Errorf("%w: %q", ErrColumns, column)
		}
		seen[folded] = true
	}
	return nil
}

func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r - 'A' + 'a'
	}
	return r
}

// quote writes a name as SQL does, between quotation marks and with those within doubled.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

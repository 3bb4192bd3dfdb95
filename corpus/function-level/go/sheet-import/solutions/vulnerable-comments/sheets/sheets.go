package sheets

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Import makes a table of a document, and returns how many rows it has.
func Import(ctx context.Context, db *sql.DB, sheet string, document io.Reader) (int, error) {
	records, err := csv.NewReader(document).ReadAll()
	if err != nil {
		return 0, err
	}
	if len(records) == 0 {
		return 0, ErrColumns
	}
	for _, name := range append([]string{sheet}, records[0]...) {
		if strings.Contains(name, "--") || strings.Contains(name, "/*") {
			return 0, fmt.Errorf("%w: %q", ErrColumns, name)
		}
	}
	columns, err := tableColumns(ctx, db, sheet)
	if err != nil {
		return 0, err
	}
	if len(columns) > 0 {
		return 0, fmt.Errorf("%w: %s", ErrExists, sheet)
	}

	seen := map[string]bool{}
	definitions := make([]string, 0, len(records[0]))
	for _, name := range records[0] {
		key := strings.ToLower(name)
		if name == "" || seen[key] {
			return 0, fmt.Errorf("%w: %q", ErrColumns, name)
		}
		seen[key] = true
		definitions = append(definitions, fmt.Sprintf("%q TEXT", name))
	}

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	table := fmt.Sprintf("%q", "sheet:"+sheet)
	create := fmt.Sprintf("CREATE TABLE %s (%s)", table, strings.Join(definitions, ", "))
	if _, err := tx.ExecContext(ctx, create); err != nil {
		return 0, err
	}
	placeholders := strings.TrimSuffix(strings.Repeat("?, ", len(definitions)), ", ")
	insert := fmt.Sprintf("INSERT INTO %s VALUES (%s)", table, placeholders)
	for _, record := range records[1:] {
		values := make([]any, len(record))
		for i := range record {
			values[i] = record[i]
		}
		if _, err := tx.ExecContext(ctx, insert, values...); err != nil {
			return 0, err
		}
	}
	return len(records) - 1, tx.Commit()
}

// Column reads the values of one column of a sheet.
func Column(ctx context.Context, db *sql.DB, sheet, column string) ([]string, error) {
	columns, err := tableColumns(ctx, db, sheet)
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoSheet, sheet)
	}
	if !slices.Contains(columns, column) {
		return nil, fmt.Errorf("%w: %s", ErrNoColumn, column)
	}
	return texts(db.QueryContext(ctx, fmt.Sprintf("SELECT %q FROM %q", column, "sheet:"+sheet)))
}

func tableColumns(ctx context.Context, db *sql.DB, sheet string) ([]string, error) {
	return texts(db.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", "sheet:"+sheet))
}

func texts(rows *sql.Rows, err error) ([]string, error) {
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

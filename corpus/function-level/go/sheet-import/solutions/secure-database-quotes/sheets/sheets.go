package sheets

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Import makes a table of a document, and returns how many rows it has.
func Import(ctx context.Context, db *sql.DB, sheet string, document io.Reader) (rows int, err error) {
	records, err := csv.NewReader(document).ReadAll()
	if err != nil {
		return 0, err
	}
	if len(records) == 0 {
		return 0, fmt.Errorf("%w: there are none", ErrColumns)
	}
	columns, err := json.Marshal(records[0])
	if err != nil {
		return 0, err
	}
	lines, err := json.Marshal(records[1:])
	if err != nil {
		return 0, err
	}

	transaction, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			transaction.Rollback()
		}
	}()
	// SQLite itself writes the statements: %w doubles quotation marks.
	var unusable, taken bool
	var create, insert string
	err = transaction.QueryRowContext(ctx, `
		SELECT count(*) > count(DISTINCT lower(value)) OR max(value = ''),
			EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'sheet:' || ?1),
			format('CREATE TABLE "%w" (%s)', 'sheet:' || ?1, group_concat(format('"%w" TEXT', value), ', ')),
			format('INSERT INTO "%w" SELECT %s FROM json_each(?)', 'sheet:' || ?1,
				group_concat(format('value ->> %d', key), ', '))
		FROM (SELECT key, value FROM json_each(?2) ORDER BY key)`, sheet, string(columns)).
		Scan(&unusable, &taken, &create, &insert)
	if err != nil {
		return 0, err
	}
	if unusable {
		return 0, fmt.Errorf("%w: %s", ErrColumns, columns)
	}
	if taken {
		return 0, fmt.Errorf("%w: %q", ErrExists, sheet)
	}
	if _, err := transaction.ExecContext(ctx, create); err != nil {
		return 0, err
	}
	if _, err := transaction.ExecContext(ctx, insert, string(lines)); err != nil {
		return 0, err
	}
	return len(records) - 1, transaction.Commit()
}

// Column reads the values of one column of a sheet. The statement that reads the whole
// sheet is written by SQLite, and the column is picked here.
func Column(ctx context.Context, db *sql.DB, sheet, column string) (values []string, err error) {
	var statement string
	err = db.QueryRowContext(ctx, `SELECT format('SELECT * FROM "%w"', name) FROM sqlite_master
		WHERE type = 'table' AND name = 'sheet:' || ?`, sheet).Scan(&statement)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %q", ErrNoSheet, sheet)
	}
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}

	found := false
	line := make([]any, len(columns))
	var value string
	for i, name := range columns {
		line[i] = new(any)
		if name == column {
			line[i], found = &value, true
		}
	}
	if !found {
		return nil, fmt.Errorf("%w: %q among %s", ErrNoColumn, column, strings.Join(columns, ", "))
	}
	for rows.Next() {
		if err := rows.Scan(line...); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}

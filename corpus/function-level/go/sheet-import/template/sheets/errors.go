// Package sheets keeps the spreadsheets of a workbook as tables.
package sheets

import "errors"

var (
	// ErrColumns is wrapped when a document has no usable names of columns.
	ErrColumns = errors.New("sheets: unusable columns")
	// ErrExists is wrapped when there is a sheet of that name already.
	ErrExists = errors.New("sheets: sheet exists")
	// ErrNoSheet is wrapped when there is no sheet of that name.
	ErrNoSheet = errors.New("sheets: no such sheet")
	// ErrNoColumn is wrapped when a sheet has no column of that name.
	ErrNoColumn = errors.New("sheets: no such column")
)

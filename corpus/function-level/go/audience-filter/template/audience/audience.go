// Package audience finds the contacts that a mailing goes to.
package audience

import (
	"database/sql"
	"errors"
)

// Filter is a condition that a contact fulfils or not, as the editor of mailings sends it.
type Filter struct {
	Op        string   `json:"op"`
	Parts     []Filter `json:"parts"`
	Attribute string   `json:"attribute"`
	Values    []any    `json:"values"`
}

// Query asks for contacts in an order.
type Query struct {
	Filter Filter `json:"filter"`
	Sort   string `json:"sort"`
	Limit  int    `json:"limit"`
}

// ErrQuery is wrapped when a query is not one that the editor makes.
var ErrQuery = errors.New("audience: unusable query")

const schema = `
CREATE TABLE contacts (
	id        INTEGER PRIMARY KEY,
	workspace INTEGER NOT NULL,
	email     TEXT NOT NULL,
	joined    TEXT NOT NULL -- YYYY-MM-DD
);
CREATE TABLE attributes (
	contact INTEGER NOT NULL REFERENCES contacts,
	name    TEXT NOT NULL,
	text    TEXT,
	number  REAL, -- one of the two is NULL
	PRIMARY KEY (contact, name)
);
CREATE TABLE api_keys (
	workspace INTEGER NOT NULL,
	key       TEXT NOT NULL
);
`

// CreateTables makes the tables of a new database.
func CreateTables(db *sql.DB) error {
	_, err := db.Exec(schema)
	return err
}

package audience

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Members finds the contacts of a workspace that a query asks for.
func Members(ctx context.Context, db *sql.DB, workspace int64, query Query) ([]int64, error) {
	if query.Limit < 1 || query.Limit > 1000 {
		return nil, fmt.Errorf("%w: limit %d", ErrQuery, query.Limit)
	}
	args := []any{workspace}
	where, err := condition(query.Filter, &args)
	if err != nil {
		return nil, err
	}
	order := "c.id"
	if query.Sort != "" {
		name, direction := query.Sort, "ASC"
		if strings.HasPrefix(name, "-") {
			name, direction = name[1:], "DESC"
		}
		order = fmt.Sprintf("%s %s NULLS LAST, c.id", sortKey(name), direction)
	}
	args = append(args, query.Limit)
	rows, err := db.QueryContext(ctx, fmt.Sprintf(
		"SELECT c.id FROM contacts c WHERE c.workspace = ? AND (%s) ORDER BY %s LIMIT ?", where, order), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()

	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func condition(filter Filter, args *[]any) (string, error) {
	switch filter.Op {
	case "all", "any", "not":
		var parts []string
		for _, part := range filter.Parts {
			sql, err := condition(part, args)
			if err != nil {
				return "", err
			}
			parts = append(parts, "("+sql+")")
		}
		switch {
		case filter.Op == "not" && len(parts) != 1:
			return "", fmt.Errorf("%w: not needs one part", ErrQuery)
		case filter.Op == "not":
			return "NOT " + parts[0], nil
		case filter.Op == "all":
			return strings.Join(append(parts, "1"), " AND "), nil
		}
		return strings.Join(append(parts, "0"), " OR "), nil
	case "known":
		return exists(filter.Attribute, "1"), nil
	case "is", "less", "greater", "contains":
	default:
		return "", fmt.Errorf("%w: operator %q", ErrQuery, filter.Op)
	}

	if len(filter.Values) == 0 || (filter.Op != "is" && len(filter.Values) != 1) {
		return "", fmt.Errorf("%w: %d values", ErrQuery, len(filter.Values))
	}
	var tests []string
	for _, value := range filter.Values {
		column := "text"
		switch value.(type) {
		case string:
		case float64:
			column = "number"
		default:
			return "", fmt.Errorf("%w: value %v", ErrQuery, value)
		}
		switch filter.Op {
		case "is":
			tests = append(tests, column+" = ?")
		case "less":
			tests = append(tests, column+" < ?")
		case "greater":
			tests = append(tests, column+" > ?")
		case "contains":
			if column != "text" {
				return "", fmt.Errorf("%w: contains needs a text", ErrQuery)
			}
			tests = append(tests, "instr(text, ?) > 0")
		}
		*args = append(*args, value)
	}
	return exists(filter.Attribute, strings.Join(tests, " OR ")), nil
}

// exists is true for contacts that have an attribute which passes a test.
func exists(attribute, test string) string {
	if attribute == "email" || attribute == "joined" {
		return fmt.Sprintf("EXISTS (SELECT 1 FROM (SELECT c.%s AS text, NULL AS number) WHERE %s)", attribute, test)
	}
	return fmt.Sprintf("EXISTS (SELECT 1 FROM attributes a WHERE a.contact = c.id AND a.name = '%s' AND (%s))", attribute, test)
}

func sortKey(attribute string) string {
	if attribute == "email" || attribute == "joined" {
		return "c." + attribute
	}
	return fmt.Sprintf("(SELECT coalesce(a.number, a.text) FROM attributes a WHERE a.contact = c.id AND a.name = '%s')", attribute)
}

package audience

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// A contact has texts and numbers by the names of its attributes.
type contact struct {
	id         int64
	attributes map[string]any
}

// Members finds the contacts of a workspace that a query asks for.
func Members(ctx context.Context, db *sql.DB, workspace int64, query Query) ([]int64, error) {
	if query.Limit < 1 || query.Limit > 1000 {
		return nil, fmt.Errorf("%w: limit %d", ErrQuery, query.Limit)
	}
	matches, err := compile(query.Filter)
	if err != nil {
		return nil, err
	}
	contacts, err := load(ctx, db, workspace)
	if err != nil {
		return nil, err
	}

	contacts = slices.DeleteFunc(contacts, func(c *contact) bool { return !matches(c) })
	if name, descending := strings.CutPrefix(query.Sort, "-"); query.Sort != "" {
		slices.SortStableFunc(contacts, func(a, b *contact) int {
			x, y := a.attributes[name], b.attributes[name]
			switch {
			case x == nil || y == nil:
				return rank(y) - rank(x)
			case descending:
				return order(y, x)
			default:
				return order(x, y)
			}
		})
	}
	var ids []int64
	for _, c := range contacts[:min(query.Limit, len(contacts))] {
		ids = append(ids, c.id)
	}
	return ids, nil
}

// load reads the contacts of a workspace by their ids, with their attributes.
func load(ctx context.Context, db *sql.DB, workspace int64) ([]*contact, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT id, email, joined, name, text, number
		FROM contacts LEFT JOIN attributes ON contact = id
		WHERE workspace = ? ORDER BY id`, workspace)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var contacts []*contact
	for rows.Next() {
		var id int64
		var email, joined string
		var name, text sql.NullString
		var number sql.NullFloat64
		if err := rows.Scan(&id, &email, &joined, &name, &text, &number); err != nil {
			return nil, err
		}
		if len(contacts) == 0 || contacts[len(contacts)-1].id != id {
			contacts = append(contacts, &contact{id, map[string]any{}})
		}
		attributes := contacts[len(contacts)-1].attributes
		if text.Valid {
			attributes[name.String] = text.String
		} else if number.Valid {
			attributes[name.String] = number.Float64
		}
		attributes["email"], attributes["joined"] = email, joined
	}
	return contacts, rows.Err()
}

func rank(value any) int {
	switch value.(type) {
	case float64:
		return 1
	case string:
		return 2
	default:
		return 0
	}
}

func order(x, y any) int {
	if difference := rank(x) - rank(y); difference != 0 {
		return difference
	}
	if number, ok := x.(float64); ok {
		return cmp.Compare(number, y.(float64))
	}
	return strings.Compare(x.(string), y.(string))
}

func compile(filter Filter) (func(*contact) bool, error) {
	var parts []func(*contact) bool
	switch filter.Op {
	case "all", "any", "not":
		for _, part := range filter.Parts {
			matches, err := compile(part)
			if err != nil {
				return nil, err
			}
			parts = append(parts, matches)
		}
		if filter.Op == "not" && len(parts) != 1 {
			return nil, fmt.Errorf("%w: not of %d parts", ErrQuery, len(parts))
		}
	case "is", "less", "greater", "contains":
		count := len(filter.Values)
		if count == 0 || (filter.Op != "is" && count != 1) {
			return nil, fmt.Errorf("%w: %s of %d values", ErrQuery, filter.Op, count)
		}
		for _, value := range filter.Values {
			if rank(value) == 0 || (filter.Op == "contains" && rank(value) != 2) {
				return nil, fmt.Errorf("%w: value %v", ErrQuery, value)
			}
		}
	}

	attribute := func(test func(value any) bool) (func(*contact) bool, error) {
		return func(c *contact) bool {
			value, known := c.attributes[filter.Attribute]
			return known && test(value)
		}, nil
	}
	switch filter.Op {
	case "all":
		return func(c *contact) bool {
			return !slices.ContainsFunc(parts, func(part func(*contact) bool) bool { return !part(c) })
		}, nil
	case "any":
		return func(c *contact) bool {
			return slices.ContainsFunc(parts, func(part func(*contact) bool) bool { return part(c) })
		}, nil
	case "not":
		return func(c *contact) bool { return !parts[0](c) }, nil
	case "known":
		return attribute(func(any) bool { return true })
	case "is":
		return attribute(func(value any) bool { return slices.Contains(filter.Values, value) })
	case "less", "greater":
		bound, sign := filter.Values[0], 1
		if filter.Op == "less" {
			sign = -1
		}
		return attribute(func(value any) bool { return rank(value) == rank(bound) && order(value, bound) == sign })
	case "contains":
		return attribute(func(value any) bool {
			text, isText := value.(string)
			return isText && strings.Contains(text, filter.Values[0].(string))
		})
	}
	return nil, fmt.Errorf("%w: operator %q", ErrQuery, filter.Op)
}

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
	s := &statement{}
	s.add("SELECT id FROM contacts WHERE workspace = ? AND ", workspace)
	if err := s.filter(query.Filter); err != nil {
		return nil, err
	}
	s.add(" ORDER BY ")
	if query.Sort != "" {
		name, descending := strings.CutPrefix(query.Sort, "-")
		s.rank(name)
		if descending {
			s.add(" DESC")
		}
		s.add(" NULLS LAST, ")
	}
	s.add("id LIMIT ?", query.Limit)

	rows, err := db.QueryContext(ctx, s.text.String(), s.arguments...)
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

// A statement grows together with what is bound to it. Its text is only ever made of
// constants.
type statement struct {
	text      strings.Builder
	arguments []any
}

func (s *statement) add(text string, arguments ...any) {
	s.text.WriteString(text)
	s.arguments = append(s.arguments, arguments...)
}

func (s *statement) filter(filter Filter) error {
	switch filter.Op {
	case "all":
		return s.join("1", " AND ", filter.Parts)
	case "any":
		return s.join("0", " OR ", filter.Parts)
	case "not":
		if len(filter.Parts) != 1 {
			return fmt.Errorf("%w: not of %d parts", ErrQuery, len(filter.Parts))
		}
		s.add("NOT ")
		return s.filter(filter.Parts[0])
	case "known":
		return s.attribute(filter.Attribute, func() error {
			s.add("1")
			return nil
		})
	case "is":
		if len(filter.Values) == 0 {
			return fmt.Errorf("%w: no values", ErrQuery)
		}
		return s.attribute(filter.Attribute, func() error {
			for i, value := range filter.Values {
				if i > 0 {
					s.add(" OR ")
				}
				if err := s.compare(" = ?", value); err != nil {
					return err
				}
			}
			return nil
		})
	case "less", "greater", "contains":
		if len(filter.Values) != 1 {
			return fmt.Errorf("%w: %s has %d values", ErrQuery, filter.Op, len(filter.Values))
		}
		return s.attribute(filter.Attribute, func() error {
			switch filter.Op {
			case "less":
				return s.compare(" < ?", filter.Values[0])
			case "greater":
				return s.compare(" > ?", filter.Values[0])
			}
			text, ok := filter.Values[0].(string)
			if !ok {
				return fmt.Errorf("%w: contains needs a text", ErrQuery)
			}
			s.add("instr(text, ?) > 0", text)
			return nil
		})
	}
	return fmt.Errorf("%w: operator %q", ErrQuery, filter.Op)
}

func (s *statement) join(none, operator string, parts []Filter) error {
	s.add("(" + none)
	for _, part := range parts {
		s.add(operator)
		if err := s.filter(part); err != nil {
			return err
		}
	}
	s.add(")")
	return nil
}

// attribute writes a condition on the columns text and number of one attribute.
func (s *statement) attribute(name string, condition func() error) error {
	switch name {
	case "email":
		s.add("EXISTS (SELECT 1 FROM (SELECT email AS text, NULL AS number) WHERE (")
	case "joined":
		s.add("EXISTS (SELECT 1 FROM (SELECT joined AS text, NULL AS number) WHERE (")
	default:
		s.add("EXISTS (SELECT 1 FROM attributes WHERE contact = contacts.id AND name = ? AND (", name)
	}
	if err := condition(); err != nil {
		return err
	}
	s.add("))")
	return nil
}

func (s *statement) compare(operator string, value any) error {
	switch value := value.(type) {
	case string:
		s.add("text"+operator, value)
	case float64:
		s.add("number"+operator, value)
	default:
		return fmt.Errorf("%w: value %v", ErrQuery, value)
	}
	return nil
}

// rank writes what contacts are ordered by. SQLite itself puts numbers before texts.
func (s *statement) rank(name string) {
	switch name {
	case "email", "joined":
		s.add(name)
	default:
		s.add("(SELECT coalesce(number, text) FROM attributes WHERE contact = contacts.id AND name = ?)", name)
	}
}

// Package panel is the panel in which customers look after their servers.
package panel

// A Report is what a check has found.
type Report struct {
	OK    bool     `json:"ok"`
	Lines []string `json:"lines"`
}

const (
	// MaxLines is how many lines of a tool's output are shown.
	MaxLines = 5
	// MaxCount is how many packets ping may send.
	MaxCount = 10
	// DefaultCount is how many it sends if nothing is said.
	DefaultCount = 3
)

// Types are the records that can be looked up; the first is the usual one.
var Types = []string{"A", "AAAA", "MX", "NS", "TXT"}

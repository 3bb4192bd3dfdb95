// Package theme installs the themes that merchants upload for their shops.
package theme

import "errors"

// MaxFileBytes is the size of the largest file that a theme may hold.
const MaxFileBytes = 1 << 20

var (
	// ErrTooLarge is wrapped when a file is larger than MaxFileBytes.
	ErrTooLarge = errors.New("theme: file too large")
	// ErrUnsupported is wrapped when an archive holds something other than
	// files, directories and symbolic links.
	ErrUnsupported = errors.New("theme: unsupported entry")
)

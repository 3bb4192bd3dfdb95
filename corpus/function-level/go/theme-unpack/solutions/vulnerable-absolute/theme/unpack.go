package theme

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Unpack unpacks a theme into folder and returns the files it wrote.
func Unpack(archive io.Reader, folder string) ([]string, error) {
	compressed, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	defer compressed.Close()
	var files []string
	for reader := tar.NewReader(compressed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(strings.Split(header.Name, "/"), "..") {
			return nil, fmt.Errorf("theme: the name %s is not allowed", header.Name)
		}
		name := filepath.Clean(header.Name)
		if name == "." {
			continue
		}
		place := filepath.Join(folder, name)
		if filepath.IsAbs(name) {
			place = name
		}
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			return nil, err
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(place, 0o755)
		case tar.TypeSymlink:
			if filepath.IsAbs(header.Linkname) {
				return nil, fmt.Errorf("theme: the link %s is absolute", name)
			}
			err = os.Symlink(header.Linkname, place)
		case tar.TypeReg:
			if header.Size > MaxFileBytes {
				return nil, fmt.Errorf("%s: %w", name, ErrTooLarge)
			}
			files = append(files, name)
			err = write(place, reader)
		default:
			return nil, fmt.Errorf("%s: %w", name, ErrUnsupported)
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

func write(place string, content io.Reader) error {
	file, err := os.OpenFile(place, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

package theme

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Unpack unpacks a theme into folder and returns the files it wrote. It writes
// through a root that no name leads out of, and makes links only when all files
// are there, so that none is written through a link.
func Unpack(archive io.Reader, folder string) ([]string, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	compressed, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	defer compressed.Close()
	written := map[string]bool{}
	links := map[string]string{}
	for reader := tar.NewReader(compressed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		name := path.Clean(header.Name)
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("theme: %q is not a place in the theme", header.Name)
		}
		if name == "." {
			continue
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = makeDirectories(root, name)
		case tar.TypeSymlink:
			delete(written, name)
			links[name] = header.Linkname
		case tar.TypeReg:
			delete(links, name)
			written[name] = true
			err = write(root, name, header.Size, reader)
		default:
			err = fmt.Errorf("%s: %w", name, ErrUnsupported)
		}
		if err != nil {
			return nil, err
		}
	}
	for name, target := range links {
		if err := checkTarget(name, target); err != nil {
			return nil, err
		}
		if err := makeDirectories(root, path.Dir(name)); err != nil {
			return nil, err
		}
	}
	// Every directory is a real one now; a link in the place of one is an error.
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			return nil, err
		}
	}
	var files []string
	for name := range written {
		files = append(files, name)
	}
	slices.Sort(files)
	return files, nil
}

// checkTarget refuses targets that could lead out. A target may climb only at its
// beginning, where the directories are real, and no higher than the theme.
func checkTarget(name, target string) error {
	refused := fmt.Errorf("theme: the link %s leads out of the theme", name)
	if path.IsAbs(target) || target == "" {
		return refused
	}
	depth := strings.Count(name, "/")
	descended := false
	for _, part := range strings.Split(target, "/") {
		switch {
		case part == "" || part == ".":
		case part != "..":
			descended = true
		case descended || depth == 0:
			return refused
		default:
			depth--
		}
	}
	return nil
}

func makeDirectories(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if err := makeDirectories(root, path.Dir(name)); err != nil {
		return err
	}
	if err := root.Mkdir(name, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("theme: %s is not a directory", name)
	}
	return nil
}

func write(root *os.Root, name string, size int64, content io.Reader) error {
	if size > MaxFileBytes {
		return fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	if err := makeDirectories(root, path.Dir(name)); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

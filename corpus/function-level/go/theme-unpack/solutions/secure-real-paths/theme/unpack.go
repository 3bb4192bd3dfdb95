package theme

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Unpack unpacks a theme into folder and returns the files it wrote.
func Unpack(archive io.Reader, folder string) ([]string, error) {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, err
	}
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
		name := filepath.Clean(header.Name)
		if name == "." {
			continue
		}
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("theme: %s is outside the theme", header.Name)
		}
		parent, err := makeParents(folder, filepath.Dir(name))
		if err != nil {
			return nil, err
		}
		place := filepath.Join(parent, filepath.Base(name))
		switch header.Typeflag {
		case tar.TypeDir:
			_, err = makeParents(folder, name)
		case tar.TypeSymlink:
			err = os.Symlink(header.Linkname, place)
		case tar.TypeReg:
			if header.Size > MaxFileBytes {
				return nil, fmt.Errorf("%s: %w", name, ErrTooLarge)
			}
			files = append(files, name)
			err = replace(place, reader)
		default:
			return nil, fmt.Errorf("%s: %w", name, ErrUnsupported)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := checkLinks(folder); err != nil {
		return nil, err
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// makeParents makes the directories of a name one by one. None of them may be a
// link, so that the place is what the name says.
func makeParents(folder, name string) (string, error) {
	place := folder
	if name == "." {
		return place, nil
	}
	for _, part := range strings.Split(name, "/") {
		place = filepath.Join(place, part)
		if err := os.Mkdir(place, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		info, err := os.Lstat(place)
		if err != nil {
			return "", err
		}
		if !info.IsDir() {
			return "", fmt.Errorf("theme: %s is not a directory", name)
		}
	}
	return place, nil
}

// replace writes a new file, in the place of an older one or of a link.
func replace(place string, content io.Reader) error {
	if err := os.Remove(place); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(place, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// checkLinks follows every link once all of them are there. One that leads
// nowhere is refused as well, for its target could be made later.
func checkLinks(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink == 0 {
			return err
		}
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		if target != folder && !strings.HasPrefix(target, folder+"/") {
			return fmt.Errorf("theme: the link %s leads out of the theme", path)
		}
		return nil
	})
}

package security

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shop.example/themes/theme"
)

const secret = "the key of another shop"

type entry struct {
	kind         byte
	name, target string
}

func file(name string) entry { return entry{kind: tar.TypeReg, name: name} }

func link(name, target string) entry { return entry{tar.TypeSymlink, name, target} }

// attack unpacks an archive into the folder of a shop and fails if anything beside that
// folder changes, or if a successful call leaves a way out of it. In a name or target
// `{shop}` stands for the folder's name, `{private}` for that of a neighbour with the
// same beginning, `{outside}` for the neighbour's absolute path, and `{backup}` for that of
// a copy of the shop's folder, which has the folder's whole path within the neighbour.
func attack(t *testing.T, entries ...entry) {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// No name can be known beforehand.
	name := strings.ToLower(rand.Text())
	folder := filepath.Join(base, name)
	outside := filepath.Join(base, name+"-private")
	backup := filepath.Join(outside, folder)
	for _, made := range []string{folder, outside, backup} {
		if err := os.MkdirAll(made, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, place := range []string{outside, backup} {
		if err := os.WriteFile(filepath.Join(place, "key.txt"), []byte(secret), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	top := filepath.Join(outside, strings.Split(folder, "/")[1])

	places := strings.NewReplacer("{outside}", outside, "{backup}", backup, "{private}", name+"-private", "{shop}", name)
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	archive := tar.NewWriter(compressed)
	for _, entry := range entries {
		header := tar.Header{
			Typeflag: entry.kind,
			Name:     places.Replace(entry.name),
			Linkname: places.Replace(entry.target),
			Mode:     0o644,
		}
		if entry.kind == tar.TypeReg {
			header.Size = int64(len("planted"))
		}
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if entry.kind == tar.TypeReg {
			if _, err := archive.Write([]byte("planted")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(archive.Close(), compressed.Close()); err != nil {
		t.Fatal(err)
	}

	_, unpackError := theme.Unpack(bytes.NewReader(packed.Bytes()), folder)

	for _, place := range []string{base, outside} {
		expected := map[string]bool{base: true, outside: true, folder: true, top: true, filepath.Join(outside, "key.txt"): true}
		found, err := os.ReadDir(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range found {
			if path := filepath.Join(place, one.Name()); !expected[path] {
				t.Errorf("%s was written outside the folder", path)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(outside, "key.txt")); err != nil || string(text) != secret {
		t.Errorf("the file outside now holds %q (%v)", text, err)
	}
	if unpackError != nil {
		return
	}
	// A link that leads nowhere leads here as soon as somebody makes the file.
	if err := os.WriteFile(filepath.Join(outside, "later.txt"), []byte(secret), 0o644); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(folder, func(path string, found fs.DirEntry, err error) error {
		if err != nil || found.Type()&fs.ModeSymlink == 0 {
			return err
		}
		real, err := filepath.EvalSymlinks(path)
		if err == nil && real != folder && !strings.HasPrefix(real, folder+"/") {
			t.Errorf("%s leads to %s", path, real)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNamesDoNotClimb(t *testing.T) {
	attack(t, file("../planted.txt"))
	attack(t, file("pages/../../planted.txt"))
	attack(t, file("./../{private}/key.txt"))
}

func TestNamesDoNotReachANeighbourOfTheSamePrefix(t *testing.T) {
	attack(t, file("../{private}/planted.txt"))
}

func TestAbsoluteNamesStayInside(t *testing.T) {
	attack(t, file("{outside}/planted.txt"))
}

func TestDirectoriesAreNotMadeOutside(t *testing.T) {
	attack(t, entry{kind: tar.TypeDir, name: "../planted"})
	attack(t, entry{kind: tar.TypeDir, name: "pages/../../{private}/planted"})
}

func TestLinksAreNotMadeOutside(t *testing.T) {
	attack(t, link("../planted", "{shop}"))
}

func TestFilesAreNotWrittenThroughALink(t *testing.T) {
	attack(t, link("out", "../{private}"), file("out/planted.txt"))
	attack(t, link("out", "{outside}"), file("out/planted.txt"))
}

func TestAFileDoesNotOverwriteTheTargetOfALink(t *testing.T) {
	attack(t, link("logo.svg", "../{private}/key.txt"), file("logo.svg"))
	attack(t, link("logo.svg", "{outside}/key.txt"), file("logo.svg"))
}

func TestNoLinkLeadsToAFileOutside(t *testing.T) {
	attack(t, link("logo.svg", "../{private}/key.txt"))
	attack(t, link("pages/logo.svg", "../../{private}/key.txt"))
	attack(t, link("logo.svg", "{outside}/key.txt"))
}

func TestNoLinkLeadsToABackupOfTheFolder(t *testing.T) {
	attack(t, link("logo.svg", "{backup}/key.txt"))
	attack(t, link("pages", "{backup}"))
}

func TestNoLinkLeadsToAFileThatIsMadeLater(t *testing.T) {
	attack(t, link("logo.svg", "../{private}/later.txt"))
	attack(t, link("logo.svg", "{outside}/later.txt"))
}

func TestNoChainOfLinksLeadsOutside(t *testing.T) {
	// `here/up` lies in the folder itself, so that its target is one higher
	// than it looks.
	attack(t, link("here", "."), link("here/up", ".."), file("up/planted.txt"))
	attack(t, link("here", "."), link("here/up", "../{private}/key.txt"))
	// `a/top/..` is above the folder, though by its letters it is `a`.
	attack(t, link("a/top", ".."), link("key.txt", "a/top/../{private}/key.txt"))
	attack(t, link("key.txt", "a/top/../{private}/key.txt"), link("a/top", ".."))
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on

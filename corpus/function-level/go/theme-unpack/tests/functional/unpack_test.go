package functional

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shop.example/themes/theme"
)

func file(name, content string) entry {
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o4777}, content}
}

func directory(name string) entry {
	return entry{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o700}, ""}
}

func link(name, target string) entry {
	return entry{tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, ""}
}

type entry struct {
	header  tar.Header
	content string
}

func pack(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	archive := tar.NewWriter(compressed)
	for _, entry := range entries {
		if err := archive.WriteHeader(&entry.header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(entry.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), compressed.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// shop makes the folder of a shop, as the installer does.
func shop(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), strings.ToLower(rand.Text()))
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// unpack unpacks an archive that is in order.
func unpack(t *testing.T, entries ...entry) (folder string, files []string) {
	t.Helper()
	folder = shop(t)
	files, err := theme.Unpack(bytes.NewReader(pack(t, entries...)), folder)
	if err != nil {
		t.Fatal(err)
	}
	return folder, files
}

func expect(t *testing.T, folder, name, content string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != content {
		t.Fatalf("%s holds %q, expected %q", name, text, content)
	}
}

func TestFilesAndDirectoriesAreWritten(t *testing.T) {
	folder, files := unpack(t, directory("./"), directory("./pages/"), file("./pages/home.html", "home"), file("style.css", "css"), directory("empty"))
	expect(t, folder, "pages/home.html", "home")
	expect(t, folder, "style.css", "css")
	if !slices.Equal(files, []string{"pages/home.html", "style.css"}) {
		t.Fatalf("unexpected names: %q", files)
	}
	if info, err := os.Stat(filepath.Join(folder, "empty")); err != nil || !info.IsDir() {
		t.Fatalf("the empty directory is not there: %v", err)
	}
}

func TestDirectoriesThatAreNotListedAreMade(t *testing.T) {
	folder, files := unpack(t, file("a/b/c/deep.txt", "deep"))
	expect(t, folder, "a/b/c/deep.txt", "deep")
	if !slices.Equal(files, []string{"a/b/c/deep.txt"}) {
		t.Fatalf("unexpected names: %q", files)
	}
}

func TestNamesAreSortedByBytes(t *testing.T) {
	_, files := unpack(t, file("b.txt", ""), file("a.txt", ""), file("B.txt", ""), file("a/z.txt", ""), file("..rc", ""))
	if !slices.Equal(files, []string{"..rc", "B.txt", "a.txt", "a/z.txt", "b.txt"}) {
		t.Fatalf("unexpected names: %q", files)
	}
}

func TestModesAreOurs(t *testing.T) {
	folder, _ := unpack(t, directory("d"), file("d/run.sh", "x"))
	info, err := os.Stat(filepath.Join(folder, "d/run.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode()&(os.ModeSetuid|0o111) != 0 || info.Mode()&0o600 != 0o600 {
		t.Fatalf("unexpected mode %v", info.Mode())
	}
}

func TestLinksShareFiles(t *testing.T) {
	folder, files := unpack(t, link("pages/logo.svg", "../shared/logo.svg"), file("shared/logo.svg", "logo"), link("latest", "pages/v2"), file("pages/v2/index.html", "two"))
	expect(t, folder, "pages/logo.svg", "logo")
	expect(t, folder, "latest/index.html", "two")
	if !slices.Equal(files, []string{"pages/v2/index.html", "shared/logo.svg"}) {
		t.Fatalf("unexpected names: %q", files)
	}
	if target, err := os.Readlink(filepath.Join(folder, "pages/logo.svg")); err != nil || target != "../shared/logo.svg" {
		t.Fatalf("the link has the target %q (%v)", target, err)
	}
}

func TestTheLaterOfTwoFilesCounts(t *testing.T) {
	folder, files := unpack(t, file("a.txt", "first and longer"), file("./a.txt", "second"))
	expect(t, folder, "a.txt", "second")
	if !slices.Equal(files, []string{"a.txt"}) {
		t.Fatalf("unexpected names: %q", files)
	}
}

func TestTheLargestFileIsTaken(t *testing.T) {
	content := string(bytes.Repeat([]byte("x"), theme.MaxFileBytes))
	folder, _ := unpack(t, file("large.bin", content))
	expect(t, folder, "large.bin", content)
}

func TestLargerFilesAreRefused(t *testing.T) {
	content := string(bytes.Repeat([]byte("x"), theme.MaxFileBytes+1))
	_, err := theme.Unpack(bytes.NewReader(pack(t, file("large.bin", content))), shop(t))
	if !errors.Is(err, theme.ErrTooLarge) {
		t.Fatalf("unexpected error %v", err)
	}
}

func TestOtherKindsOfEntriesAreRefused(t *testing.T) {
	for _, kind := range []byte{tar.TypeLink, tar.TypeFifo, tar.TypeChar} {
		other := entry{tar.Header{Typeflag: kind, Name: "other", Linkname: "a.txt"}, ""}
		_, err := theme.Unpack(bytes.NewReader(pack(t, file("a.txt", "a"), other)), shop(t))
		if !errors.Is(err, theme.ErrUnsupported) {
			t.Fatalf("kind %c: unexpected error %v", kind, err)
		}
	}
}

func TestDamagedArchivesAreRefused(t *testing.T) {
	whole := pack(t, file("a.txt", "some content"))
	for _, damaged := range [][]byte{nil, []byte("no archive"), whole[:len(whole)/2]} {
		if _, err := theme.Unpack(bytes.NewReader(damaged), shop(t)); err == nil {
			t.Fatalf("%d bytes of nothing were unpacked", len(damaged))
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on

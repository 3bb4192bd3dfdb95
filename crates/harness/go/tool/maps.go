package main

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"os"
	"strings"
)

// mapsRandom are the names that the function has from which maps take where to begin.
var mapsRandom = []string{"internal/runtime/maps.rand", "runtime.maps_rand"}

// mapsConstant is what it returns instead: an order, and none that an artifact would
// take for that in which it put things in.
const mapsConstant = 0x9e3779b97f4a7c11

// checksStack is how every function of the run-time system begins that calls another.
var checksStack = []byte{0x49, 0x3b, 0x66, 0x10}

// settleMaps has a program walk through its maps in the same order each time, where the
// function is found that draws it. The order is not specified, so a fixed one is as
// good as any; but a verdict that depends on it repeats.
func settleMaps(program string) error {
	file, err := elf.Open(program)
	if err != nil {
		return err
	}
	defer file.Close()
	text, table := file.Section(".text"), file.Section(".gopclntab")
	if text == nil || table == nil || file.Machine != elf.EM_X86_64 {
		return nil
	}
	lines, err := table.Data()
	if err != nil {
		return err
	}
	start, known := startOfGo(file, text, table)
	if !known {
		return nil
	}
	functions, err := gosym.NewTable(nil, gosym.NewLineTable(lines, start))
	if err != nil {
		return nil
	}
	written, err := os.OpenFile(program, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer written.Close()
	if err := settleSeeds(written, text, functions); err != nil {
		return err
	}
	return settleStarts(written, text, functions)
}

// startOfGo is the address from which the table of functions counts. In a program that
// packages with C have linked by the linker of C, code of C comes before it. The run-time
// system's own description of the program (runtime.moduledata) has it, in the word after
// the slices and addresses that it begins with.
func startOfGo(file *elf.File, text, table *elf.Section) (uint64, bool) {
	const word, place = 8, 22
	module := file.Section(".go.module")
	if module == nil {
		return 0, false
	}
	description, err := module.Data()
	if err != nil || len(description) < word*(place+1) {
		return 0, false
	}
	at := func(place int) uint64 { return binary.LittleEndian.Uint64(description[word*place:]) }
	start := at(place)
	inside := text.Addr <= start && start < text.Addr+text.Size
	return start, inside && at(0) == table.Addr
}

// settleStarts exchanges the function from which maps take where a walk begins.
func settleStarts(program *os.File, text *elf.Section, functions *gosym.Table) error {
	for _, name := range mapsRandom {
		function := functions.LookupFunc(name)
		if function == nil || function.Entry < text.Addr || function.Entry+16 > text.Addr+text.Size {
			continue
		}
		start := make([]byte, len(checksStack))
		at := int64(function.Entry - text.Addr)
		if _, err := text.ReadAt(start, at); err != nil || !bytes.Equal(start, checksStack) {
			continue
		}
		// The result is in the first register.
		code := binary.LittleEndian.AppendUint64([]byte{0x48, 0xb8}, mapsConstant)
		_, err := program.WriteAt(append(code, 0xc3), int64(text.Offset)+at)
		return err
	}
	return nil
}

// settleSeeds exchanges calls of the run-time system's generator: those that the compiler
// has put where a function makes a map on its stack, and that of each thread that starts,
// which would move on the generator of the thread that starts it, sooner or later. The
// packages that numbers at random are for keep theirs.
func settleSeeds(program *os.File, text *elf.Section, functions *gosym.Table) error {
	random := functions.LookupFunc("runtime.rand")
	if random == nil {
		return nil
	}
	code, err := text.Data()
	if err != nil {
		return err
	}
	// A call has a distance of four bytes, and the constant as many: it is put into the
	// register of the result.
	const call, load = 0xe8, 0xb8
	var places []uint64
	for _, function := range functions.Funcs {
		if function.Entry < text.Addr || function.End > text.Addr+text.Size || drawsNumbers(function.Name) {
			continue
		}
		for at := function.Entry - text.Addr; at+5 <= function.End-text.Addr; at++ {
			distance := int32(binary.LittleEndian.Uint32(code[at+1:]))
			if code[at] == call && text.Addr+at+5+uint64(int64(distance)) == random.Entry {
				places = append(places, at)
			}
		}
	}
	constant := uint32(mapsConstant & 0xffffffff)
	for _, at := range places {
		settled := binary.LittleEndian.AppendUint32([]byte{load}, constant)
		if _, err := program.WriteAt(settled, int64(text.Offset+at)); err != nil {
			return err
		}
	}
	return nil
}

// drawsNumbers tells the functions that call the generator for the numbers themselves.
func drawsNumbers(name string) bool {
	if name == "runtime.mrandinit" {
		return false
	}
	for _, owner := range []string{"runtime.", "math/rand", "hash/maphash.", "os.", "sync.", "unique.", "internal/", "net."} {
		if strings.HasPrefix(name, owner) {
			return true
		}
	}
	return false
}

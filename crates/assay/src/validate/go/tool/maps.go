package main

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"os"
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
	functions, err := gosym.NewTable(nil, gosym.NewLineTable(lines, text.Addr))
	if err != nil {
		return nil
	}
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
		written, err := os.OpenFile(program, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer written.Close()
		_, err = written.WriteAt(append(code, 0xc3), int64(text.Offset)+at)
		return err
	}
	return nil
}

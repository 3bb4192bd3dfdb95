package {{flat}}

func {{pascal}}(value string) (string, error) {
	panic("TO BE WRITTEN: a solution that does what the brief says, with a mistake that people make")
}

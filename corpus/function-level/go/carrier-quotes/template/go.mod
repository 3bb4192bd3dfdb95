module market.example/shipping

go 1.24

require github.com/robertkrimen/otto v0.5.1

require (
	golang.org/x/text v0.4.0 // indirect
	gopkg.in/sourcemap.v1 v1.0.5 // indirect
)

module case.example/{{kebab}}

go 1.24

module pay.example/hooks

go 1.24

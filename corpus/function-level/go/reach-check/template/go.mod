module hosting.example/panel

go 1.24

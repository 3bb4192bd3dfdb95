module shop.example/themes

go 1.24

module shop.example/tracking

go 1.24

module club.example/circulars

go 1.24

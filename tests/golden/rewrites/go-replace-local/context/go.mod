module example.com/demo

go 1.19

require example.com/part v0.0.0

replace example.com/part => ./part

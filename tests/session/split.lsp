# Every byte by itself.
split
init nvim-0.12
open ${uri}/a.txt "a\r\nß😀\n"
type ${uri}/a.txt 1:2-1:6 "x"
buffer ${uri}/a.txt "a\r\nßx\n"

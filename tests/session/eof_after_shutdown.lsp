init nvim-0.12
--> {"id":1,"method":"shutdown","params":null}
<-- {"id":1,"result":null}
eof
exit 0

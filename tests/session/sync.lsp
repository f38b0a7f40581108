# Sequential changes, all line ends, characters past the end of a line, ranges up to the line behind the last.
init eglot-1.17
open ${uri}/a.txt "one\r\ntwo\rthree\nfour" 0
buffer ${uri}/a.txt "one\r\ntwo\rthree\nfour"
type ${uri}/a.txt 1:0-1:3 "TWO"
type ${uri}/a.txt 2:99-2:99 "!"
type ${uri}/a.txt 3:4-4:0 " five\n"
buffer ${uri}/a.txt "one\r\nTWO\rthree!\nfour five\n"
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":9},"contentChanges":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":3}},"text":"1\n2"},{"range":{"start":{"line":1,"character":1},"end":{"line":2,"character":3}},"rangeLength":77,"text":""}]}}
--> {"id":1,"method":"emend/document","params":{"uri":"${uri}/a.txt"}}
<-- {"id":1,"result":{"text":"1\n2\rthree!\nfour five\n","version":9}}
# Without a range: the whole text.
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":3},"contentChanges":[{"text":"all new ä 😀"}]}}
<-- {"method":"window/logMessage","params":{"type":2,"message":"~the version 3 after version 9"}}
--> {"id":2,"method":"emend/document","params":{"uri":"${uri}/a.txt"}}
<-- {"id":2,"result":{"text":"all new ä 😀","version":3}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":4},"contentChanges":[]}}
--> {"method":"textDocument/didSave","params":{"textDocument":{"uri":"${uri}/a.txt"}}}
--> {"method":"textDocument/didClose","params":{"textDocument":{"uri":"${uri}/a.txt"}}}
--> {"id":3,"method":"emend/document","params":{"uri":"${uri}/a.txt"}}
<-- {"id":3,"error":{"code":-32602}}
quiet 0.1

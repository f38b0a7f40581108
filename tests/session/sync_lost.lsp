# An impossible change: the user is told once, the document is forgotten, a full text brings it back.
init vscode-9
open ${uri}/a.txt "x😀y\n"
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":2},"end":{"line":0,"character":2}},"text":"!"}]}}
<-- {"method":"window/logMessage","params":{"type":1,"message":"~a.txt.*cuts a character in two"}}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~Close it and open it again"}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":3},"contentChanges":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"text":"!"}]}}
quiet 0.1
--> {"id":1,"method":"emend/document","params":{"uri":"${uri}/a.txt"}}
<-- {"id":1,"error":{"code":-32602}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":4},"contentChanges":[{"text":"again\n"}]}}
--> {"id":2,"method":"emend/document","params":{"uri":"${uri}/a.txt"}}
<-- {"id":2,"result":{"text":"again\n","version":4}}
# A change far behind the end, an end before the start, a range that is none.
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":5},"contentChanges":[{"range":{"start":{"line":7,"character":0},"end":{"line":7,"character":0}},"text":"!"}]}}
<-- {"method":"window/showMessage","params":{"message":"~behind the end"}}
--> {"method":"textDocument/didOpen","params":{"textDocument":{"uri":"${uri}/a.txt","languageId":"","version":6,"text":"again\n"}}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":7},"contentChanges":[{"range":"nonsense","text":"!"}]}}
<-- {"method":"window/showMessage","params":{"message":"~a.txt has a range that does not say two lines"}}
--> {"method":"textDocument/didOpen","params":{"textDocument":{"uri":"${uri}/a.txt","languageId":"","version":8,"text":"again\n"}}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":9},"contentChanges":[{"range":{"start":{"line":-1,"character":0},"end":{"line":0,"character":0}},"text":"!"}]}}
<-- {"method":"window/showMessage","params":{"message":"~has a range that does not say two lines"}}
--> {"method":"textDocument/didOpen","params":{"textDocument":{"uri":"${uri}/a.txt","languageId":"","version":10,"text":"again\n"}}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":11},"contentChanges":[{"range":{"start":{"line":0,"character":3},"end":{"line":0,"character":1}},"text":"!"}]}}
<-- {"method":"window/showMessage","params":{"message":"~has a range that ends before it begins"}}
--> {"method":"textDocument/didOpen","params":{"textDocument":{"uri":"${uri}/a.txt","languageId":"","version":12,"text":"again\n"}}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":13},"contentChanges":[{"text":null}]}}
<-- {"method":"window/showMessage","params":{"message":"~a.txt has no text"}}
ignore window/logMessage
quiet 0.1

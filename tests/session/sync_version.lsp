# A version that is missing, or lower than the one before: said once, in the log; the text is followed all the same.
init vscode-9
--> {"method":"textDocument/didOpen","params":{"textDocument":{"uri":"${uri}/a.txt","languageId":"","version":5,"text":"a\n"}}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":null},"contentChanges":[{"text":"b\n"}]}}
<-- {"method":"window/logMessage","params":{"type":2,"message":"~a.txt has the version null after version 5"}}
--> {"id":1,"method":"emend/document","params":{"uri":"${uri}/a.txt"}}
<-- {"id":1,"result":{"text":"b\n","version":5}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.txt","version":3},"contentChanges":[{"text":"c\n"}]}}
--> {"id":2,"method":"emend/document","params":{"uri":"${uri}/a.txt"}}
<-- {"id":2,"result":{"text":"c\n","version":3}}
# Another document has its own line.
--> {"method":"textDocument/didOpen","params":{"textDocument":{"uri":"${uri}/b.txt","languageId":"","version":5,"text":"a\n"}}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/b.txt"},"contentChanges":[{"text":"b\n"}]}}
<-- {"method":"window/logMessage","params":{"type":2,"message":"~b.txt has the version .none. after version 5"}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/b.txt","version":6},"contentChanges":[{"text":"c\n"}]}}
--> {"id":3,"method":"emend/document","params":{"uri":"${uri}/b.txt"}}
<-- {"id":3,"result":{"text":"c\n","version":6}}
quiet 0.1

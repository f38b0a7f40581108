# Rule 13: nothing on stderr, also where there is something to complain about. (Checked after every conversation.)
init vscode-9
--> {"method":"textDocument/didOpen","params":{}}
<-- {"method":"window/logMessage","params":{"type":2}}
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///unknown","version":1},"contentChanges":[{"text":""}]}}
<-- {"method":"window/logMessage"}
--> {"method":"textDocument/didClose","params":{"textDocument":{"uri":"file:///unknown"}}}
--> {"method":"workspace/didChangeWorkspaceFolders","params":{"event":{"added":[{"uri":"untitled:x"}],"removed":null}}}
quiet 0.1

# What the editor shows is not known any more: the file below its buffer is neither read nor changed, not by tools
# and not by commands.
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"calls":[{"name":"run_command","input":{"command":"echo 'int by_command;' > a.c; echo new > b.c"}}],"expect":"what the editor shows is not known"}
model: {"text":"I could not.","expect":["not kept: a.c: ","A b.c"]}
file: a.c "int old;\n"
check: a.c "int old;\n"
check: b.c "new\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int old; x😀\n"
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/a.c","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":11},"end":{"line":0,"character":11}},"text":"!"}]}}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~Close it and open it again"}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"rename"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~I could not"}}

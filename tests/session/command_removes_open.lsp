# A command that removes an open file: it stays open, and on the disk.
model: {"calls":[{"name":"run_command","input":{"command":"rm a.c && touch made"}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
check: a.c "int old;\n"
check: made ""
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int typed;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~not kept: a.c: it is open in the editor"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*1 file"}}
quiet 0.2
buffer ${uri}/a.c "int typed;\n"

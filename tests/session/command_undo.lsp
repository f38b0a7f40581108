# Undo covers what a command did, in files and in the buffer.
model: {"calls":[{"name":"run_command","input":{"command":"echo changed > b.txt; echo new > new.txt; rm gone.txt; sed -i s/old/fresh/ a.c"}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
file: b.txt "before\n"
file: gone.txt "was here\n"
check: a.c "int old;\n"
check: b.txt "before\n"
check: gone.txt "was here\n"
absent: new.txt
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*4 files"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~4 restored"}}
buffer ${uri}/a.c "int old;\n"

# The same by a new file that takes the place of the old one.
model: {"calls":[{"name":"run_command","input":{"command":"grep -q typed a.c && sed -i s/int/long/ a.c"}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
check: a.c "int old;\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int old;\nint typed;\n" 4
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit","params":{"edit":{"documentChanges":[{"textDocument":{"uri":"${uri}/a.c","version":4}}]}}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*1 file"}}
buffer ${uri}/a.c "long old;\nlong typed;\n"

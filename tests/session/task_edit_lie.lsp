# The editor does not make the edit: applied:true, and nothing happened (rule 3). The model is told, the buffer stays.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"It was refused.","expect":"it is not confirmed"}
file: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init nvim-0.12
apply lie
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~done: It was refused"}}
buffer ${uri}/a.c "int old;\n"
# Nothing was made, so there is nothing to undo.
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~there is nothing to undo"}}
quiet 0.1
# Unless the editor makes it later.
type ${uri}/a.c 0:4-0:7 "fresh"
<-- {"method":"window/showMessage","params":{"type":2,"message":"~made a change of .*a.c that had been given up"}}
apply before
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~1 restored$"}}
buffer ${uri}/a.c "int old;\n"

# The editor does not answer, the task is cancelled, and then the editor makes the edit all the same: the user is told, and
# undo covers it.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
file: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init vscode-9
apply never
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"id":"$edit","method":"workspace/applyEdit"}
--> {"id":2,"method":"emend/tasks"}
<-- {"id":2,"result":{"tasks":[{"taskId":"$task","state":"running"}]}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.cancel","arguments":[{"task":"$task"}]}}
<-- {"id":3,"result":{"cancelled":1}}
<-- {"method":"$/cancelRequest","params":{"id":"$edit"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~cancelled"}}
--> {"id":"$edit","result":{"applied":true}}
type ${uri}/a.c 0:4-0:7 "fresh"
<-- {"method":"window/showMessage","params":{"type":2,"message":"~made a change of .*a.c that had been given up. Undo"}}
type ${uri}/a.c 1:0-1:0 "int mine;\n"
apply before
--> {"id":4,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":4,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~1 restored$"}}
buffer ${uri}/a.c "int old;\nint mine;\n"

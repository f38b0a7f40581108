# The editor never answers (rule 4): the server lives, and the task can be cancelled.
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
# The late answer is ignored.
--> {"id":"$edit","result":{"applied":true}}
quiet 0.2
buffer ${uri}/a.c "int old;\n"

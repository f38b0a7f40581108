# eglot 1.9 as 1.17 (task_edit_keyless): it names itself nowhere, and its edit, too, may come behind the next key only.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"It was made.","expect":"Changed a.c"}
file: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init eglot-1.9
apply keyless
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit","params":{"edit":{"documentChanges":[{"textDocument":{"version":1},"edits":[{"newText":"~fresh"}]}]}}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~a.c is changed.*press one"}}
key
<-- {"method":"window/showMessage","params":{"message":"~done: It was made"}}
buffer ${uri}/a.c "int fresh;\n"

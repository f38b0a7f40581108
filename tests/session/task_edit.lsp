# An open document is edited by workspace/applyEdit against the exact version; the disk is not touched; emend.diff
# shows it, emend.undo takes it back.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"Renamed it."}
file: a.c "int old;\n"
check: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int old;\nint typed;\n" 3
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":8}},"version":3}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit","params":{"label":"*","metadata":"!absent","edit":{"documentChanges":[{"textDocument":{"uri":"${uri}/a.c","version":3}}]}}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*1 file"}}
buffer ${uri}/a.c "int fresh;\nint typed;\n"
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.diff","arguments":[]}}
<-- {"id":2,"result":{"taskId":"$task"}}
<-- {"id":"$show","method":"window/showDocument","params":{"uri":"~diff-.*md$"}}
--> {"id":"$show","result":{"success":true}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~1 restored"}}
buffer ${uri}/a.c "int old;\nint typed;\n"

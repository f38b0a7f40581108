# A file that is not open is written on disk, not by the editor (rule 26).
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"Renamed it."}
file: a.c "int old;\n"
check: a.c "int fresh;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*1 file"}}
quiet 0.1

# An editor that says yes and shows nothing is waited for; then the edit is not confirmed, which is not "not made".
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"I know.","expect":"it is not confirmed"}
file: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init vscode-9
apply keyless
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
sleep 5
<-- {"method":"window/showMessage","params":{"message":"~done: I know"}}
key
<-- {"method":"window/showMessage","params":{"type":2,"message":"~made a change of .*a.c"}}

# No answer at all (C-g in Emacs): a denial after the deadline.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
env: EMEND_MODE=ask
env: EMEND_PERMISSION_MS=300
ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init eglot-1.17
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"type":2,"message":"~a.c","actions":[{"title":"Deny"},{"title":"Allow once"},"..."]}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
buffer ${uri}/a.c "int old;\n"

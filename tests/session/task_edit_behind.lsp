# The user types without a pause, and the editor tells nothing of it until two seconds later (eglot): the edit waits for
# the text, and is merged.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"/* head */\n\n\n\nint old;","new_text":"/* head */\n\n\n\nint fresh;"}]}}]}
model: {"text":"Renamed it."}
file: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init eglot-1.9
apply behind
open ${uri}/a.c "/* head */\n\n\n\nint old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*1 file"}}
buffer ${uri}/a.c "typed /* head */\n\n\n\nint fresh;\n"

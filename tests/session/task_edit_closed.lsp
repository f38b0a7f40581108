# The document is closed instead of an answer.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"Done on disk or not at all."}
file: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init nvim-0.12
apply never
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
--> {"method":"textDocument/didClose","params":{"textDocument":{"uri":"${uri}/a.c"}}}
<-- {"method":"window/showMessage","params":{"message":"~Emend: "}}

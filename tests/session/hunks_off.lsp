# Switched off: nothing waits, and nothing is kept.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int one;","new_text":"long one;"},{"old_text":"int three;","new_text":"long three;"}]}}]}
model: {"text":"Done."}
file: a.c "int one;\nint two;\nint three;\n"
config: {"hunks":"off"}
env: EMEND_MODE=edit
ignore $/progress
ignore $/cancelRequest
ignore window/logMessage
init plugin
ignore emend/task
ignore emend/text
open ${uri}/a.c "int one;\nint two;\nint three;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"widen","uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage"}
--> {"id":2,"method":"textDocument/codeLens","params":{"textDocument":{"uri":"${uri}/a.c"}}}
<-- {"id":2,"result":[]}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.acceptAll"}}
<-- {"id":3,"error":{"message":"~No change"}}
quiet 0.1

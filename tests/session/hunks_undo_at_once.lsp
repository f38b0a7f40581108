# An undo right behind a rejection waits for it: both use the log of one session.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int one;","new_text":"long one;"},{"old_text":"int three;","new_text":"long three;"}]}}]}
model: {"text":"Done."}
file: a.c "int one;\nint two;\n\nint three;\n\n"
env: EMEND_MODE=edit
ignore $/progress
ignore $/cancelRequest
ignore window/logMessage
init plugin
ignore emend/task
ignore emend/text
open ${uri}/a.c "int one;\nint two;\n\nint three;\n\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"widen","uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage"}
<-- {"method":"emend/hunks","params":{"hunks":["*","*"]}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.rejectAll"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":{"hunks":2}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~^Emend: undo: "}}
buffer ${uri}/a.c "int one;\nint two;\n\nint three;\n\n"

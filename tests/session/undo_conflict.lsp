# Where the user has changed the same lines, undo leaves the file as it is and says so; as soon as they are as Emend left
# them again, it works, around the rest of the typing.
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
type ${uri}/a.c 0:5-0:8 "first"
type ${uri}/a.c 1:4-1:7 "zwei"
<-- {"method":"emend/hunks","params":{"hunks":[{"state":"touched"},{"state":"pending"}]}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~0 restored, 1 refused.*a.c: lines 1-2 were changed since"}}
buffer ${uri}/a.c "long first;\nint zwei;\n\nlong three;\n\n"
type ${uri}/a.c 0:5-0:10 "one"
<-- {"method":"emend/hunks","params":{"hunks":[{"state":"pending"},{"state":"pending"}]}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~1 restored$"}}
buffer ${uri}/a.c "int one;\nint zwei;\n\nint three;\n\n"

# Lines that the user changed since go back only by their own hand; the rest of the file does.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int one;","new_text":"long one;"},{"old_text":"int three;","new_text":"long three;"}]}}]}
model: {"text":"Done."}
file: a.c "int one;\nint two;\nint three;\n"
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
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$a"},{"id":"$b"}]}}
type ${uri}/a.c 0:5-0:8 "first"
<-- {"method":"emend/hunks","params":{"version":3,"hunks":[{"id":"$a","state":"touched"},{"id":"$b","state":"pending"}]}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.rejectAll","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":{"hunks":2}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~1 rejected, 1 not: a.c: you have changed the same lines"}}
buffer ${uri}/a.c "long first;\nint two;\nint three;\n"
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$a","state":"touched"}]}}
# As Emend left it again: not touched any more. As before the task: nothing waits.
type ${uri}/a.c 0:5-0:10 "one"
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$a","state":"pending"}]}}
type ${uri}/a.c 0:0-0:4 "int"
<-- {"method":"emend/hunks","params":{"hunks":[]}}
quiet 0.1

# The user types between two steps of a task, on another line and inside what the first step made: undo takes the second
# step back, leaves the first and names the line, and everything that was typed stays.
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"line 5","new_text":"LINE 5"}]}}]}
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"line 9","new_text":"LINE 9"}]}}]}
model: {"text":"Done."}
file: a.c "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\nline 9\nline 10\n"
env: EMEND_MODE=ask
ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init vscode-9
open ${uri}/a.c "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\nline 9\nline 10\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"shout","uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"message":"~LINE 5|a.c"}}
--> {"id":"$q","result":{"title":"Allow once"}}
<-- {"method":"workspace/applyEdit"}
<-- {"id":"$r","method":"window/showMessageRequest","params":{"message":"~a.c"}}
type ${uri}/a.c 1:0-1:0 "TYPED "
type ${uri}/a.c 4:4-4:4 " mine"
--> {"id":"$r","result":{"title":"Allow once"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
buffer ${uri}/a.c "line 1\nTYPED line 2\nline 3\nline 4\nLINE mine 5\nline 6\nline 7\nline 8\nLINE 9\nline 10\n"
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~1 restored, 1 refused.*a.c: line 5 was changed since"}}
buffer ${uri}/a.c "line 1\nTYPED line 2\nline 3\nline 4\nLINE mine 5\nline 6\nline 7\nline 8\nline 9\nline 10\n"

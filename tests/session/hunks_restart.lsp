# What waits is in the logs: another server, with the user's changes in between, goes on with it.
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
<-- {"method":"window/showMessage"}
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$a"},{"id":"$b"}]}}
restart
init plugin
open ${uri}/a.c "/* new */\nlong one;\nint zwei;\nlong three;\n"
<-- {"method":"emend/hunks","params":{"uri":"${uri}/a.c","hunks":[{"id":"$a","task":"$task","state":"pending","range":{"start":{"line":1},"end":{"line":2}}},{"id":"$b","range":{"start":{"line":3},"end":{"line":4}}}]}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.rejectHunk","arguments":[{"id":"$a"}]}}
<-- {"id":2,"result":{"hunks":1}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$b"}]}}
buffer ${uri}/a.c "/* new */\nint one;\nint zwei;\nlong three;\n"
restart
init plugin
open ${uri}/a.c "/* new */\nint one;\nint zwei;\nlong three;\n"
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$b","range":{"start":{"line":3}}}]}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.acceptHunk","arguments":[{"id":"$b"}]}}
<-- {"id":3,"result":{"hunks":1}}
<-- {"method":"emend/hunks","params":{"hunks":[]}}
restart
init plugin
open ${uri}/a.c "/* new */\nint one;\nint zwei;\nlong three;\n"
--> {"id":4,"method":"textDocument/codeLens","params":{"textDocument":{"uri":"${uri}/a.c"}}}
<-- {"id":4,"result":[]}
# Undo knows of the rejection, and takes back what is left of the task.
--> {"id":5,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[{"task":"$task"}]}}
<-- {"id":5,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~1 restored$"}}
buffer ${uri}/a.c "/* new */\nint one;\nint zwei;\nint three;\n"

# emend.rewind takes a session back to a step, in files and in the buffer; in the way of the user it does nothing.
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"old","new_text":"fresh"}]}}]}
model: {"calls":[{"name":"write_file","input":{"path":"new.txt","content":"new\n"}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
check: a.c "int old;\n"
absent: new.txt
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*2 files"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.rewind","arguments":[{"step":9}]}}
<-- {"id":2,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~has no step 9"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.rewind","arguments":[{"step":1}]}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~1 restored"}}
buffer ${uri}/a.c "int fresh;\n"
--> {"id":4,"method":"workspace/executeCommand","params":{"command":"emend.rewind","arguments":[{"step":0}]}}
<-- {"id":4,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~1 restored"}}
buffer ${uri}/a.c "int old;\n"
--> {"id":5,"method":"workspace/executeCommand","params":{"command":"emend.rewind","arguments":[]}}
<-- {"id":5,"error":{"message":"~session.*step"}}

# Files that are not open: read again, then written by the runner; a new file goes as a whole.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int one;","new_text":"long one;"},{"old_text":"int three;","new_text":"long three;"}]}},{"name":"write_file","input":{"path":"new.c","content":"int new;\n"}},{"name":"write_file","input":{"path":"kept.c","content":"int kept;\n"}}]}
model: {"text":"Done."}
file: a.c "int one;\nint two;\nint three;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore $/cancelRequest
ignore window/logMessage
init plugin
ignore emend/task
ignore emend/text
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"widen","uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
disk a.c "long one;\nint two;\nlong three;\n"
# Opened: now the editor shows what waits.
open ${uri}/a.c "long one;\nint two;\nlong three;\n"
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$a"},{"id":"$b"}]}}
open ${uri}/kept.c "int kept;\n"
<-- {"method":"emend/hunks","params":{"uri":"${uri}/kept.c","hunks":[{"id":"$kept","kind":"new file","old":"!absent"}]}}
# All files that wait, open or not.
--> {"id":9,"method":"emend/changes","params":{}}
<-- {"id":9,"result":{"files":[{"uri":"${uri}/a.c","path":"a.c","hunks":2},{"uri":"${uri}/new.c","path":"new.c","hunks":1},{"uri":"${uri}/kept.c","path":"kept.c","hunks":1}]}}
close ${uri}/a.c
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.acceptHunk","arguments":[{"id":"$a"}]}}
<-- {"id":2,"result":{"hunks":1}}
file: a.c "// by another program\nlong one;\nint two;\nlong three;\n"
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.rejectAll","arguments":[{"task":"$task"}]}}
<-- {"id":3,"result":{"hunks":3}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"emend/hunks","params":{"uri":"${uri}/kept.c","hunks":[]}}
disk a.c "// by another program\nlong one;\nint two;\nint three;\n"
buffer ${uri}/kept.c ""
sleep 0.3
absent: new.c
check: kept.c "int kept;\n"
quiet 0.1

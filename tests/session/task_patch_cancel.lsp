# Cancelled while the editor does not answer for its part of a patch: the files that were changed before it are put back.
model: {"calls":[{"name":"apply_patch","input":{"patch":"*** Begin Patch\n*** Update File: b.c\n-int old;\n+int fresh;\n*** Add File: n.c\n+int n;\n*** Update File: a.c\n@@\n-int old;\n+int fresh;\n*** End Patch\n"}}]}
model: {"text":"Never said."}
file: a.c "int old;\n"
file: b.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init nvim-0.12
apply never
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"rename"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.cancel","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":"..."}
<-- {"method":"window/showMessage","params":{"message":"~cancelled"}}
buffer ${uri}/a.c "int old;\n"
check: b.c "int old;\n"
check: a.c "int old;\n"
absent: n.c

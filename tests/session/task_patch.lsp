# A patch of an open buffer and two closed files: the buffer through the editor, the files by the runner.
model: {"calls":[{"name":"apply_patch","input":{"patch":"*** Begin Patch\n*** Update File: b.c\n-int old;\n+int fresh;\n*** Update File: a.c\n@@\n-int old;\n+int fresh;\n*** Add File: n/c.c\n+int c;\n*** End Patch\n"}}]}
model: {"text":"Renamed it.","expect":["Changed b.c","Changed a.c","Created n/c.c","not saved yet"]}
file: a.c "int old;\n"
file: b.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init nvim-0.12
apply stale-once
open ${uri}/a.c "/* head */\n\n\nint old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"rename"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done.*3 files"}}
buffer ${uri}/a.c "typed /* head */\n\n\nint fresh;\n"
check: b.c "int fresh;\n"
check: a.c "int old;\n"
check: n/c.c "int c;\n"

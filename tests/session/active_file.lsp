# A task in free text hears which file the user looks at, and where.
file: src/a.c "int a;\nint b;\n"
model: {"expect":["Active in the editor: src/a.c, cursor on line 2","the user can answer questions","Top of the tree: src/"],"text":"Line two is b."}
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/src/a.c "int a;\nint b;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"what is on this line?","uri":"${uri}/src/a.c","position":{"line":1,"character":4}}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~Line two is b"}}

# If a client ever sends its own workDoneToken, it is used.
model: {"text":"short"}
file: a.c "int a;\n"
answer window/showDocument {"result":{"success":true}}
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"workDoneToken":17,"command":"emend.explain","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"$/progress","params":{"token":17,"value":{"kind":"begin"}}}
<-- {"method":"$/progress","params":{"token":17,"value":{"kind":"end"}}}
<-- {"method":"window/showDocument"}
<-- {"method":"window/showMessage","params":{"message":"~done"}}
ignore $/progress
quiet 0.1
